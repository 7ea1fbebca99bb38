# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Short transactions of the background work."""

import logging
import random
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator

import psycopg2
from odoo import SUPERUSER_ID, api
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from psycopg2 import errorcodes

_logger = logging.getLogger(__name__)

# A registrant deleted, or taken by another connector, between our read and our insert shows as a
# violated constraint. Reading again settles it like any other concurrent change.
RETRIED = (
    *PG_CONCURRENCY_ERRORS_TO_RETRY,
    errorcodes.FOREIGN_KEY_VIOLATION,
    errorcodes.UNIQUE_VIOLATION,
)
# Answers that come one by one change the same request in turn, and each may get in between.
MAX_TRIES = 10


def in_transaction(registry: Any, work: Callable[[Any], Any]) -> Any:
    """Run ``work(env)`` as superuser in a transaction of its own, and commit it.

    It runs again when PostgreSQL asks for that, so it must not do anything but database work. The
    environment is new each time: its cache ends with the transaction, which keeps memory flat over
    a long import.
    """
    for tries_left in reversed(range(MAX_TRIES)):
        try:
            with _own_environments(), registry.cursor() as cr, quiet(cr):
                env = api.Environment(cr, SUPERUSER_ID, {})
                result = work(env)
                # Not left to the commit: Odoo flushes environments that somebody still holds, and
                # nobody holds this one.
                env["base"].flush()
                return result
        except psycopg2.Error as error:
            if error.pgcode not in RETRIED or not tries_left:
                raise
            _logger.info("Concurrent change (%s), trying again", error.pgcode)
            time.sleep(random.uniform(0.0, 0.2 * (MAX_TRIES - tries_left)))  # noqa: S311
    raise AssertionError("unreachable")


@contextmanager
def quiet(cr: Any) -> Iterator[None]:
    """Have no statement logged that PostgreSQL refuses: Odoo quotes it with all its values."""
    # In tests Odoo wraps the cursor.
    cr = getattr(cr, "_cursor", cr)
    before = cr._default_log_exceptions
    cr._default_log_exceptions = False
    try:
        yield
    finally:
        cr._default_log_exceptions = before


@contextmanager
def _own_environments() -> Iterator[None]:
    """Keep apart what the caller's transaction has cached or not written yet.

    Odoo 15 does so by itself; before, all environments of a thread shared it, whatever their
    cursor.
    """
    local = getattr(api.Environment, "_local", None)
    if local is None:
        yield
        return
    outside = getattr(local, "environments", None)
    local.environments = api.Environments()
    try:
        yield
    finally:
        local.environments = outside
