# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What arrives at the callback URL."""

import json
import socket

import pytest


def codes(receiver):
    return [body and body["status"] for body in receiver.bodies()]


def test_one_call_for_each_record(client, person, receiver):
    identifier = client.send(person("1"), person("2", gender=""), person("3"))
    assert [call.method for call in receiver.calls] == ["POST"] * 3
    assert codes(receiver) == ["processed", "invalid", "processed"]
    assert set(receiver.bodies()[0]) == {"vid", "status", "token", "errorCode", "errorMessage"}
    assert client.status(identifier) == "processed_with_errors"


def test_in_bulk_one_call_with_an_array(client, person, receiver):
    client.send(person("1"), person("2"), callback={"callInBulk": True})
    assert len(receiver.calls) == 1
    assert [item["vid"] for item in receiver.bodies()[0]] == ["1", "2"]


def test_nothing_is_sent_before_the_whole_batch_is_through(sim, client, person):
    sim.configure(seconds_per_record=0.01)
    client.send(person("1"), person("2"), person("3"))
    authenticated = [entry["time"] for entry in sim.ledger.results]
    called = [entry["time"] for entry in sim.ledger.callbacks]
    assert len(authenticated) == len(called) == 3
    assert max(authenticated) <= min(called)


def test_jq_sees_the_record_as_it_was_sent_and_the_output(client, person, receiver):
    record = {**person("1"), "mts_ref": "r1", "any": {"thing": [1, None]}}
    client.send(record, outputFormat="{i: .input, o: .output}")
    body = receiver.bodies()[0]
    assert body["i"] == record
    assert body["o"]["status"] == "processed"


def test_of_several_results_the_first_counts(client, person, receiver):
    client.send(person("1"), outputFormat=".input.vid, .output.status")
    assert receiver.bodies() == ["1"]


@pytest.mark.parametrize("output_format", [".input.vid.x", "empty", "null", 'error("no")'])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "PATCH"])
def test_without_a_result_there_is_no_body(client, person, receiver, output_format, method):
    client.send(person(), outputFormat=output_format, callback={"httpMethod": method})
    assert [(call.method, call.data) for call in receiver.calls] == [(method, b"")]
    assert "Content-Type" not in receiver.calls[0].headers


def test_without_a_result_there_is_null_in_bulk(client, person, receiver):
    output_format = 'if .input.vid == "2" then error("no") else .input.vid end'
    client.send(
        person("1"),
        person("2"),
        person("3"),
        outputFormat=output_format,
        callback={"callInBulk": True},
    )
    assert receiver.bodies() == [["1", None, "3"]]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "PATCH", "DELETE", "put"])
@pytest.mark.parametrize("bulk", [True, False])
def test_every_method_is_sent_as_configured(client, person, receiver, method, bulk):
    client.send(person("1"), callback={"httpMethod": method, "callInBulk": bulk})
    assert receiver.calls[0].method == method.upper()
    assert json.loads(receiver.calls[0].data)
    assert receiver.calls[0].headers["Content-Type"] == "application/json"


def test_an_extra_content_type_wins(client, person, receiver):
    headers = {"Content-Type": "text/plain", "X-More": "1"}
    client.send(person("1"), callback={"callInBulk": True, "extraHeaders": headers})
    assert receiver.calls[0].headers["Content-Type"] == "text/plain"
    assert receiver.calls[0].headers["X-More"] == "1"
    assert isinstance(receiver.bodies()[0], list)


def test_static_bearer(client, person, receiver):
    bearer = {"authType": "staticBearer", "authStaticBearer": {"token": "t0ken"}}
    client.send(person("1"), person("2"), callback=bearer)
    assert [call.headers["Authorization"] for call in receiver.calls] == ["Bearer t0ken"] * 2


def test_without_authentication_nothing_is_added(client, person, receiver):
    client.send(person(), callback={"authType": "none"})
    assert "Authorization" not in receiver.calls[0].headers
    assert "Cookie" not in receiver.calls[0].headers


def odoo(receiver, password="good", **more):
    credentials = {
        "authUrl": receiver.auth_url,
        "database": "db",
        "username": "mts",
        "password": password,
        **more,
    }
    return {"authType": "odoo", "authOdoo": credentials}


def test_odoo_login_callbacks_logout(client, person, receiver):
    callback = odoo(receiver, extraHeaders={"X-Login": "1"})
    client.send(person("1"), person("2"), callback=callback)
    login, first, second, logout, after = receiver.calls
    assert (login.method, login.path) == ("GET", "/web/session/authenticate")
    assert json.loads(login.data) == {
        "jsonrpc": "2.0",
        "params": {"db": "db", "login": "mts", "password": "good"},
    }
    assert login.headers["X-Login"] == "1"
    assert first.path == second.path == "/callback"
    assert first.cookies == second.cookies == {"session_id": "s1"}
    assert "X-Login" not in first.headers
    assert (logout.method, logout.path) == ("GET", "/web/session/logout")
    assert logout.cookies == {"session_id": "s1"}
    assert after.path == "/web/login"  # redirects are followed


def test_a_wrong_password_is_not_noticed(client, person, receiver):
    identifier = client.send(person("1"), callback=odoo(receiver, "wrong"))
    callback = receiver.calls[1]
    assert callback.path == "/callback"
    assert not callback.cookies
    assert client.status(identifier) == "processed"


def test_connections_are_not_kept_alive(client, person, receiver):
    client.send(person("1"), person("2"), person("3"))
    assert len({call.connection for call in receiver.calls}) == 3


@pytest.mark.parametrize("status", [404, 500])
def test_the_status_of_the_answer_is_ignored(client, person, receiver, status):
    receiver.status = status
    identifier = client.send(person("1"), person("2"))
    assert len(receiver.calls) == 2  # and nothing is sent again
    assert client.status(identifier) == "processed"
    statuses = [entry["http_status"] for entry in client.sim.ledger.callbacks]
    assert statuses == [status, status]


def test_a_refused_connection_skips_the_rest(sim, client, person):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        identifier = client.send(person("1"), person("2"), callback={"url": url})
    assert client.status(identifier) == "error_making_callback_request"
    assert [entry["error"] for entry in sim.ledger.callbacks] == ["ConnectionError"]


def test_a_timeout_skips_the_rest(sim, client, person, receiver):
    receiver.gate.clear()
    identifier = client.send(person("1"), person("2"), callback={"timeoutSeconds": 1})
    assert client.status(identifier) == "error_making_callback_request"
    assert len(receiver.wait_for(1)) == 1
    assert [entry["error"] for entry in sim.ledger.callbacks] == ["ReadTimeout"]


@pytest.mark.parametrize(
    "callback",
    [
        {"httpMethod": "SEND"},
        {"url": "ftp://127.0.0.1/x"},
        {"timeoutSeconds": 0},
        {"extraHeaders": {"X-Number": 1}},
    ],
)
def test_whatever_cannot_be_sent_ends_as_an_error(client, person, receiver, callback):
    identifier = client.send(person("1"), callback=callback)
    assert client.status(identifier) == "error_making_callback_request"
    assert not receiver.calls


def test_a_failed_login_sends_nothing(client, person, receiver):
    callback = odoo(receiver)
    callback["authOdoo"]["authUrl"] = "http://127.0.0.1:1/web/session/authenticate"
    identifier = client.send(person("1"), callback=callback)
    assert client.status(identifier) == "error_making_callback_request"
    assert not receiver.calls


def test_download_delivery_calls_nobody(client, person, receiver):
    identifier = client.send(person("1"), deliverytype="download", callbackProperties=None)
    assert client.status(identifier) == "processed"
    assert not receiver.calls
