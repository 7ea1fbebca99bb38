# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import copy
import sys
import time
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from receiver import Receiver

from simulator import Simulator

# Long enough for the slowest machine; nothing waits so long when all is well.
TIMEOUT = 30


class Client:
    """What a connector does: posts batches to a simulator and asks for their status."""

    def __init__(self, sim, callback_url):
        self.sim = sim
        self.callback_url = callback_url

    def body(self, *records, callback=None, **request):
        """The body of a POST; None as the value of a key takes that key out."""
        properties = {"url": self.callback_url, **(callback or {})}
        content = {
            "output": "json",
            "deliverytype": "callback",
            "callbackProperties": _without_none(properties),
            "authdata": list(records),
        }
        content.update(request)
        return {
            "id": "a",
            "version": "1",
            "metadata": "",
            "requesttime": "2026-01-31T09:30:00.123Z",
            "request": _without_none(content),
        }

    def post_body(self, body, timeout=TIMEOUT):
        return requests.post(self.sim.url + "/authtoken/json", json=body, timeout=timeout)

    def post(self, *records, **options):
        return self.post_body(self.body(*records, **options))

    def post_and_give_up(self, *records):
        """Post with a timeout that is too short, and return once the simulator works on it."""
        with pytest.raises(requests.ReadTimeout):
            self.post_body(self.body(*records), timeout=0.2)
        deadline = time.monotonic() + TIMEOUT
        while self.sim.wait_idle(0) and not self.sim.ledger.posts:
            assert time.monotonic() < deadline

    def send(self, *records, **options):
        """Post a good batch, wait for the callbacks, and return the identifier."""
        answer = self.post(*records, **options)
        assert answer.status_code == 200, answer.text
        assert self.sim.wait_idle(TIMEOUT)
        return answer.json()["response"]["request_identifier"]

    def wait_for_status(self, identifier, *wanted):
        """Ask until the status is one of the wanted ones, and return it."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            status = self.status(identifier)
            if status in wanted:
                return status
        raise AssertionError(f"the status stays {status}")

    def status(self, identifier):
        return self.get("/authtoken/status/" + identifier).json()["response"]["status"]

    def get(self, path):
        return requests.get(self.sim.url + path, timeout=TIMEOUT)


def _without_none(values):
    return {key: value for key, value in values.items() if value is not None}


def make_person(number="2000000000000001", **changes):
    """A record that MTS takes; None as a value takes the key out."""
    person = {
        "vid": number,
        "name": "Ada Lovelace",
        "gender": "female",
        "dob": "1815/12/10",
        "fullAddress": "12 St James's Square, London",
    }
    person.update(changes)
    return copy.deepcopy(_without_none(person))


@pytest.fixture
def person():
    return make_person


@pytest.fixture
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


@pytest.fixture
def client(sim, receiver):
    return Client(sim, receiver.url)


@pytest.fixture
def make_client(receiver):
    """Clients of simulators with other settings: ``make_client(workers=2)``."""
    started = []

    def make(**settings):
        simulator = Simulator(**settings).start()
        started.append(simulator)
        return Client(simulator, receiver.url)

    yield make
    for simulator in started:
        simulator.stop()
