# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""OCA's checks of an addon's manifest, XML and CSV: `python oca_checks.py <folder of an addon> …`.

Their own program looks for manifests below the top of the repository, and here one is at the top.
"""

import sys
from pathlib import Path
from typing import List

from oca_pre_commit_hooks import utils
from oca_pre_commit_hooks.checks_odoo_module import ChecksOdooModule

NOT_WANTED = {
    # What has to be told fits no fragments from which a bot makes a README.rst.
    "prefer-readme-rst",
    # OCA's own formatter writes "utf-8" in small letters.
    "xml-header-wrong",
    # In place of t-esc it wants what Odoo 14 does not know.
    "xml-deprecated-qweb-directive-15",
}


def complaints(addon: Path) -> List[str]:
    """What is wrong with an addon."""
    checks = ChecksOdooModule(str(addon.resolve() / "__manifest__.py"), set(), NOT_WANTED)
    for check in utils.getattr_checks(checks):
        check()
    return [str(error) for error in sorted(checks.checks_errors)]


if __name__ == "__main__":
    found = [text for folder in sys.argv[1:] for text in complaints(Path(folder))]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
