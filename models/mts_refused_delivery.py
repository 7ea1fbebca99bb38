# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import threading
import time
from collections import Counter, defaultdict

import psycopg2
from odoo import api, fields, models

_logger = logging.getLogger(__name__)

# At most one log line in this many seconds: whoever knocks must not be able to fill the disk.
LOG_INTERVAL = 60.0

# What this process has not counted yet, for each database, and who counts.
_waiting = defaultdict(Counter)
_writing = threading.Lock()


class MtsRefusedDelivery(models.Model):
    """How often the callback refused a delivery, by day; nothing of what was sent."""

    _name = "mts.refused.delivery"
    _description = "Refused Deliveries"
    _order = "day desc, reason"
    _rec_name = "day"

    day = fields.Date(required=True, readonly=True)
    reason = fields.Selection(
        [
            ("denied", "Not allowed to deliver"),
            ("unreadable", "Not readable"),
            ("malformed", "Result of the wrong form"),
            ("unproven", "Result without proof, or no news"),
        ],
        required=True,
        readonly=True,
    )
    count = fields.Integer("Deliveries", readonly=True)

    _sql_constraints = [("day_reason_unique", "unique(day, reason)", "One row a day and reason.")]
    _last_logged = float("-inf")

    def _note(self, **counts):
        """Count refusals, in a transaction of their own.

        Nothing may come of it for the delivery, which may have good results, too. So where another
        process counts at the same moment, these are counted with the next.

        :param counts: for each reason how many
        """
        counts = Counter({reason: count for reason, count in counts.items() if count})
        if not counts:
            return
        with _writing:
            waiting = _waiting[self.env.cr.dbname]
            waiting.update(counts)
            try:
                with self.pool.cursor() as cr:
                    self._add(cr, waiting)
            except psycopg2.Error as error:
                _logger.info("Refused deliveries are counted later: %s", type(error).__name__)
            else:
                waiting.clear()
        self._warn(dict(counts))

    @api.model
    def _add(self, cr, counts):
        for reason, count in sorted(counts.items()):
            cr.execute(
                """
                INSERT INTO mts_refused_delivery AS present (day, reason, count)
                VALUES (CURRENT_DATE, %s, %s)
                ON CONFLICT (day, reason) DO UPDATE SET count = present.count + EXCLUDED.count
                """,
                [reason, count],
                log_exceptions=False,
            )

    @api.model
    def _warn(self, counts):
        cls = type(self)
        if time.monotonic() - cls._last_logged >= LOG_INTERVAL:
            cls._last_logged = time.monotonic()
            _logger.warning("The callback refused deliveries: %s", counts)
