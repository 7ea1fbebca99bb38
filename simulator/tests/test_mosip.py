# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tokens, refusals and transactions."""

import pytest


def test_the_same_person_gets_the_same_token(client, person, receiver):
    client.send(
        person("1"),
        person("2", name="  ada LOVELACE", dob="1815-12-10", fullAddress="elsewhere"),
        person("3", name="Augusta Lovelace"),
        person("4", dob="1815/12/11"),
        person("5", gender="male"),
    )
    tokens = [body["token"] for body in receiver.bodies()]
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 4
    assert all(36 <= len(token) <= 43 for token in tokens)


def test_tokens_are_the_same_in_another_simulator_with_the_same_secret(make_client, person):
    sims = [make_client().sim, make_client().sim, make_client(partner="other").sim]
    tokens = [sim.token("Ada", "2000/01/01", "f") for sim in sims]
    assert tokens[0] == tokens[1] != tokens[2]


def test_tokens_have_no_fixed_length(sim):
    assert len({len(sim.token(f"Person {n}", "2000/01/01", "f")) for n in range(100)}) > 3


@pytest.mark.parametrize(
    ("refusal", "code", "message"),
    [
        ("IDA-MLC-004", "IDA-MLC-004", "refused by the simulator"),
        ({"code": "IDA-MLC-003", "message": "UIN deactivated"}, "IDA-MLC-003", "UIN deactivated"),
        ({"code": "ATS-REQ-100", "message": None}, "ATS-REQ-100", None),
        (
            [
                {"code": "IDA-DEA-001", "message": "dob"},
                {"code": "IDA-DEA-003", "message": "name"},
            ],
            "ATS-REQ-103",
            "IDA-DEA-001::dob,IDA-DEA-003::name",
        ),
    ],
)
def test_a_chosen_vid_is_refused(sim, client, person, receiver, refusal, code, message):
    sim.refuse("2", refusal)
    client.send(person("1"), person("2"))
    good, bad = receiver.bodies()
    assert (good["status"], good["errorCode"], good["errorMessage"]) == ("processed", None, None)
    assert bad["status"] == "error"
    assert bad["token"] is None
    assert (bad["errorCode"], bad["errorMessage"]) == (code, message)
    sim.accept("2")
    client.send(person("2"))
    assert receiver.bodies()[-1]["status"] == "processed"


def test_a_refusal_can_pass(sim, client, person, receiver):
    sim.refuse("*", {"code": "AUT-BAS-001", "times": 2})
    client.send(person("1"), person("2"), person("3"))
    assert [body["status"] for body in receiver.bodies()] == ["error", "error", "processed"]


@pytest.mark.parametrize("refusal", [{}, [], {"message": "why"}, 5, {"code": "A", "why": "B"}])
def test_a_refusal_that_is_none(sim, refusal):
    with pytest.raises(ValueError):
        sim.refuse("1", refusal)


def test_refusals_at_the_start(make_client, person, receiver):
    client = make_client(refusals={"2": "IDA-MLC-002"})
    client.send(person("1"), person("2"))
    assert [body["errorCode"] for body in receiver.bodies()] == [None, "IDA-MLC-002"]


def test_every_try_that_reaches_mosip_counts(sim, client, person):
    sim.refuse("1", {"code": "IDA-MLC-007", "times": 1})
    sim.refuse("2", "AUT-BAS-001")
    client.send(person("1"), person("2"), person("3", gender=""))
    client.send(person("1"), person("2"))
    assert [sim.transactions(vid) for vid in "123"] == [2, 0, 0]


def test_a_vid_can_be_used_up(make_client, person, receiver):
    client = make_client(vid_transactions=2)
    client.sim.refuse("1", {"code": "IDA-DEA-001", "times": 2})
    for _time in range(3):
        client.send(person("1"))
    codes = [body["errorCode"] for body in receiver.bodies()]
    assert codes == ["IDA-DEA-001", "IDA-DEA-001", "IDA-MLC-005"]


def test_data_that_differ_from_the_persons_are_refused(sim, client, person, receiver):
    sim.configure(people={"1": {"name": "Ada Lovelace", "dob": "1815/12/10", "gender": "female"}})
    client.send(person("1", dob="1815/12/11"))
    client.send(person("1", dob="1815/12/11", gender="male"))
    client.send(person("1"), person("2", name="Somebody Else"))
    one, two, right, other = receiver.bodies()
    assert one["errorCode"] == "IDA-DEA-001"
    assert "dob" in one["errorMessage"]
    assert two["errorCode"] == "ATS-REQ-103"
    assert two["errorMessage"].count("IDA-DEA-001::") == 2
    assert right["status"] == other["status"] == "processed"
