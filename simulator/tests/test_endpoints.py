# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The envelope, and the endpoints beside the POST."""

import re
import uuid

import requests

ENVELOPE = {"id", "version", "metadata", "responsetime", "errors", "response"}


def test_ping_answers_a_json_string(client):
    assert re.fullmatch(r"\[.*\] pong", client.get("/ping").json())


def test_authfields(client):
    answer = client.get("/authtoken/authfields").json()
    assert answer["response"]["authfields"] == [
        "vid",
        "name",
        "gender",
        "dob",
        "phoneNumber",
        "emailId",
        "fullAddress",
    ]


def test_every_answer_has_the_envelope(client, person):
    accepted = client.post(person()).json()
    refused = client.post().json()
    unknown = client.get("/authtoken/status/none").json()
    for answer in (accepted, refused, unknown, client.get("/authtoken/authfields").json()):
        assert set(answer) == ENVELOPE
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer["responsetime"])
    assert accepted["errors"] is None
    assert len(accepted["response"]["request_identifier"]) == 36
    assert refused["response"] is None
    assert set(refused["errors"][0]) == {"errorCode", "errorMessage"}


def test_status_of_an_unknown_request_is_404(client):
    answer = client.get("/authtoken/status/" + str(uuid.uuid4()))
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["errorCode"] == "ATS-REQ-016"


def test_status_goes_from_submitted_to_processed(sim, client, person):
    sim.configure(seconds_per_record=3600)
    first = client.post(person()).json()["response"]["request_identifier"]
    client.wait_for_status(first, "processing")
    second = client.post(person()).json()["response"]["request_identifier"]
    assert client.status(second) == "submitted"  # one worker, and it is with the first
    sim.configure(seconds_per_record=0)
    while not sim.wait_idle(0.01):
        sim.release()
    assert client.status(first) == client.status(second) == "processed"


def test_status_while_a_record_is_authenticated(sim, client, person):
    sim.configure(seconds_per_record=3600)
    identifier = client.post(person()).json()["response"]["request_identifier"]
    assert client.wait_for_status(identifier, "processing", "processed") == "processing"


def test_status_with_refused_and_invalid_records(sim, client, person):
    sim.refuse("2", "IDA-MLC-004")
    assert client.status(client.send(person("1"), person("2"))) == "processed_with_errors"
    assert client.status(client.send(person("1"), person(gender=""))) == "processed_with_errors"


def test_a_batch_without_a_valid_record_is_submitted_with_errors(sim, client, person):
    sim.configure(seconds_per_record=3600)
    client.post(person())  # keeps the worker busy
    identifier = client.post(person(name="")).json()["response"]["request_identifier"]
    assert client.status(identifier) == "submitted_with_errors"


def test_unknown_path_and_method(sim):
    assert requests.get(sim.url + "/nowhere", timeout=30).status_code == 404
    assert requests.get(sim.url + "/authtoken/json", timeout=30).status_code == 405
