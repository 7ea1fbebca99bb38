# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bring i18n/ up to date: the template, and the terms that each language has to translate."""

from typing import List

import polib

from bootstrap.progress import say
from environment import Environment
from environment.translations import TEMPLATE, export

#: What Odoo 15 finds is the measure.
SERIES = "15.0"


def run(_arguments: List[str]) -> int:
    """Write the template, merge it into each language, and say what is left to do."""
    with Environment.for_series(SERIES) as environment:
        say(environment.describe())
        terms = export(environment)
    TEMPLATE.parent.mkdir(exist_ok=True)
    terms.save(str(TEMPLATE))
    for path in sorted(TEMPLATE.parent.glob("*.po")):
        language = polib.pofile(str(path))
        language.merge(terms)
        for entry in language.obsolete_entries():
            language.remove(entry)
        language.save(str(path))
        missing = len(language.untranslated_entries()) + len(language.fuzzy_entries())
        say(f"{path.name}: {missing} of {len(language)} terms to translate")
    return 0
