# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An officer settles who is registered twice."""

import pytest
from playwright.sync_api import expect

GROUPS = ".o_group_header"
REASON = "The VID of one was typed in for the other."


@pytest.fixture
def duplicates(officer):
    officer.open_menu("MTS Connector", "Duplicates", "Possible Duplicates")
    expect(officer.page.locator(GROUPS).first).to_be_visible()
    return officer


def test_two_registrations_of_one_person_are_merged(duplicates):
    before = duplicates.page.locator(GROUPS).count()
    name = _compare_first(duplicates)
    expect(duplicates.top).to_contain_text("differs")
    duplicates.press("Merge…")
    expect(duplicates.top).to_contain_text("Merge")
    duplicates.press("Merge Contacts")
    expect(duplicates.top.get_by_text("no more contacts to merge")).to_be_visible()
    duplicates.press("Close")
    duplicates.open_menu("MTS Connector", "Duplicates", "Possible Duplicates")
    expect(duplicates.page.locator(GROUPS)).to_have_count(before - 1)
    expect(duplicates.page.locator(".o_data_row").filter(has_text=name)).to_have_count(0)


def test_two_people_are_no_duplicate_for_a_reason(duplicates):
    before = duplicates.page.locator(GROUPS).count()
    name = _compare_first(duplicates)
    duplicates.type("reason", REASON)
    duplicates.press("Not the Same Person")
    expect(duplicates.page.locator(GROUPS)).to_have_count(before - 1)
    duplicates.open_menu("MTS Connector", "Duplicates", "Not the Same Person")
    expect(duplicates.row(name)).to_contain_text(REASON)
    duplicates.open_row(name)
    duplicates.press("Undo")
    duplicates.confirm("listed as possible duplicates again")
    duplicates.open_menu("MTS Connector", "Duplicates", "Possible Duplicates")
    expect(duplicates.page.locator(GROUPS)).to_have_count(before)


def _compare_first(desk):
    """Open the comparison of the first two; returns their name."""
    line = desk.page.locator(".o_data_row").first
    name = line.locator("td").nth(1).inner_text().strip()
    line.locator("button[name=action_compare_duplicates]").click()
    desk.settle()
    expect(desk.top).to_contain_text(name)
    return name
