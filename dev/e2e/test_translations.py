# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The languages that registries use are complete, and say all that the addon says now."""

import re

import polib
import pytest

from environment.translations import TEMPLATE, export, own_terms

COMPLETE = ("es", "fr")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|<[^>]*>|&\w+;")
UP_TO_DATE = "run: make translations SERIES=15.0, then translate what is new"


@pytest.fixture(scope="module")
def template():
    return polib.pofile(str(TEMPLATE))


def test_the_template_is_current(environment, template):
    found = export(environment)
    kept = {entry.msgid for entry in template}
    if environment.series == "15.0":
        assert {entry.msgid for entry in found} == kept, UP_TO_DATE
    assert own_terms(found) <= kept, UP_TO_DATE


@pytest.mark.parametrize("language", COMPLETE)
def test_a_language_is_complete(template, language):
    translations = polib.pofile(str(TEMPLATE.with_name(f"{language}.po")))
    assert {entry.msgid for entry in translations} == {entry.msgid for entry in template}
    assert translations.untranslated_entries() == []
    assert translations.fuzzy_entries() == []


@pytest.mark.parametrize("language", COMPLETE)
def test_placeholders_and_markup_survive(language):
    for entry in polib.pofile(str(TEMPLATE.with_name(f"{language}.po"))):
        assert _marks(entry.msgstr) == _marks(entry.msgid), entry.msgid


def _marks(text):
    return sorted(PLACEHOLDER.findall(text))
