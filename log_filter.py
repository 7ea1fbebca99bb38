"""Keeps what people type out of Odoo's log.

At log level DEBUG Odoo writes down each call that comes over RPC with all its arguments: VIDs and
names out of forms and imports, and passwords.
"""

import logging

from odoo.api import Params

LOGGER = "odoo.api"


class _WithoutArguments(logging.Filter):
    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple("…" if isinstance(arg, Params) else arg for arg in record.args)
        return True


_FILTER = _WithoutArguments()


def install():
    """Have Odoo write down who calls what, and nothing more."""
    logging.getLogger(LOGGER).addFilter(_FILTER)
