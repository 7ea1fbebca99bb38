# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registry of its own: contacts of a plain Odoo with OCA's fields, and a store of VIDs."""

import pytest
from office import Office

PEOPLE = (
    {"name": "Amina Diallo", "gender": "female", "birthdate_date": "1990-05-17"},
    {"name": "Baraka Mensah", "gender": "male", "birthdate_date": "1985-01-02"},
)
# Contacts that are nobody.
OTHERS = (
    {"name": "Harbour Ltd", "is_company": True},
    {"name": "Warehouse", "type": "delivery"},
    {"name": "Gone", "active": False},
)
ADDRESS = {"street": "12 Harbour Road", "city": "Goma"}
NUMBERS = [f"234567890123456{digit}" for digit in range(6)]


@pytest.fixture(scope="module")
def office(environment):
    with Office(environment, 0, store="civil") as made:
        yield made


@pytest.fixture(scope="module")
def contacts(office):
    """Everybody with a VID of their own, people first."""
    values = [
        {**ADDRESS, **contact, "civil_vid": vid}
        for contact, vid in zip([*PEOPLE, *OTHERS], NUMBERS)
    ]
    return office.registry.register(values)


@pytest.fixture(scope="module")
def connector(office, contacts):
    connector = office.create_connector()
    office.registry.import_now(connector)
    office.wait_for_import(connector)
    return connector


def read(office, contacts, *names):
    return office.registry.rpc.call("res.partner", "read", contacts, list(names))


def test_the_store_is_chosen_by_itself(office, connector):
    found = office.registry.rpc.call("mts.connector", "read", [connector], ["identity_store"])
    assert found[0]["identity_store"] == "civil"


def test_people_are_sent_with_the_registrys_values(office, connector):
    sent = {result["vid"]: result["payload"] for result in office.simulator.ledger("results")}
    assert set(sent) == set(NUMBERS[: len(PEOPLE)])
    payload = sent[NUMBERS[0]]
    assert (payload["name"], payload["gender"]) == ("Amina Diallo", "Female")
    assert (payload["dob"], payload["fullAddress"]) == ("1990/05/17", "12 Harbour Road, Goma")


def test_tokens_come_and_vids_go(office, connector, contacts):
    people, others = contacts[: len(PEOPLE)], contacts[len(PEOPLE) :]
    for person in read(office, people, "civil_vid", "mosip_auth_token"):
        assert person["mosip_auth_token"]
        assert not person["civil_vid"]
    for other in read(office, others, "civil_vid", "mosip_auth_token"):
        assert other["civil_vid"]
        assert not other["mosip_auth_token"]


def test_a_number_that_is_typed_in_goes_to_the_registry(office, connector):
    contact = office.registry.register([{**ADDRESS, **PEOPLE[0], "mosip_vid_masked": NUMBERS[5]}])
    found = read(office, contact, "civil_vid", "mosip_vid", "mosip_vid_masked")[0]
    assert (found["civil_vid"], found["mosip_vid"]) == (NUMBERS[5], False)
    assert found["mosip_vid_masked"].endswith(NUMBERS[5][-4:])
    office.registry.import_now(connector)
    office.wait_for_import(connector)
    found = read(office, contact, "civil_vid", "mosip_auth_token", "mosip_duplicate_count")[0]
    assert not found["civil_vid"]
    # Amina is there twice.
    assert found["mosip_duplicate_count"] == 1
