# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The commands of `dev/cli.py`; each module has `run(arguments) -> exit status`."""
