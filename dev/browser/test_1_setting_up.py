"""A manager sets a connector up from an empty form, with the mistakes that people make."""

import re

import pytest
from playwright.sync_api import expect

NAME = "National registry"
NOBODY_LISTENS = "http://127.0.0.1:9"
#: Page, setting, what somebody types there, and what the form says about it at once.
MISTAKES = (
    ("Registry", "selected_fields", '["given_name", "no_such_field"]', "no_such_field"),
    ("Registry", "mapping", "{", "no valid JSON"),
    ("MTS", "output_format", "{id: .id", "jq"),
    ("Callback", "callback_url", "registry.example.org", "http"),
)
CODE = ("selected_fields", "mapping", "output_format")
# Those that are made up for the results are all zeros.
A_VID = re.compile(r"[2-9]\d{15}")


@pytest.fixture
def form(manager):
    """The connector that the first tests make."""
    manager.open_menu("MTS Connector", "Configuration", "Connectors")
    manager.open_row(NAME)
    return manager


def test_an_empty_screen_says_what_to_do(manager):
    manager.open_menu("MTS Connector", "Configuration", "Connectors")
    expect(manager.page.locator(".o_view_nocontent")).to_contain_text("Set up a connector to MTS")


def test_mistakes_are_explained_where_they_are_made(manager, stage):
    _begin(manager, stage)
    manager.type("mts_url", "ftp://mts.example.org")
    expect(manager.field("mts_url_problem")).to_contain_text("http")
    manager.type("mts_url", stage.mts_url)
    expect(manager.field("mts_url_problem")).to_be_hidden()
    for tab, name, wrong, reason in MISTAKES:
        manager.open_tab(tab)
        right = manager.value(name)
        _fill(manager, name, wrong)
        expect(manager.field(f"{name}_problem")).to_contain_text(reason)
        _fill(manager, name, right)
        expect(manager.field(f"{name}_problem")).to_be_hidden()


def test_what_cannot_work_is_not_saved_and_not_lost(manager, stage):
    _begin(manager, stage)
    manager.open_tab("MTS")
    manager.type("batch_size", "0")
    manager.press("Save")
    expect(manager.top).to_contain_text("Batch Size")
    manager.press("Ok")
    assert manager.value("name") == NAME
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
