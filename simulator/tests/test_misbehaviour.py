# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Faults on demand: what the connector must survive."""

import threading
import time

import pytest
import requests


def statuses(client, person, count):
    """HTTP statuses of so many POSTs, None for a closed connection."""
    result = []
    for _number in range(count):
        try:
            result.append(client.post(person()).status_code)
        except requests.ConnectionError:
            result.append(None)
    return result


# POST


def test_next_posts_get_another_answer(sim, client, person):
    sim.add_fault("post", "answer", status=502, body="<h1>Bad Gateway</h1>", next=2)
    answers = [client.post(person()) for _number in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert answers[0].text == "<h1>Bad Gateway</h1>"
    assert sim.ledger.counts["stored_posts"] == 1


def test_an_answer_with_headers(sim, client, person):
    sim.add_fault("post", "answer", status=429, headers={"Retry-After": "30"})
    assert client.post(person()).headers["Retry-After"] == "30"


def test_more_posts_at_once_than_mts_takes(make_client, person):
    client = make_client(most_posts=1)
    sim = client.sim
    sim.add_fault("post", "hang", stored=True, next=1)
    first = threading.Thread(target=client.post, args=(person(),))
    first.start()
    assert sim.ledger.wait_for(lambda ledger: ledger.counts["posts"] == 1, 30)
    assert client.post(person()).status_code == 503
    sim.release()
    first.join()
    assert client.post(person()).status_code == 200
    assert [post["at_once"] for post in sim.ledger.posts] == [1, 2, 1]
    assert sim.ledger.counts["posts_at_once"] == 2
    assert sim.ledger.counts["stored_posts"] == 2


@pytest.mark.parametrize(
    ("body", "content"), [({"response": {}}, {"response": {}}), ([], []), (None, None)]
)
def test_an_answer_of_another_shape(sim, client, person, body, content):
    sim.add_fault("post", "answer", status=200, body=body)
    assert client.post(person()).json() == content


def test_a_fraction_of_the_posts_repeatably(make_client, person):
    def schedule(seed):
        client = make_client(
            seed=seed, faults=[{"on": "post", "kind": "answer", "status": 503, "fraction": 0.5}]
        )
        return statuses(client, person, 20)

    first = schedule(1)
    assert set(first) == {200, 503}
    assert schedule(1) == first
    assert schedule(2) != first


def test_an_error_that_quotes_what_was_sent(sim, client, person, receiver):
    sim.add_fault("post", "echo", status=400, next=1)
    answer = client.post(person(name="Zoë"))
    assert answer.status_code == 400
    message = answer.json()["errors"][0]["errorMessage"]
    assert "Zoë" in message
    assert receiver.url in message
    assert sim.ledger.counts["stored_posts"] == 0


def test_an_error_after_storing(sim, client, person, receiver):
    sim.add_fault("post", "answer", status=504, stored=True)
    assert client.post(person()).status_code == 504
    receiver.wait_for(1)
    assert sim.ledger.posts[0]["stored"]


def test_accept_and_forget(sim, client, person, receiver):
    sim.add_fault("post", "forget", next=1)
    identifier = client.send(person())
    assert client.get("/authtoken/status/" + identifier).status_code == 404
    assert not receiver.calls
    assert sim.ledger.posts[0]["identifier"] == identifier
    assert not sim.ledger.posts[0]["stored"]
    client.send(person())
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("stored", [True, False])
def test_a_hang_past_the_clients_timeout(sim, client, person, receiver, stored):
    sim.add_fault("post", "hang", stored=stored, next=1)
    client.post_and_give_up(person())
    assert sim.ledger.wait_for(lambda ledger: ledger.posts, 30)
    assert sim.wait_idle(30)
    assert len(receiver.calls) == (1 if stored else 0)
    assert sim.ledger.posts[0]["stored"] == stored


def test_a_stored_post_is_answered_after_the_hang(sim, client, person):
    sim.add_fault("post", "hang", seconds=0.1, stored=True)
    assert client.post(person()).json()["response"]["request_identifier"]


@pytest.mark.parametrize("stored", [True, False])
def test_the_connection_closes_without_an_answer(sim, client, person, receiver, stored):
    sim.add_fault("post", "close", stored=stored, next=1)
    assert statuses(client, person, 2) == [None, 200]
    assert sim.wait_idle(30)
    assert len(receiver.calls) == 1 + stored


def test_a_batch_that_mts_refuses_is_refused_whatever_the_fault(sim, client):
    sim.add_fault("post", "close", stored=True)
    assert client.post().status_code == 400


def test_storing_takes_time(sim, client, person):
    sim.configure(store_seconds_per_record=0.05)
    start = time.monotonic()
    client.post(person(), person())
    assert time.monotonic() - start >= 0.1


# Status and ping


def test_status_and_ping_can_fail(sim, client, person):
    identifier = client.send(person())
    sim.add_fault("status", "answer", status=503, next=1)
    sim.add_fault("status", "close", next=1)
    sim.add_fault("ping", "answer", status=200, body="hello", content_type="text/plain")
    assert client.get("/authtoken/status/" + identifier).status_code == 503
    with pytest.raises(requests.ConnectionError):
        client.status(identifier)
    assert client.status(identifier) == "processed"
    assert client.get("/ping").text == "hello"
    sim.clear_faults("ping")
    assert "pong" in client.get("/ping").text


def test_a_status_that_hangs_is_answered_in_the_end(sim, client, person):
    identifier = client.send(person())
    sim.add_fault("status", "hang", seconds=0.1)
    assert client.status(identifier) == "processed"


# Callbacks


def test_drop_the_next_callbacks(sim, client, person, receiver):
    sim.add_fault("callback", "drop", next=2)
    identifier = client.send(person("1"), person("2"), person("3"))
    assert [body["vid"] for body in receiver.bodies()] == ["3"]
    assert client.status(identifier) == "processed"
    assert [entry["dropped"] for entry in sim.ledger.callbacks] == [True, True, False]


def test_drop_the_callbacks_of_chosen_vids(sim, client, person, receiver):
    sim.add_fault("callback", "drop", vids=["2"])
    client.send(person("1"), person("2"), person("3"))
    assert [body["vid"] for body in receiver.bodies()] == ["1", "3"]


def test_drop_a_fraction_of_the_callbacks(make_client, person, receiver):
    drop = {"on": "callback", "kind": "drop", "fraction": 0.5}
    client = make_client(seed=3, faults=[drop])
    client.send(*(person(str(number)) for number in range(40)))
    assert 0 < len(receiver.calls) < 40


def test_repeat(sim, client, person, receiver):
    sim.add_fault("callback", "repeat", times=2)
    client.send(person("1"), callback={"callInBulk": True})
    assert len(receiver.calls) == 3
    assert receiver.bodies()[0] == receiver.bodies()[2]


def test_delay_until_released(sim, client, person, receiver):
    sim.add_fault("callback", "delay", vids=["2"])
    client.post(person("1"), person("2"), person("3"))
    receiver.wait_for(1)
    assert not sim.wait_idle(0.05)
    while not sim.wait_idle(0.01):
        sim.release()
    assert [body["vid"] for body in receiver.bodies()] == ["1", "2", "3"]


def test_reorder_records_in_a_bulk(make_client, person, receiver):
    client = make_client(seed=1, shuffle_records=True)
    vids = [str(number) for number in range(10)]
    client.send(*map(person, vids), callback={"callInBulk": True})
    received = [item["vid"] for item in receiver.bodies()[0]]
    assert received != vids
    assert sorted(received) == vids


def test_reorder_requests(make_client, person, receiver):
    client = make_client(seed=1, hold=True)
    vids = [str(number) for number in range(10)]
    for vid in vids:
        client.send(person(vid))
    client.sim.release(shuffle=True)
    assert client.sim.wait_idle(30)
    received = [body["vid"] for body in receiver.bodies()]
    assert received != vids
    assert sorted(received) == vids


def test_queued_requests_can_be_taken_in_any_order(make_client, person, receiver):
    client = make_client(seed=1, shuffle_requests=True, seconds_per_record=3600)
    vids = [str(number) for number in range(10)]
    first = client.post(person(vids[0])).json()["response"]["request_identifier"]
    client.wait_for_status(first, "processing")
    for vid in vids[1:]:
        client.post(person(vid))
    client.sim.configure(seconds_per_record=0)
    while not client.sim.wait_idle(0.01):
        client.sim.release()
    received = [body["vid"] for body in receiver.bodies()]
    assert received != vids
    assert sorted(received) == vids


def test_falsified_output(sim, client, person, receiver):
    sim.add_fault("output", "set", values={"status": "unknown"}, vids=["1"])
    sim.add_fault("output", "set", values={"vid": "999"}, vids=["2"])
    client.send(person("1"), person("2"), person("3"))
    one, two, three = receiver.bodies()
    assert one["status"] == "unknown"
    assert two["vid"] == "999"
    assert three["vid"] == "3"


def test_swapped_output(sim, client, person, receiver):
    sim.add_fault("output", "swap", next=1)
    client.send(person("1"), person("2"), outputFormat="[.input.vid, .output.vid]")
    assert receiver.bodies() == [["1", "2"], ["2", "1"]]


# Hold and release


def test_held_requests_are_in_flight_until_released(sim, client, person, receiver):
    sim.hold()
    first = client.send(person("1"))
    client.send(person("2"))
    client.send(person("3"))
    assert sim.held == 3
    assert not receiver.calls
    assert client.status(first) == "processed"  # as MTS says before it calls back
    assert sim.release(1) == 1
    assert sim.wait_idle(30)
    assert [body["vid"] for body in receiver.bodies()] == ["1"]
    assert sim.release() == 2
    client.send(person("4"))
    assert [body["vid"] for body in receiver.bodies()] == ["1", "2", "3", "4"]


# Restart, expiry, offline


def test_a_restart_forgets_everything(sim, client, person, receiver):
    sim.hold()
    held = client.send(person("1"))
    sim.configure(seconds_per_record=3600, hold=False)
    working = client.post(person("2")).json()["response"]["request_identifier"]
    queued = client.post(person("3")).json()["response"]["request_identifier"]
    client.wait_for_status(working, "processing")
    sim.restart()
    assert sim.wait_idle(30)
    for identifier in (held, working, queued):
        assert client.get("/authtoken/status/" + identifier).status_code == 404
    assert sim.release() == 0
    sim.configure(seconds_per_record=0)
    client.send(person("4"))
    assert [body["vid"] for body in receiver.bodies()] == ["4"]
    assert [sim.transactions(vid) for vid in "1234"] == [1, 0, 0, 1]


def test_a_restart_between_two_callbacks(sim, client, person, receiver):
    receiver.gate.clear()
    client.post(person("1"), person("2"))
    receiver.wait_for(1)
    sim.restart()
    receiver.gate.set()
    assert sim.wait_idle(30)
    assert len(receiver.calls) == 1


def test_a_client_that_gives_up_does_not_stop_mts(sim, client, person, receiver):
    sim.configure(store_seconds_per_record=3600)
    client.post_and_give_up(person())
    while not sim.wait_idle(0.01):
        sim.release()
    assert len(receiver.calls) == 1


def test_a_restart_while_storing(sim, client, person):
    sim.configure(store_seconds_per_record=3600)
    client.post_and_give_up(person())
    sim.restart()
    assert sim.ledger.wait_for(lambda ledger: ledger.posts, 30)
    assert not sim.ledger.posts[0]["stored"]


def test_finished_requests_expire(sim, client, person):
    identifier = client.send(person())
    sim.configure(expiry_seconds=3600)
    assert client.status(identifier) == "processed"
    sim.configure(expiry_seconds=0)
    assert client.get("/authtoken/status/" + identifier).status_code == 404


def test_an_unfinished_request_does_not_expire(sim, client, person):
    sim.configure(expiry_seconds=0, hold=True)
    assert client.status(client.send(person())) == "processed"


def test_offline_and_back_on_the_same_port(sim, client, person, receiver):
    identifier = client.send(person("1"))
    url = sim.url
    sim.offline()
    with pytest.raises(requests.ConnectionError):
        client.post(person("2"))
    sim.online()
    assert sim.url == url
    assert client.status(identifier) == "processed"


# Workers


def test_one_worker_takes_one_request_at_a_time(sim, client, person, receiver):
    receiver.gate.clear()
    client.post(person("1"))
    receiver.wait_for(1)
    second = client.post(person("2")).json()["response"]["request_identifier"]
    assert client.status(second) == "submitted"
    receiver.gate.set()
    assert sim.wait_idle(30)
    assert len(receiver.calls) == 2


def test_two_workers_take_two(make_client, person, receiver):
    client = make_client(workers=2)
    receiver.gate.clear()
    client.post(person("1"))
    client.post(person("2"))
    receiver.wait_for(2)
    receiver.gate.set()


# Nonsense


@pytest.mark.parametrize(
    "rule",
    [
        {"on": "post", "kind": "drop"},
        {"on": "nowhere", "kind": "drop"},
        {"on": "post", "kind": "answer", "code": 5},
        {"on": "post", "kind": "forget", "next": "two"},
        {"on": "post", "kind": "forget", "fraction": "half"},
        {"on": [], "kind": {}},
    ],
)
def test_a_fault_that_is_none(sim, rule):
    with pytest.raises(ValueError):
        sim.add_fault(**rule)


@pytest.mark.parametrize(
    "change",
    [
        {"speed": 1},
        {"seconds_per_record": "1"},
        {"seconds_per_record": -1},
        {"hold": 1},
        {"mandatory": ["shoe_size"]},
        {"refusals": {"1": 5}},
        {"faults": [{"on": "post"}]},
        {"workers": 2},
        {"vid_transactions": "2"},
    ],
)
def test_a_setting_that_is_none_changes_nothing(sim, change):
    before = sim.settings.as_dict()
    with pytest.raises(ValueError):
        sim.configure(seed=5, **change)
    assert sim.settings.as_dict() == before
