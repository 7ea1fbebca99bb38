# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Keeps what people type out of Odoo's log.

At log level DEBUG Odoo writes down each call that comes over RPC with all its arguments: VIDs and
names out of forms and imports, and passwords. Of a statement that fails it writes down all of it,
of a search that it finds odd what was looked for, and of a call with a value that does not fit,
the value. OCA's base_rest, on which OpenG2P's REST API rests, writes down all that came with such
a call.
"""

import logging
import re
import traceback

import psycopg2
from odoo.api import Params

# The tables that have VIDs and tokens in them.
TABLES = re.compile(r"\b(?:res_partner|g2p_reg_id)\b")

# What Python, Odoo and PostgreSQL say of a value that does not fit quotes it, be it looked for or
# to be written.
QUOTING = (ValueError, TypeError, AssertionError, LookupError, psycopg2.Error)


class _WithoutArguments(logging.Filter):
    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple("…" if isinstance(arg, Params) else arg for arg in record.args)
        return True


class _WithoutStatements(logging.Filter):
    def filter(self, record):
        if record.levelno >= logging.ERROR and isinstance(record.args, tuple) and record.args:
            statement, *said = record.args
            table = TABLES.search(str(statement))
            if table:
                record.args = (f"… {table[0]} …", *(type(error).__name__ for error in said))
        return True


class _WithoutTerms(logging.Filter):
    def filter(self, record):
        if "domain" in str(record.msg):
            # What is searched for stands in the message already.
            record.msg, record.args = "Searched with an operator that does not fit its value.", ()
        return True


class _WithoutWords(logging.Filter):
    def filter(self, record):
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, QUOTING):
            record.msg, record.args = "A call failed: %s", (type(error).__name__,)
            record.exc_text, record.exc_info = _without_words(error), None
        return True


class _WithoutParameters(logging.Filter):
    def filter(self, record):
        if record.exc_info and isinstance(record.args, tuple) and len(record.args) == 4:
            url, method, _params, error = record.args
            record.args = (url.partition("?")[0], method, "…", type(error).__name__)
            # What handlers of logs get besides, that for a programme to read included.
            record.url = record.args[0]
            record.params = record.headers = record.exception_body = "…"
            record.exc_text = _without_words(record.exc_info[1])
        return True


def _without_words(error):
    """Return where it was raised and what led to it: what is said may quote a number."""
    lines = []
    while error is not None:
        where = traceback.format_tb(error.__traceback__)
        lines = [*where, f"{type(error).__name__}: …\n", *lines]
        error = error.__cause__ or error.__context__
    return "".join(lines).rstrip()


FILTERS = {
    "odoo.api": _WithoutArguments(),
    "odoo.sql_db": _WithoutStatements(),
    "odoo.osv.expression": _WithoutTerms(),
    "odoo.http": _WithoutWords(),
    "odoo.addons.base_rest.http": _WithoutParameters(),
}


def install():
    """Have Odoo write down who calls what, and what fails, and nothing more."""
    for logger, without in FILTERS.items():
        logging.getLogger(logger).addFilter(without)
