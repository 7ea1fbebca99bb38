# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The second connector of the demo: what was submitted in the field, fetched twice."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Dict, List

from bootstrap.progress import say

from .people import sample_people
from .scenario import TOTAL
from .stage import Stage, watch

SUBMITTED = 50
QUESTIONS = ("given_name", "family_name", "gender", "birthdate", "phone", "email", "address")


def fetch_twice(play: Stage, registry_connector: int) -> List[str]:
    """Fetch everything, and once more from the start; returns what is not as it has to be."""
    start = datetime.utcnow().replace(microsecond=0) - timedelta(hours=1)
    play.simulator.configure(submissions=_submissions(start))
    before = len(play.registry.registrants())
    connector = _create_connector(play, registry_connector, start)
    faults = []
    if play.registry.test_connection(connector):
        faults.append("Test Connection finds something wrong with ODK Central")
    say(f"\n{SUBMITTED} forms were submitted to ODK Central. They are fetched, and fetched again.")
    for _time in range(2):
        play.registry.rpc.call(
            "mts.connector", "write", [connector], {"odk_pulled_until": str(start)}
        )
        play.registry.import_now(connector)
        watch(play, connector, SUBMITTED)
    return faults + _faults(play, connector, before)


def _submissions(start: datetime) -> List[Dict[str, Any]]:
    # Others than those who are registered already.
    people = sample_people(TOTAL + SUBMITTED)[TOTAL:]
    submissions = []
    for number, person in enumerate(people):
        at = start + timedelta(minutes=number)
        submissions.append(
            {
                "__id": f"uuid:{uuid.UUID(int=number + 1)}",
                "__system": {"submissionDate": at.strftime("%Y-%m-%dT%H:%M:%S.000Z")},
                "vid": person["mosip_vid"],
                "addl_name": None,
                **{question: person[question] for question in QUESTIONS},
            }
        )
    return submissions


def _create_connector(play: Stage, registry_connector: int, start: datetime) -> int:
    settings = play.simulator.settings_now()
    return play.registry.create_connector(
        name="Demo field",
        mts_url=play.simulator.url,
        input_type="odk",
        odk_url=play.simulator.url,
        odk_project=settings["odk_project"],
        odk_form=settings["odk_form"],
        odk_email=settings["odk_email"],
        odk_password=settings["odk_password"],
        odk_pulled_until=str(start),
        odk_delay_minutes=0,
        registry_connector_id=registry_connector,
    )


def _faults(play: Stage, connector: int, before: int) -> List[str]:
    faults = []
    for run in play.registry.runs(connector):
        if (run["state"], run["tokenized_count"]) not in (("done", SUBMITTED), ("done", 0)):
            faults.append(f"A fetch ended as {run['state']}: {run['message']}")
    registrants = play.registry.registrants()[before:]
    if len(registrants) != SUBMITTED:
        faults.append(f"{SUBMITTED} submissions became {len(registrants)} registrants.")
    without = sum(not item["mosip_auth_token"] for item in registrants)
    if without:
        faults.append(f"{without} of the submissions got no token.")
    if not faults:
        say(f"{SUBMITTED} submissions, fetched twice, are {SUBMITTED} registrants with tokens.")
    return faults
