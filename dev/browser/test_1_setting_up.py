# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A manager sets a connector up from an empty form, with the mistakes that people make."""

import re

import pytest
from playwright.sync_api import expect

NAME = "National registry"
NOBODY_LISTENS = "http://127.0.0.1:9"
#: Page, setting, what somebody types there, and what the form says about it.
MISTAKES = (
    (None, "mts_url", "ftp://mts.example.org", "http"),
    (None, "lang_code", "English", "three small letters"),
    ("Registry", "selected_fields", '{"field": "given_name"}', "JSON array"),
    ("Registry", "selected_fields", '["given_name", "no_such_field"]', "no_such_field"),
    ("Registry", "mapping", "{", "no valid JSON"),
    ("Registry", "mapping", '["vid"]', "JSON object"),
    ("Registry", "mapping", '{"vid": "vid", "nickname": "given_name"}', "nickname"),
    ("Registry", "mapping", '{"name": ["given_name"]}', "vid"),
    ("Registry", "mapping", '{"vid": "vid", "name": ["not_sent"]}', "not_sent"),
    ("MTS", "output_format", "{id: .id", "jq"),
    ("MTS", "output_format", "{token: .output.token}", "ref"),
    ("MTS", "batch_size", "0", "Batch Size"),
    ("MTS", "request_timeout", "81", "Request Timeout"),
    ("MTS", "max_attempts", "0", "Max Attempts"),
    ("Callback", "callback_url", "registry.example.org", "http"),
    ("Callback", "callback_timeout", "0", "Callback Timeout"),
    ("Schedule", "interval_minutes", "0", "Interval"),
    ("Schedule", "retention_days", "-1", "Keep Imports"),
)
#: Numbers are judged on saving only.
JUDGED_WHILE_TYPED = (
    *("mts_url", "lang_code", "selected_fields", "mapping", "output_format", "callback_url"),
)
CODE = ("selected_fields", "mapping", "output_format")
#: What MTS has to know to log in.
LOGIN = ("Callback Auth Database", "Callback Auth Username", "Callback Auth Password")
# Those that are made up for the results are all zeros.
A_VID = re.compile(r"[2-9]\d{15}")


@pytest.fixture
def form(manager):
    """The connector that the first tests make."""
    manager.open_menu("MTS Connector", "Configuration", "Connectors")
    manager.open_row(NAME)
    return manager


def test_an_empty_screen_says_what_to_do(manager):
    for menus in ((), ("Configuration", "Connectors")):
        manager.open_menu("MTS Connector", *menus)
        empty = manager.page.locator(".o_view_nocontent")
        expect(empty).to_contain_text("Set up a connector to MTS")


def test_each_mistake_is_explained_and_nothing_is_lost(manager, stage):
    _begin(manager, stage)
    for tab, name, wrong, reason in MISTAKES:
        if tab:
            manager.open_tab(tab)
        right = manager.value(name)
        _fill(manager, name, wrong)
        if name in JUDGED_WHILE_TYPED:
            expect(manager.field(f"{name}_problem")).to_contain_text(reason)
        manager.press("Save")
        expect(manager.dialog).to_contain_text(reason)
        manager.press("Ok")
        # It fades away, and as long as it can be seen fields are looked for in it.
        expect(manager.dialog).to_be_hidden()
        assert (manager.value("name"), manager.value(name)) == (NAME, wrong)
        _fill(manager, name, right)
        if name in JUDGED_WHILE_TYPED:
            expect(manager.field(f"{name}_problem")).to_be_hidden()


def test_a_login_that_is_not_complete_is_not_saved(manager, stage):
    _begin(manager, stage)
    manager.open_tab("Callback")
    manager.field("callback_auth_type").select_option(label="Odoo")
    manager.type("callback_auth_database", "")
    manager.press("Save")
    for label in LOGIN:
        expect(manager.page.locator(".o_notification")).to_contain_text(label)
    assert manager.value("name") == NAME


def test_a_filter_by_no_field_is_explained(developer, stage):
    """It can be typed only with the developer mode on."""
    _begin(developer, stage)
    developer.open_tab("Registry")
    box = developer.page.locator(".o_domain_debug_input")
    right = box.input_value()
    box.fill('[("no_such_field", "=", 1)]')
    box.press("Tab")
    expect(developer.field("search_domain_problem")).to_contain_text("no_such_field")
    developer.press("Save")
    refusal = developer.page.locator(".o_notification").filter(has_text="Filters to apply")
    expect(refusal).to_be_visible()
    assert developer.value("name") == NAME
    box.fill(right)
    box.press("Tab")
    expect(developer.field("search_domain_problem")).to_be_hidden()


def test_what_works_is_saved(manager, stage):
    _begin(manager, stage)
    manager.open_tab("MTS")
    manager.type("batch_size", "50")
    manager.press("Save")
    expect(manager.page.locator(".o_form_readonly h1")).to_contain_text(NAME)


def test_the_connection_is_explained(form, stage):
    for url, verdict in (
        (NOBODY_LISTENS, "Not everything works"),
        (stage.mts_url, "works, as far"),
    ):
        form.press("Edit")
        form.type("mts_url", url)
        form.press("Save")
        form.press("Test Connection")
        expect(form.top).to_contain_text(verdict)
        form.press("Close")


def test_the_preview_sends_nothing_and_shows_no_vid(form, mts):
    form.press("Preview")
    expect(form.top).to_contain_text("300 match the filter")
    expect(form.top).to_contain_text("What comes back")
    assert not A_VID.search(form.top.inner_text())
    form.press("Close")
    assert mts.get("ledger/posts") == []


def test_the_import_is_watched(form, mts):
    mts.post("settings", {"hold": True})
    form.press("Import Now")
    expect(form.field("progress")).to_be_visible()
    mts.wait_for_held()
    mts.post("release", {"count": 1})
    form.wait_until(lambda: 0 < form.percent() < 100, lambda: _look_again(form))
    before = form.percent()
    mts.post("release", {"count": 1})
    form.wait_until(lambda: before < form.percent() < 100, lambda: _look_again(form))
    mts.post("settings", {"hold": False})
    mts.post("release", {})
    form.wait_until(lambda: form.state() == "Done", form.look_again)
    assert form.percent() == 100


def _look_again(desk):
    """On Odoo 15 the form moves by itself, on 14 there is a button."""
    if desk.series == "14.0":
        desk.press("Refresh")


def _begin(desk, stage):
    desk.open_menu("MTS Connector", "Configuration", "Connectors")
    desk.press("Create")
    desk.type("name", NAME)
    desk.type("mts_url", stage.mts_url)


def _fill(desk, name, text):
    (desk.type_code if name in CODE else desk.type)(name, text)
