# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Registries in other countries read it in their language."""

import pytest
from playwright.sync_api import expect

#: What the app, the menu of the rejected, and the way on are called.
WORDS = {
    "fr_FR": ("Connecteur MTS", "Refus", "Réessayer"),
    "es_ES": ("Conector MTS", "Con rechazo", "Reintentar"),
}


@pytest.fixture(params=WORDS)
def language(request, rpc, staff):
    """Everybody in the office speaks this language for a while."""
    wizard = rpc.call("base.language.install", "create", {"lang": request.param})
    rpc.call("base.language.install", "lang_install", [wizard])
    # Whoever asked meanwhile has had Odoo remember the languages there were before.
    found = rpc.call("res.lang", "search", [("code", "=", request.param)])
    rpc.call("res.lang", "write", found, {"active": True})
    officer = rpc.call("res.users", "search", [("login", "=", "officer")])
    rpc.call("res.users", "write", officer, {"lang": request.param})
    yield request.param
    rpc.call("res.users", "write", officer, {"lang": "en_US"})


def test_an_officer_reads_it_in_their_language(language, officer):
    app, rejected, retry = WORDS[language]
    officer.open_menu(app, rejected)
    officer.page.locator(".o_group_header").first.click()
    officer.page.locator(".o_data_row .o_list_record_selector input").first.focus()
    officer.page.keyboard.press("Space")
    expect(officer.page.get_by_role("button", name=retry, exact=True).first).to_be_visible()
