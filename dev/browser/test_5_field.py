# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""MTS fetches what was submitted in the field, and an officer sees what has become of it."""

import uuid
from datetime import datetime

import pytest
from playwright.sync_api import expect

NAME = "Forms from the field"
#: Name, VID, and gender, which one has not: MTS refuses that.
PEOPLE = (("Zawadi", "5000000000000017", "Female"), ("Zuberi", "5000000000000026", None))
NEEDED = ("ODK Project", "ODK Form", "ODK E-mail", "ODK Password")


@pytest.fixture(scope="module")
def registry(rpc, stage):
    """Whoever is refused is sent again by the connector of the first tests, or by this one."""
    if not rpc.call("mts.connector", "search_count", []):
        rpc.call("mts.connector", "create", {"name": "Registry", "mts_url": stage.mts_url})


@pytest.fixture
def form(manager, registry, stage):
    """A new connector to ODK Central."""
    manager.open_menu("MTS Connector", "Configuration", "Connectors")
    manager.press("Create")
    manager.type("name", NAME)
    manager.type("mts_url", stage.mts_url)
    manager.field("input_type").select_option(label="ODK Central")
    manager.settle()
    manager.open_tab("ODK Central")
    return manager


def test_each_mistake_is_explained(form, stage):
    form.type("odk_url", "odk.example.org")
    expect(form.field("odk_url_problem")).to_contain_text("http")
    form.type("odk_url", stage.mts_url)
    expect(form.field("odk_url_problem")).to_be_hidden()
    form.press("Save")
    for label in NEEDED:
        expect(form.page.locator(".o_notification")).to_contain_text(label)
    assert form.value("name") == NAME


def test_it_is_set_up_tried_and_imports(form, mts, stage):
    odk = mts.get("settings")
    form.type("odk_url", stage.mts_url)
    for name in ("odk_project", "odk_form", "odk_email", "odk_password"):
        form.type(name, odk[name])
    form.type("odk_delay_minutes", "0")
    mts.post("settings", {"submissions": [_submission(*person) for person in PEOPLE]})
    form.press("Save")
    form.press("Test Connection")
    expect(form.top).to_contain_text("It has all the questions of the mapping")
    form.press("Close")
    form.press("Preview")
    expect(form.top).to_contain_text("Submissions in this time: 2")
    form.press("Close")
    form.press("Import Now")
    expect(form.field("progress")).to_be_visible()
    form.wait_until(lambda: form.state() == "Done", form.look_again)
    expect(form.field("outlook")).to_contain_text("2 settled")


def test_what_they_have_become(officer):
    officer.open_menu("MTS Connector", "Reporting", "Submissions")
    for name, *_values in PEOPLE:
        expect(officer.row(name)).to_contain_text("New registrant")
    officer.open_menu("MTS Connector")
    card = officer.page.locator(".o_kanban_record").filter(has_text=NAME)
    expect(card).not_to_contain_text("Waiting for an answer")
    card.get_by_text("Submissions").click()
    expect(officer.row(PEOPLE[0][0])).to_contain_text("New registrant")


def test_who_was_refused_is_listed_with_the_others(officer):
    officer.open_menu("MTS Connector", "Rejected")
    officer.open_group("Fill in the gender")
    officer.row(PEOPLE[1][0]).locator("button[name=action_open_registrant]").click()
    officer.settle()
    expect(officer.field("gender")).to_be_focused()


def _submission(name, vid, gender):
    return {
        "__id": f"uuid:{uuid.uuid4()}",
        "__system": {"submissionDate": datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%S.000Z")},
        "vid": vid,
        "given_name": name,
        "addl_name": None,
        "family_name": "Mwangi",
        "gender": gender,
        "birthdate": "1990-05-17",
        "phone": None,
        "email": None,
        "address": "12 Harbour Road",
    }
