# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Transactions that Odoo commits: of requests, of buttons, of scheduled jobs."""

from .crash import announce, reached

NAMES = ("manual", "schedule", "callback", "submissions", "orphans", "cron")


def watch_commit(env, name):
    """Put a crash point on either side of the commit of the present transaction."""
    env["base"].flush()
    reached(f"{name}: before commit")
    env.cr.postcommit.add(lambda: reached(f"{name}: after commit"))


announce(f"{name}: {moment} commit" for name in NAMES for moment in ("before", "after"))
