"""Keeps what people type out of Odoo's log.

At log level DEBUG Odoo writes down each call that comes over RPC with all its arguments: VIDs and
names out of forms and imports, and passwords. And of a statement that fails it writes down all of
it, with what was looked for, as of a search that it finds odd.
"""

import logging
import re

from odoo.api import Params

# The tables that have VIDs and tokens in them.
TABLES = re.compile(r"\b(?:res_partner|g2p_reg_id)\b")


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


FILTERS = {
    "odoo.api": _WithoutArguments(),
    "odoo.sql_db": _WithoutStatements(),
    "odoo.osv.expression": _WithoutTerms(),
}


def install():
    """Have Odoo write down who calls what, and what fails, and nothing more."""
    for logger, without in FILTERS.items():
        logging.getLogger(logger).addFilter(without)
