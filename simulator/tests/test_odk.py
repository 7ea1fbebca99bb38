# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""ODK Central, and an MTS that fetches its records there."""

from datetime import datetime, timezone

import pytest
import requests

TIMEOUT = 30
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
START, END = "2026-01-31T11:59:59.999Z", "2026-01-31T13:00:00.000Z"
FORM = "/v1/projects/1/forms/registration"


def config(sim, **changes):
    values = {
        "baseurl": sim.url.partition("://")[2],
        "projectid": "1",
        "formid": "registration",
        "email": sim.settings.odk_email,
        "password": sim.settings.odk_password,
        "startdate": START,
        "enddate": END,
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def pull(client, callback=None, **changes):
    body = client.body(callback=callback, authdata=None, odkconfig=config(client.sim, **changes))
    return requests.post(client.sim.url + "/authtoken/odk", json=body, timeout=TIMEOUT)


def first_code(answer):
    return answer.json()["errors"][0]["errorCode"]


def log_in(sim):
    credentials = {"email": sim.settings.odk_email, "password": sim.settings.odk_password}
    answer = requests.post(sim.url + "/v1/sessions", json=credentials, timeout=TIMEOUT)
    return {"Authorization": "Bearer " + answer.json()["token"]}


def test_what_was_submitted_is_authenticated_and_delivered(client, receiver, person):
    [instance] = client.sim.submit(person(), at=NOON)
    format_ = "{id: .input.__id, token: .output.token}"
    body = client.body(authdata=None, odkconfig=config(client.sim), outputFormat=format_)
    answer = requests.post(client.sim.url + "/authtoken/odk", json=body, timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    assert client.sim.wait_idle(TIMEOUT)
    token = client.sim.ledger.results[0]["token"]
    assert receiver.bodies() == [{"id": instance, "token": token}]
    [post] = client.sim.ledger.posts
    assert (post["records"], post["window"]) == (1, (START, END))


def test_the_ends_of_the_window_are_left_out(client, person):
    for milliseconds in (0, 1, 2):
        client.sim.submit(
            person(f"200000000000000{milliseconds}"),
            at=NOON.replace(microsecond=milliseconds * 1000),
        )
    window = {"startdate": "2026-01-31T12:00:00.000Z", "enddate": "2026-01-31T12:00:00.002Z"}
    assert pull(client, **window).status_code == 200
    assert client.sim.ledger.posts[0]["vids"] == ["2000000000000001"]


def test_without_both_dates_everything_is_fetched(client, person):
    client.sim.submit(person(), person(), at=NOON.replace(year=2020))
    assert pull(client, enddate=None).status_code == 200
    assert client.sim.ledger.posts[0]["records"] == 2


def test_an_odata_url_may_stand_for_project_and_form(client, person):
    client.sim.submit(person(), at=NOON)
    url = client.sim.url + FORM + ".svc"
    assert pull(client, projectid=None, formid=None, odataurl=url).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"startdate": "2026-01-31T12:30:00.000Z"}, 400, "ATS-REQ-23"),
        ({"baseurl": ""}, 400, "ATS-REQ-18"),
        ({"email": ""}, 400, "ATS-REQ-19"),
        ({"password": ""}, 400, "ATS-REQ-20"),
        ({"projectid": None}, 400, "ATS-REQ-21"),
        ({"formid": ""}, 400, "ATS-REQ-22"),
        ({"password": None}, 422, "ATS-REQ-102"),
        ({"email": 5}, 422, "ATS-REQ-102"),
        ({"startdate": 5}, 422, "ATS-REQ-102"),
        ({"password": "wrong"}, 500, "ATS-REQ-100"),
        ({"formid": "another"}, 400, "ATS-REQ-23"),
        ({"baseurl": "127.0.0.1:1"}, 500, "ATS-REQ-100"),
    ],
)
def test_what_mts_says_when_it_gets_nothing(client, person, changes, status, code):
    client.sim.submit(person(), at=NOON)
    answer = pull(client, **changes)
    assert (answer.status_code, first_code(answer)) == (status, code)
    assert client.sim.ledger.counts["stored_posts"] == 0


def test_one_bad_record_fails_all_of_the_window(client, person):
    client.sim.submit(person(), person(name=5), at=NOON)
    assert pull(client).status_code == 500
    assert client.sim.ledger.counts["stored_posts"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({"code": 403.1}, 400, "ATS-REQ-23"), ("<p>Bad Gateway</p>", 500, "ATS-REQ-100")],
)
def test_an_error_of_odk_is_nothing_or_a_failure_for_mts(client, person, body, status, code):
    client.sim.submit(person(), at=NOON)
    client.sim.add_fault("odk", "answer", status=500, body=body, next=1)
    answer = pull(client)
    assert (answer.status_code, first_code(answer)) == (status, code)
    assert pull(client).status_code == 200


def test_odk_lets_nobody_in_without_its_session(sim):
    wrong = {"email": sim.settings.odk_email, "password": "wrong"}
    assert requests.post(sim.url + "/v1/sessions", json=wrong, timeout=TIMEOUT).status_code == 401
    for path in ("/fields", ".svc/Submissions"):
        assert requests.get(sim.url + FORM + path, timeout=TIMEOUT).status_code == 403
    elsewhere = sim.url + FORM.replace("1", "2") + "/fields"
    assert requests.get(elsewhere, headers=log_in(sim), timeout=TIMEOUT).status_code == 404


def test_odk_tells_the_questions_and_counts(sim, person):
    sim.submit(person(), person(), at=NOON)
    session = log_in(sim)
    fields = requests.get(sim.url + FORM + "/fields", headers=session, timeout=TIMEOUT).json()
    assert {"path": "/birthdate", "name": "birthdate", "type": "date"} in fields
    answer = requests.get(
        sim.url + FORM + ".svc/Submissions",
        params={"$top": "0", "$count": "true", "$filter": "__system/submissionDate ge " + START},
        headers=session,
        timeout=TIMEOUT,
    )
    assert answer.json() == {"value": [], "@odata.count": 2}
    answer = requests.get(
        sim.url + FORM + ".svc/Submissions",
        params={"$filter": "age gt 5"},
        headers=session,
        timeout=TIMEOUT,
    )
    assert answer.status_code == 501
