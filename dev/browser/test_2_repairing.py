# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An officer finds out who was refused and why, repairs one, and has the others sent again."""

import re

import pytest
from playwright.sync_api import expect

NO_GENDER = "Fill in the gender"


@pytest.fixture
def rejected(officer):
    """The list of those who were refused, by what to do."""
    officer.open_menu("MTS Connector", "Rejected")
    return officer


def test_the_first_screen_leads_to_what_has_to_be_done(officer):
    officer.open_menu("MTS Connector")
    card = officer.page.locator(".o_kanban_record").filter(has_text="National registry")
    expect(card).to_contain_text(re.compile(r"Tokenized\s*[1-9]"))
    card.get_by_text("something has to be done").click()
    expect(officer.page.locator(".o_group_header").filter(has_text=NO_GENDER)).to_be_visible()


def test_who_was_refused_is_listed_by_what_to_do(rejected):
    groups = rejected.page.locator(".o_group_header")
    expect(groups.filter(has_text=NO_GENDER)).to_contain_text(re.compile(r"\(\d+\)"))
    expect(groups.filter(has_text="Ask the person for a new VID")).to_be_visible()


def test_a_registrant_is_repaired(rejected, mts):
    rejected.open_group(NO_GENDER)
    line = rejected.page.locator(".o_data_row").first
    name = line.locator("td").nth(1).inner_text().strip()
    line.locator("button[name=action_open_registrant]").click()
    rejected.settle()
    expect(rejected.page.locator("[name=mosip_to_do]").first).to_contain_text(NO_GENDER)
    expect(rejected.field("gender")).to_be_focused()
    rejected.field("gender").select_option(label="Female")
    rejected.press("Save")
    expect(rejected.page.locator("[name=mosip_to_do]").first).to_contain_text("changed since")
    _import_now(rejected)
    rejected.open_menu("MTS Connector", "Registrants")
    _search(rejected, name)
    expect(rejected.row(name)).to_contain_text("Tokenized")


def test_several_are_retried_after_a_question(rejected, rpc):
    rejected.open_group("Ask the person for a new VID")
    rejected.page.locator(".o_data_row .o_list_record_selector input").first.focus()
    rejected.page.keyboard.press("Space")
    rejected.press("Retry")
    expect(rejected.top).to_contain_text("Each try uses up a transaction")
    rejected.press("Send Again")
    expect(rejected.page.locator(".modal:visible")).to_have_count(0)
    assert rpc.call("mts.run", "search_count", [("scope", "=", "retry")]) == 1


def test_the_page_of_a_registrant_says_where_it_stands(rejected):
    rejected.open_group("The person goes to the ID authority")
    rejected.page.locator(".o_data_row button[name=action_open_registrant]").first.click()
    rejected.settle()
    rejected.open_tab("MOSIP")
    page = rejected.page.locator(".tab-pane.active")
    expect(page).to_contain_text("Refused: The person goes to the ID authority")
    expect(page).to_contain_text("National registry")


def _import_now(desk):
    """Import whoever has changed, and wait until that is through."""
    desk.open_menu("MTS Connector", "Configuration", "Connectors")
    desk.open_row("National registry")
    desk.press("Import Now")
    expect(desk.field("progress")).to_be_visible()
    desk.wait_until(lambda: desk.state() == "Done", desk.look_again)


def _search(desk, text):
    box = desk.page.locator(".o_searchview_input")
    box.fill(text)
    box.press("Enter")
    desk.settle()
