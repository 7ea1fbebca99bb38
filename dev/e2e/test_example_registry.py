# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registry of its own: contacts of a plain Odoo with OCA's fields, a store of VIDs, a policy."""

from datetime import datetime, timedelta

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
NUMBERS = [f"234567890123456{digit}" for digit in range(9)]
# Codes of the registry's own policy, and of two of the connector's.
LIMIT_OF_THE_DAY, PASSING, DATA = "IDA-DAY-001", "IDA-MLC-007", "IDA-DEA-001"


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
    import_now(office, connector)
    return connector


@pytest.fixture(scope="module")
def limit_of_the_day(office):
    values = {"name": "Limit of the day", "policy": "next_day", "advice": "Wait until tomorrow"}
    office.registry.rpc.call("mts.error.code", "create", {"code": LIMIT_OF_THE_DAY, **values})


def import_now(office, connector):
    office.registry.import_now(connector)
    office.wait_for_import(connector)


def read(office, contacts, *names):
    return office.registry.rpc.call("res.partner", "read", contacts, list(names))


def record_of(office, contact):
    names = ["state", "error_code", "answered_at", "retry_at"]
    domain = [("partner_id", "=", contact)]
    return office.registry.rpc.call("mts.record", "search_read", domain, names)[0]


def sends_of(office, vid):
    return len([result for result in office.simulator.ledger("results") if result["vid"] == vid])


def pause_of(record):
    """How long a refusal keeps from sending again, or None."""
    if not record["retry_at"]:
        return None
    return moment(record["retry_at"]) - moment(record["answered_at"])


def moment(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


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
    import_now(office, connector)
    found = read(office, contact, "civil_vid", "mosip_auth_token", "mosip_duplicate_count")[0]
    assert not found["civil_vid"]
    # Amina is there twice.
    assert found["mosip_duplicate_count"] == 1


def test_its_own_policy_sends_again_the_next_day(office, connector, limit_of_the_day):
    vid = NUMBERS[6]
    values = {**ADDRESS, **PEOPLE[1], "name": "Chidi Okafor", "civil_vid": vid}
    (chidi,) = office.registry.register([values])
    office.simulator.configure(refusals={vid: {"code": LIMIT_OF_THE_DAY, "times": 1}})
    import_now(office, connector)
    record = record_of(office, chidi)
    assert (record["state"], record["error_code"]) == ("rejected", LIMIT_OF_THE_DAY)
    assert abs(pause_of(record) - timedelta(days=1)) < timedelta(hours=1)
    office.let_time_pass(connector, 22)
    import_now(office, connector)
    assert sends_of(office, vid) == 1
    office.let_time_pass(connector, 3)
    import_now(office, connector)
    assert sends_of(office, vid) == 2
    assert read(office, [chidi], "mosip_auth_token")[0]["mosip_auth_token"]


def test_of_several_errors_its_own_policy_decides_in_its_turn(office, connector, limit_of_the_day):
    hawa, imani = office.registry.register(
        [
            {**ADDRESS, **PEOPLE[0], "name": name, "civil_vid": vid}
            for name, vid in zip(("Hawa Sesay", "Imani Banda"), NUMBERS[7:])
        ]
    )
    refusals = ([PASSING, LIMIT_OF_THE_DAY], [LIMIT_OF_THE_DAY, DATA])
    office.simulator.configure(refusals=dict(zip(NUMBERS[7:], refusals)))
    import_now(office, connector)
    assert record_of(office, hawa)["error_code"] == LIMIT_OF_THE_DAY
    record = record_of(office, imani)
    assert (record["error_code"], pause_of(record)) == (DATA, None)
