# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What all browser tests share: a browser, people at their desks, and Odoo behind them.

The tests tell one story on one database, in the order of their files.
"""

import json
import os
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

from desk import Desk, Mts, Rpc

SIZE = {"width": 1300, "height": 900}
PASSWORD = "a long password of one's own"
#: Who works there, with the groups that an administrator gives them.
STAFF = {
    "manager": ("mts_connector.group_manager", "base.group_partner_manager"),
    "officer": (
        "mts_connector.group_user",
        "base.group_partner_manager",
        "mts_sample_g2p.group_g2p_registrar",
    ),
}


@pytest.fixture(scope="session")
def stage():
    """`series`, URLs of Odoo (`url`) and MTS (`mts_url`), browser (`chromium`, `switches`)."""
    return SimpleNamespace(**json.loads(os.environ["MTS_STAGE"]))


@pytest.fixture(scope="session")
def browser(stage):
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=stage.chromium, args=stage.switches)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def rpc(browser, stage):
    """What an administrator can see and do without the screens."""
    context = browser.new_context(base_url=stage.url)
    yield Rpc(context.request, "admin", "admin")
    context.close()


@pytest.fixture(scope="session")
def mts(browser, stage):
    context = browser.new_context(base_url=stage.mts_url)
    yield Mts(context.request)
    context.close()


@pytest.fixture(scope="session")
def staff(rpc):
    for login, groups in STAFF.items():
        rpc.call(
            "res.users",
            "create",
            {
                "name": login.title(),
                "login": login,
                "email": f"{login}@example.org",
                "password": PASSWORD,
                "groups_id": [(6, 0, [rpc.number_of(group) for group in groups])],
            },
        )


@pytest.fixture
def manager(browser, stage, staff):
    yield from _at_desk(browser, stage, "manager")


@pytest.fixture
def officer(browser, stage, staff):
    yield from _at_desk(browser, stage, "officer")


@pytest.fixture
def developer(manager):
    """The manager with the developer mode on, which takes some of the room for the menus."""
    manager.page.set_viewport_size({**SIZE, "width": 1700})
    manager.page.goto("/web?debug=1")
    manager.settle()
    return manager


def _at_desk(browser, stage, login):
    """A desk of one's own; whatever the browser complained about fails the test at its end."""
    context = browser.new_context(
        base_url=stage.url, viewport=SIZE, locale="en-US", timezone_id="Africa/Nairobi"
    )
    desk = Desk(context.new_page(), stage.series)
    desk.log_in(login, PASSWORD)
    yield desk
    complaints = list(desk.complaints)
    context.close()
    assert complaints == []
