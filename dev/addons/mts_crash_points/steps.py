# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The transactions of a slice."""

from odoo.addons.mts_connector.background.slice import STEPS, Slice

from .crash import announce, reached

_step = Slice.step


def step(self, name, work):
    """Take the step with a crash point on either side of its commit."""

    def work_and_flush(env, connector):
        result = work(env, connector)
        env["base"].flush()
        reached(f"{name}: before commit")
        return result

    result = _step(self, name, work_and_flush)
    reached(f"{name}: after commit")
    return result


Slice.step = step
announce(f"{name}: {moment} commit" for name in STEPS for moment in ("before", "after"))
