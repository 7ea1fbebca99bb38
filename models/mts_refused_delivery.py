import logging
import time

from odoo import fields, models

from ..background.transaction import in_transaction

_logger = logging.getLogger(__name__)

# At most one log line in this many seconds: whoever knocks must not be able to fill the disk.
LOG_INTERVAL = 60.0


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
        """Count refusals, in a transaction of their own that the caller's end does not undo.

        :param counts: for each reason how many
        """
        rows = [(reason, count) for reason, count in sorted(counts.items()) if count]
        if not rows:
            return

        def add(env):
            for reason, count in rows:
                env.cr.execute(
                    """
                    INSERT INTO mts_refused_delivery AS present (day, reason, count)
                    VALUES (CURRENT_DATE, %s, %s)
                    ON CONFLICT (day, reason) DO UPDATE SET count = present.count + EXCLUDED.count
                    """,
                    [reason, count],
                    log_exceptions=False,
                )

        in_transaction(self.pool, add)
        cls = type(self)
        if time.monotonic() - cls._last_logged >= LOG_INTERVAL:
            cls._last_logged = time.monotonic()
            _logger.warning("The callback refused deliveries: %s", dict(rows))
