# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import sys

from .soak import main

# Apart from the soak, whose processes do not find what is defined here.
if __name__ == "__main__":
    sys.exit(main())
