# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The main job with nothing replaced but MTS: an import from the button, and by the schedule."""

import pytest
from office import CALLBACK_LOGIN, CALLBACK_PASSWORD, Office

PEOPLE = 25


@pytest.mark.parametrize(("workers", "store"), [(0, "partner"), (2, "g2p")])
def test_import_now_with_the_defaults(environment, workers, store):
    """Bearer secrets and bulk delivery; nothing set but name and URL."""
    with Office(environment, PEOPLE, workers, store) as office:
        connector = office.create_connector()
        office.registry.import_now(connector)
        office.wait_for_import(connector)
        office.check(connector)


@pytest.mark.parametrize("workers", [0, 2])
def test_schedule_with_a_callback_user(environment, workers):
    """MTS logs in as a user who may deliver and nothing else, and delivers one by one."""
    with Office(environment, PEOPLE, workers) as office:
        office.create_callback_user()
        connector = office.create_connector(
            batch_size=10,
            callback_url=office.odoo.url + "/mts/callback",
            callback_in_bulk=False,
            callback_auth_type="odoo",
            callback_auth_username=CALLBACK_LOGIN,
            callback_auth_password=CALLBACK_PASSWORD,
        )
        office.registry.press("action_start", connector)
        office.wait_for_import(connector)
        assert [run["trigger"] for run in office.registry.runs(connector)] == ["schedule"]
        office.check(connector)
