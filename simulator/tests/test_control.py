# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ledger of truth, and the control door for tests in another process."""

import pytest
import requests


@pytest.fixture
def control(sim):
    def call(method, path, body=None):
        return requests.request(method, sim.url + "/simulator" + path, json=body, timeout=30)

    return call


def test_the_ledger_knows_every_post(sim, client, person):
    client.send(person("1"), person("2"))
    client.post()
    client.post(person(name=5))
    posts = sim.ledger.posts
    assert [entry["stored"] for entry in posts] == [True, False, False]
    assert [entry["records"] for entry in posts] == [2, 0, 1]
    assert [entry["http_status"] for entry in posts] == [200, 400, 500]
    assert posts[0]["vids"] == ["1", "2"]
    assert posts[0]["time"] <= posts[1]["time"] <= posts[2]["time"]


def test_the_ledger_knows_what_was_asked_for_each_vid(sim, client, person):
    sim.refuse("1", {"code": "IDA-DEA-001", "times": 1})
    client.send(person("1", dob="1815/12/09"))
    client.send(person("1", mts_ref="r"), person("2", gender=""))
    refused, processed = sim.ledger.results_of("1")
    assert (refused["status"], refused["errorCode"]) == ("error", "IDA-DEA-001")
    assert refused["payload"]["dob"] == "1815/12/09"
    assert processed["status"] == "processed"
    assert processed["token"] == sim.token("Ada Lovelace", "1815/12/10", "female")
    assert processed["input"]["mts_ref"] == "r"
    assert "mts_ref" not in processed["payload"]
    assert [entry["payload"] for entry in sim.ledger.results_of("2")] == [None]


def test_the_ledger_keeps_no_password(client, person, receiver, sim):
    odoo = {"authUrl": receiver.auth_url, "database": "d", "username": "u", "password": "good"}
    client.send(person(), callback={"authType": "odoo", "authOdoo": odoo})
    assert [entry["kind"] for entry in sim.ledger.callbacks] == ["login", "callback", "logout"]
    assert "good" not in str(sim.ledger.snapshot())


def test_without_recording_only_the_counters_are_kept(make_client, person):
    client = make_client(record=False)
    client.send(person("1"), person("2", gender=""))
    snapshot = client.sim.ledger.snapshot()
    assert snapshot["counts"]["processed"] == snapshot["counts"]["invalid"] == 1
    assert snapshot["counts"]["callbacks"] == 2
    assert not snapshot["posts"]
    assert not snapshot["results"]
    assert not snapshot["callbacks"]
    assert client.sim.transactions("1") == 0


def test_the_ledger_over_http(client, person, control):
    client.send(person("1"))
    assert control("GET", "/ledger/counts").json()["processed"] == 1
    assert control("GET", "/ledger/posts").json()[0]["vids"] == ["1"]
    assert control("GET", "/ledger/results").json()[0]["vid"] == "1"
    assert control("GET", "/ledger/callbacks").json()[0]["http_status"] == 200
    answer = control("GET", "/vids/1").json()
    assert answer["transactions"] == 1
    assert answer["results"][0]["status"] == "processed"


def test_settings_over_http(sim, control):
    assert control("POST", "/settings", {"seconds_per_record": 0.5}).status_code == 200
    assert sim.settings.seconds_per_record == 0.5
    assert control("GET", "/settings").json()["seconds_per_record"] == 0.5


def test_faults_and_refusals_over_http(client, person, control, receiver):
    control("POST", "/faults", {"on": "post", "kind": "answer", "status": 502, "next": 1})
    assert client.post(person()).status_code == 502
    control("POST", "/faults", [{"on": "post", "kind": "close"}])
    control("DELETE", "/faults?on=post")
    control("POST", "/refusals", {"1": "IDA-MLC-004"})
    client.send(person("1"))
    control("DELETE", "/refusals?vid=1")
    client.send(person("1"))
    assert [body["errorCode"] for body in receiver.bodies()] == ["IDA-MLC-004", None]


def test_hold_idle_and_release_over_http(client, person, control, receiver):
    control("POST", "/settings", {"hold": True})
    client.post(person("1"))
    assert control("GET", "/idle?timeout=30").json() == {"idle": True, "held": 1}
    assert control("POST", "/release").json() == {"released": 1}
    assert control("GET", "/idle").json() == {"idle": True, "held": 0}
    assert len(receiver.calls) == 1


def test_idle_gives_up_in_time(client, person, control):
    control("POST", "/settings", {"seconds_per_record": 3600})
    client.post(person())
    assert control("GET", "/idle?timeout=0.01").json()["idle"] is False


def test_restart_over_http(client, person, control):
    identifier = client.send(person())
    control("POST", "/restart")
    assert client.get("/authtoken/status/" + identifier).status_code == 404


def test_reset_goes_back_to_the_start(make_client, person, receiver):
    client = make_client(refusals={"1": "IDA-MLC-004"})
    client.sim.accept("1")
    client.sim.add_fault("callback", "drop")
    client.sim.configure(hold=True)
    client.send(person("1"))
    requests.post(client.sim.url + "/simulator/reset", timeout=30)
    assert not any(client.sim.ledger.counts.values())
    assert client.sim.transactions("1") == 0
    assert client.sim.held == 0
    client.send(person("1"))
    assert [body["errorCode"] for body in receiver.bodies()] == ["IDA-MLC-004"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/settings", {"speed": 1}),
        ("POST", "/settings", []),
        ("POST", "/faults", {"on": "post"}),
        ("POST", "/refusals", {"1": None}),
        ("POST", "/release", {"amount": 1}),
        ("GET", "/ledger/secrets", None),
        ("GET", "/idle?timeout=soon", None),
    ],
)
def test_nonsense_is_refused_with_a_reason(control, method, path, body):
    answer = control(method, path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]
