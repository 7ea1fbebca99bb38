# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo is restarted while MTS has the answers and has not delivered them yet."""

import pytest
from office import Office

PEOPLE, BATCH_SIZE, BATCHES = 25, 10, 3


def stop_in_order(odoo):
    odoo.stop()


def crash(odoo):
    odoo.kill()


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("end", [stop_in_order, crash])
def test_answers_arrive_after_a_restart(environment, end, workers):
    with Office(environment, PEOPLE, workers) as office:
        office.simulator.configure(hold=True)
        connector = office.create_connector(batch_size=BATCH_SIZE)
        office.registry.press("action_start", connector)

        def all_sent():
            runs = office.registry.runs(connector)
            return [run["state"] for run in runs] == ["waiting"]

        office.wait_until(all_sent, "the registrants were not sent")
        office.wait_until(
            lambda: office.simulator.idle() == {"idle": True, "held": BATCHES},
            "MTS has not got the answers ready",
        )
        end(office.odoo)
        office.odoo.start()
        office.odoo.wait_ready()
        assert all(item["mosip_vid"] for item in office.registry.registrants())
        office.simulator.release()
        office.wait_for_import(connector)
        office.check(connector)
