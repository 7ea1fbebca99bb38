# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""OpenG2P is installed when connectors are at work already; tests/g2p has it before the addon."""

import pytest
from office import Office

from demo.people import sample_people

FIRST, SECOND, THIRD = sample_people(3)


@pytest.fixture(scope="module")
def office(environment):
    with Office(environment, 0) as made:
        yield made


@pytest.fixture(scope="module")
def connector(office):
    """One from before, which has done an import."""
    connector = office.create_connector()
    office.registry.register([FIRST])
    import_now(office, connector)
    office.install("g2p")
    return connector


def import_now(office, connector):
    office.registry.import_now(connector)
    office.wait_for_import(connector)


def store_of(office, connector):
    found = office.registry.rpc.call("mts.connector", "read", [connector], ["identity_store"])
    return found[0]["identity_store"]


def test_a_connector_from_before_goes_on_as_it_was(office, connector):
    assert store_of(office, connector) == "partner"
    ids = office.registry.rpc.call("res.partner", "create", [SECOND])
    import_now(office, connector)
    earlier, later = office.registry.registrants(("mosip_auth_token", "!=", False))
    assert later["id"] == ids[0]
    for registrant in (earlier, later):
        assert (registrant["mosip_vid"], registrant["token_id"]) == (False, False)
    assert not office.registry.registrants(("mosip_vid", "!=", False))


def test_a_new_connector_works_on_openg2ps_ids(office, connector):
    newer = office.create_connector()
    assert store_of(office, newer) == "g2p"
    ids = office.registry.register([THIRD])
    import_now(office, newer)
    registrant = office.registry.registrants(("id", "in", ids))[0]
    assert registrant["mosip_auth_token"]
    assert registrant["token_id"] == registrant["mosip_auth_token"]
    assert not registrant["mosip_vid"]
    # Who has a token from before is sent by neither.
    assert len(office.simulator.ledger("results")) == 3
