# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lets a screen hear of the run that it shows, and of no other that its user may not see."""

import re

from odoo.addons.bus.controllers.main import BusController
from odoo.http import request

from ..background.news import RUN, channel

# What a screen asks for.
ASKED = re.compile(re.escape(RUN) + "/([0-9]{1,9})")


class RunNews(BusController):
    def _poll(self, dbname, channels, last, options):
        """Add the channels of the runs that the screen asks for and the user may see."""
        # Other addons have added records to them already.
        texts = [text for text in channels if isinstance(text, str)]
        asked = [match for match in map(ASKED.fullmatch, texts) if match]
        ids = _readable([int(match.group(1)) for match in asked])
        added = [channel(dbname, run_id) for run_id in ids]
        return super()._poll(dbname, [*channels, *added], last, options)


def _readable(ids):
    """Return which of these runs the user may read."""
    runs = request.env[RUN]
    if ids and runs.check_access_rights("read", raise_exception=False):
        return runs.search([("id", "in", ids)]).ids
    return []
