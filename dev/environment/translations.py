# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addon's translatable terms, as Odoo finds them."""

import tempfile
from pathlib import Path
from typing import Set

import polib

from bootstrap.paths import ADDON, CHECKOUT, log_file
from bootstrap.run import run

from .environment import Environment

TEMPLATE = CHECKOUT / "i18n" / f"{ADDON}.pot"
#: With OpenG2P's models, on which the addon has fields of its own.
MODULES = [ADDON, "mts_sample_g2p"]
EXPORT_SECONDS = 300
#: Whether the file is new is told by what is in it.
DATES = ("POT-Creation-Date", "PO-Revision-Date")
#: The checkout is the addon, so Odoo reads the sample registries, too.
ELSEWHERE = f"addons/{ADDON}/dev/"
#: Terms from these are the addon's own; a field may be one that Odoo's models brought along.
OWN = ("code", "model_terms")


def export(environment: Environment) -> "polib.POFile":
    """All terms of the addon, on this series, as a template without dates."""
    database = environment.create_database("translations", MODULES)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "terms.po"
        configuration = environment.config_file(database)
        command = environment.command("-c", str(configuration), "-d", database)
        command += [
            "--stop-after-init",
            "--no-http",
            f"--modules={ADDON}",
            f"--i18n-export={target}",
        ]
        run(
            command,
            log_file("translations"),
            "Odoo could not export the terms",
            timeout=EXPORT_SECONDS,
            env=environment.process_environment(),
        )
        terms = polib.pofile(str(target))
    environment.drop_database(database)
    for name in DATES:
        terms.metadata.pop(name, None)
    for entry in list(terms):
        entry.occurrences = [place for place in entry.occurrences if ELSEWHERE not in place[0]]
        if not entry.occurrences:
            terms.remove(entry)
    return terms


def own_terms(terms: "polib.POFile") -> Set[str]:
    """What the addon itself says, whatever the series adds."""
    return {
        entry.msgid
        for entry in terms
        if any(place.split(":")[0] in OWN for place, _line in entry.occurrences)
    }
