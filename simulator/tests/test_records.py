# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The mapping, what makes one record invalid, and what MOSIP is asked."""

import pytest

MAPPING = {
    "vid": "reg.vid",
    "name": ["given_name", "family_name"],
    "gender": "gender",
    "dob": "birthdate",
    "phoneNumber": "phone",
    "emailId": "email",
    "fullAddress": ["street", "city"],
}


def mapped(**changes):
    record = {
        "reg": {"vid": "1"},
        "given_name": "Ada",
        "family_name": "Lovelace",
        "gender": "female",
        "birthdate": "1815-12-10",
        "phone": "1234",
        "email": "ada@example.org",
        "street": "12 St James's Square",
        "city": "London",
    }
    return {**record, **changes}


def payload(sim):
    return sim.ledger.results[-1]["payload"]


def test_the_mapping_is_followed(sim, client):
    client.send(mapped(), mapping=MAPPING)
    assert payload(sim) == {
        "vid": "1",
        "name": "Ada Lovelace",
        "gender": "female",
        "dob": "1815/12/10",
        "phoneNumber": "1234",
        "emailId": "ada@example.org",
        "fullAddress": "12 St James's Square, London",
    }


@pytest.mark.parametrize("path", ["reg.vid", 'reg["vid"]', "reg | .vid", "reg.vid // empty"])
def test_mapping_values_are_jq_paths(sim, client, path):
    client.send(mapped(), mapping={**MAPPING, "vid": path})
    assert payload(sim)["vid"] == "1"


@pytest.mark.parametrize("path", ["other", "reg.other", "gender.vid", "a b", "reg | error"])
def test_a_path_that_leads_nowhere_reads_as_absent(client, receiver, path):
    client.send(mapped(), mapping={**MAPPING, "vid": path})
    assert receiver.bodies()[0]["errorCode"] == "ATS-REQ-009"


def test_an_empty_path_reads_the_whole_record(client):
    answer = client.post(mapped(), mapping={**MAPPING, "vid": ""})
    assert answer.status_code == 500


@pytest.mark.parametrize(
    ("field", "absent", "empty"),
    [
        ("name", "ATS-REQ-010", "ATS-REQ-003"),
        ("gender", "ATS-REQ-011", "ATS-REQ-004"),
        ("dob", "ATS-REQ-012", "ATS-REQ-006"),
        ("fullAddress", "ATS-REQ-015", "ATS-REQ-008"),
        ("vid", "ATS-REQ-009", "ATS-REQ-009"),
    ],
)
def test_a_mandatory_field(sim, client, person, receiver, field, absent, empty):
    """Absent, null or empty, it makes this one record invalid."""
    client.send(
        person("9"),
        person("8", **{field: None}),
        {**person("7"), field: None},
        person("6", **{field: ""}),
        person("5"),
    )
    bodies = receiver.bodies()
    assert [body["status"] for body in bodies] == [
        "processed",
        "invalid",
        "invalid",
        "invalid",
        "processed",
    ]
    assert [body["errorCode"] for body in bodies[1:4]] == [absent, absent, empty]
    assert all(body["errorMessage"] and body["token"] is None for body in bodies[1:4])
    assert [sim.transactions(vid) for vid in "98765"] == [1, 0, 0, 0, 1]


def test_what_is_mandatory_can_be_chosen(sim, client, person, receiver):
    sim.configure(mandatory=["phoneNumber", "emailId"])
    client.send({"vid": "1", "phoneNumber": "1", "emailId": "e"})
    client.send({"vid": "1", "phoneNumber": "1"}, {"vid": "1", "emailId": "e"})
    codes = [body["errorCode"] for body in receiver.bodies()]
    assert codes == [None, "ATS-REQ-014", "ATS-REQ-013"]


def test_an_empty_name_part_is_left_out(sim, client):
    client.send(mapped(given_name="", street=None), mapping=MAPPING)
    assert payload(sim)["name"] == "Lovelace"
    assert payload(sim)["fullAddress"] == "London"


@pytest.mark.parametrize(
    ("sent", "asked"),
    [("2000-02-01", "2000/02/01"), ("2000/02/01", "2000/02/01"), ("01.02.2000", "01.02.2000")],
)
def test_the_date_of_birth(sim, client, person, sent, asked):
    client.send(person(dob=sent))
    assert payload(sim)["dob"] == asked


def test_numbers_as_vid_phone_and_email_become_strings(sim, client, person):
    client.send({**person(), "vid": 2000000000000001, "phoneNumber": 5, "emailId": 6})
    assert payload(sim)["vid"] == "2000000000000001"
    assert payload(sim)["phoneNumber"] == "5"
    assert payload(sim)["emailId"] == "6"


def test_a_batch_without_a_valid_record_is_stored_and_called_back(client, person, receiver):
    answer = client.post(person(name=""), person(gender=""))
    assert answer.status_code == 200
    assert [error["errorCode"] for error in answer.json()["errors"]] == ["ATS-REQ-101"]
    identifier = answer.json()["response"]["request_identifier"]
    assert client.sim.wait_idle(30)
    assert [body["status"] for body in receiver.bodies()] == ["invalid", "invalid"]
    assert client.status(identifier) == "processed_with_errors"


def test_the_vid_of_an_invalid_record_is_its_key_vid(client, person, receiver):
    """Whatever the mapping says: the output of such a record may lack a VID."""
    client.post({**person("1", name=""), "number": "2"}, mapping={"vid": "number"})
    client.send({**person(vid=None, name=""), "number": "2"}, mapping={"vid": "number"})
    assert [body["vid"] for body in receiver.bodies()] == ["1", None]
