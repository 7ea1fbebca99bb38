# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Batches that MTS does not take: 422 for the schema, 400 for its own checks, 500 for all."""

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ODOO = {"authUrl": "http://odoo.example/a", "database": "d", "username": "u", "password": "p"}


def refused(client, answer):
    """The HTTP status and the codes of a refusal, after which nothing may be stored."""
    assert answer.json()["response"] is None
    assert client.sim.ledger.counts["stored_posts"] == 0
    codes = {error["errorCode"] for error in answer.json()["errors"]}
    return answer.status_code, codes


SCHEMA = [
    *(("envelope", key, None) for key in ("id", "version", "metadata", "requesttime", "request")),
    *(("envelope", key, {}) for key in ("id", "version", "metadata")),
    ("envelope", "metadata", 5),
    ("envelope", "request", []),
    ("request", "output", None),
    ("request", "deliverytype", None),
    ("request", "lang", ["eng"]),
    ("request", "mapping", "null"),
    ("request", "mapping", []),
    ("request", "mapping", {"name": "name"}),
    ("request", "mapping", {"fullAddress": "address"}),
    ("request", "mapping", {"vid": ["vid"]}),
    ("request", "mapping", {"gender": 1}),
    ("request", "mapping", {"name": [1]}),
    ("request", "authdata", {}),
    ("request", "authdata", "records"),
    ("request", "authdata", ["record"]),
    ("request", "callbackProperties", "http://odoo.example"),
    ("callback", "url", None),
    ("callback", "url", "odoo"),
    ("callback", "url", "/mts/callback"),
    ("callback", "url", 5),
    ("callback", "extraHeaders", []),
    ("callback", "timeoutSeconds", "soon"),
    ("callback", "callInBulk", "perhaps"),
    ("callback", "authOdoo", "secret"),
    ("callback", "authOdoo", {**ODOO, "authUrl": "odoo"}),
    ("callback", "authOdoo", {**ODOO, "extraHeaders": []}),
    ("callback", "authStaticBearer", {}),
]


@pytest.mark.parametrize(("where", "key", "value"), SCHEMA)
def test_what_does_not_fit_the_schema_is_422(client, person, where, key, value):
    body = client.body(person(), callback={"httpMethod": "POST"})
    place = {
        "envelope": body,
        "request": body["request"],
        "callback": body["request"]["callbackProperties"],
    }[where]
    place[key] = None if value == "null" else value
    if value is None:
        del place[key]
    if key == "authStaticBearer":
        place.update(authStaticBearer={"other": 1}, authType="staticBearer")
    assert refused(client, client.post_body(body)) == (422, {"ATS-REQ-102"})


@pytest.mark.parametrize("absent", ["database", "username", "password"])
def test_an_absent_odoo_credential_is_422(client, person, absent):
    odoo = {key: value for key, value in ODOO.items() if key != absent}
    answer = client.post(person(), callback={"authType": "odoo", "authOdoo": odoo})
    assert refused(client, answer) == (422, {"ATS-REQ-102"})


def test_all_mismatches_are_listed(client, person):
    body = client.body(person())
    del body["metadata"]
    body["request"]["mapping"] = None
    assert len(client.post_body(body).json()["errors"]) == 2


@pytest.mark.parametrize(
    ("data", "content_type"), [(b"{", "application/json"), (b"[]", None), (b"{}", "text/plain")]
)
def test_a_body_that_is_no_json_object_is_422(client, data, content_type):
    answer = requests.post(
        client.sim.url + "/authtoken/json",
        data=data,
        headers={"Content-Type": content_type},
        timeout=30,
    )
    assert refused(client, answer) == (422, {"ATS-REQ-102"})


def test_no_body_is_400(client):
    answer = requests.post(client.sim.url + "/authtoken/json", timeout=30)
    assert refused(client, answer) == (400, {"ATS-REQ-102"})


@pytest.mark.parametrize("time", ["2026-01-31T09:30:00Z", "2026-01-31 09:30:00.1Z", "", None, 5])
def test_another_requesttime_is_400(client, person, time):
    body = {**client.body(person()), "requesttime": time}
    assert refused(client, client.post_body(body)) == (400, {"ATS-REQ-102"})


CHECKS = [
    ({"output": "xml"}, "ATS-REQ-102"),
    ({"output": ""}, "ATS-REQ-102"),
    ({"deliverytype": "post"}, "ATS-REQ-102"),
    ({"authdata": []}, "ATS-REQ-102"),
    ({"authdata": None}, "ATS-REQ-102"),
    ({"outputFormat": "{vid: .output.vid"}, "ATS-REQ-103"),
    ({"outputFormat": {"vid": 1}}, "ATS-REQ-103"),
    ({"callbackProperties": None}, "ATS-REQ-024"),
    ({"callbackProperties": {}}, "ATS-REQ-024"),
    ({"callback": {"authType": "basic"}}, "ATS-REQ-027"),
    ({"callback": {"authType": "oauth", "authOauth": {"clientId": "c"}}}, "ATS-REQ-027"),
    ({"callback": {"authType": "odoo"}}, "ATS-REQ-028"),
    ({"callback": {"authType": "staticBearer"}}, "ATS-REQ-030"),
    ({"callback": {"authType": "odoo", "authOdoo": {**ODOO, "authUrl": ""}}}, "ATS-REQ-031"),
    ({"callback": {"authType": "odoo", "authOdoo": {**ODOO, "username": ""}}}, "ATS-REQ-032"),
    ({"callback": {"authType": "odoo", "authOdoo": {**ODOO, "database": ""}}}, "ATS-REQ-033"),
    (
        {"callback": {"authType": "staticBearer", "authStaticBearer": {"token": ""}}},
        "ATS-REQ-034",
    ),
]


@pytest.mark.parametrize(("request_part", "code"), CHECKS)
def test_what_mts_checks_itself_is_400(client, person, request_part, code):
    assert refused(client, client.post(person(), **request_part)) == (400, {code})


def test_the_own_checks_win_over_the_schema(client):
    body = client.body()
    del body["metadata"]
    assert refused(client, client.post_body(body)) == (400, {"ATS-REQ-102"})


@pytest.mark.parametrize("field", ["name", "gender", "dob", "fullAddress"])
@pytest.mark.parametrize("value", [7, False, True, 1.5, ["x"], {"x": "y"}])
def test_a_value_that_is_no_string_fails_the_whole_batch(client, person, field, value):
    answer = client.post(person("1"), person("2", **{field: value}), person("3"))
    assert refused(client, answer) == (500, {"ATS-REQ-100"})
    assert client.sim.wait_idle(30)
    assert client.sim.transactions("1") == 0


@pytest.mark.parametrize("field", ["vid", "phoneNumber", "emailId"])
@pytest.mark.parametrize("value", [["x"], {"x": "y"}])
def test_a_list_or_an_object_fails_the_whole_batch(client, person, field, value):
    answer = client.post(person("1"), {**person("2"), field: value})
    assert refused(client, answer) == (500, {"ATS-REQ-100"})


def test_a_poisoned_vid_fails_its_batches_only(sim, client, person, receiver):
    sim.poison("2")
    answer = client.post(person("1"), person("2"))
    assert refused(client, answer) == (500, {"ATS-REQ-100"})
    assert person("2")["name"] in answer.json()["errors"][0]["errorMessage"]
    client.send(person("1"))
    sim.poison()
    client.send(person("2"))
    assert [body["vid"] for body in receiver.bodies()] == ["1", "2"]


def test_what_may_be_absent(client, receiver):
    """outputFormat, lang and mapping."""
    client.send({"vid": "1", "name": "A", "gender": "x", "dob": "2000/01/01", "fullAddress": "B"})
    assert receiver.bodies()[0]["status"] == "processed"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_body_gets_an_envelope(client, person, data):
    """Whatever stands in one place, the answer is one of MTS's and never a crash."""
    body = client.body(person(), callback={"authOdoo": ODOO}, mapping={"vid": "vid"})
    request = body["request"]
    places = (body, request, request["callbackProperties"], ODOO.copy(), request["mapping"])
    places[2]["authOdoo"] = places[3]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)
    answer = client.post_body(body)
    if answer.status_code == 500:
        assert answer.json()["errors"][0]["errorCode"] == "ATS-REQ-100"
    assert answer.status_code in (200, 400, 422, 500)
    assert (answer.status_code == 200) == (answer.json()["response"] is not None)
