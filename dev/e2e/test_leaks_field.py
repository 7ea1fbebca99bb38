# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Submissions go all the ways there are, and nobody's data gets out of them, nor the password."""

from datetime import datetime, timedelta, timezone

import pytest
from leaks import (
    ADDRESS,
    BIRTH,
    EMAIL,
    KEY,
    NAME,
    PASSWORD,
    PHONE,
    TOKEN,
    VID,
    columns_with,
    files_with,
    lines_with,
)
from test_leaks import BELONGS, IDENTITIES, LOUD, Story

from faults.world import World

ODK_PASSWORD = "seen by ODK Central"
WRONG_ODK_PASSWORD = "never seen by ODK Central"


class FieldStory(Story):
    """What is submitted, and what goes wrong with it."""

    def __init__(self, world):
        super().__init__(world)
        self.secrets.add(PASSWORD, ODK_PASSWORD, WRONG_ODK_PASSWORD)
        self.simulator.configure(odk_password=ODK_PASSWORD)
        self.start = datetime.utcnow().replace(microsecond=0) - timedelta(hours=1)
        self.registry = self.connector("field")
        self.field = self.connector(
            "field",
            input_type="odk",
            odk_url=self.simulator.url,
            odk_project="1",
            odk_form="registration",
            odk_email=self.simulator.settings.odk_email,
            odk_password=ODK_PASSWORD,
            odk_pulled_until=str(self.start),
            odk_delay_minutes=0,
            registry_connector_id=self.registry,
        )

    def submit(self, **changes):
        """Somebody types all of it into a form."""
        number = next(self._numbers)
        answers = {
            "vid": self.new_vid(),
            "given_name": f"Amaru{number}",
            "addl_name": f"Belisar{number}",
            "family_name": f"Quispe{number}",
            "email": f"kontakt{number}@inbox{number}.example",
            "phone": f"+25779100{number}",
            "address": f"{number} Kirundo Crescent",
            "birthdate": f"19{number}-03-17",
            "gender": "Female",
            **changes,
        }
        names = [answers[name] for name in ("given_name", "addl_name", "family_name")]
        self.secrets.add(NAME, *(name for name in names if isinstance(name, str)))
        self.secrets.add(EMAIL, answers["email"])
        self.secrets.add(PHONE, answers["phone"])
        self.secrets.add(ADDRESS, answers["address"])
        self.secrets.add(BIRTH, f"19{number}-03-17", f"19{number}/03/17")
        at = self.start.replace(tzinfo=timezone.utc) + timedelta(minutes=number)
        self.simulator.submit(answers, at=at)
        return answers

    def gossip_of(self, answers):
        return f"No match: {answers} {answers['vid']}"

    def fetch(self):
        """Fetch everything, from the start."""
        self.set(odk_pulled_until=str(self.start))
        self.go_through(self.field)

    def set(self, **values):
        self.manager.call("mts.connector", "write", [self.field], values)

    def all_kinds(self):
        self.submit()
        self.submit(gender="Quispe0")
        self.submit(birthdate="Kirundo Crescent")
        self.submit(gender=None)
        refused = self.submit()
        gossip = {"code": "IDA-DEA-001", "message": self.gossip_of(refused)}
        self.simulator.refuse(refused["vid"], gossip)
        self.fetch()

    def what_goes_wrong(self):
        self.submit()
        self.simulator.add_fault("post", "echo", status=400, next=1)
        self.fetch()
        self.simulator.add_fault("post", "echo", status=500, next=1)
        self.fetch()
        self.simulator.add_fault("callback", "drop", next=1)
        self.fetch()
        bad = self.submit(given_name=["Amaru", "Belisar"])
        self.fetch()
        bad["given_name"] = "mended"
        self.set(odk_password=WRONG_ODK_PASSWORD)
        self.fetch()
        for method in ("action_test_connection", "action_preview"):
            action = self.manager.call("mts.connector", method, [self.field])
            self.manager.call(action["res_model"], "read", [action["res_id"]], ["report"])
        self.set(odk_password=ODK_PASSWORD)


@pytest.fixture(params=IDENTITIES)
def story(request, environment):
    options = {"cron_threads": 1, "arguments": LOUD, "identities": request.param}
    with World(environment, "leaks", **options) as world:
        yield FieldStory(world)


def test_nobodys_data_gets_out(story, environment):
    story.all_kinds()
    story.what_goes_wrong()
    story.collect()
    log = story.world.odoo.log_file
    assert lines_with(story.secrets, log) == []
    assert " DEBUG " in log.read_text()
    identities = IDENTITIES[type(story.world.identities)]
    found = columns_with(story.secrets, story.world.sql)
    assert found.pop(TOKEN) == identities[TOKEN] - {"mts_record.offered"}
    assert found.pop(VID) == identities[VID]
    assert found.pop(PASSWORD) == {"mts_connector.odk_password"}
    assert found.pop(NAME) <= BELONGS[NAME]
    for kind in (EMAIL, PHONE, ADDRESS, BIRTH, KEY):
        assert found.pop(kind) == BELONGS[kind], kind
    assert found == {}
    assert files_with(story.secrets, environment.databases.filestore / story.world.database) == []
