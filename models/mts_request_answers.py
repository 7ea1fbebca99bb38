# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ..background import news
from ..background.transaction import quiet
from ..mts import answer, signature
from .mts_run_progress import COUNTERS

# What is not counted stays empty: see ``_close_answered``, where a request counts that was lost.
_SUMS = ", ".join(
    f"{column} = COALESCE({column} + %({state})s, NULLIF(%({state})s, 0))"
    for state, column in COUNTERS.items()
)
_COUNTED = " + ".join(f"COALESCE({column}, 0)" for column in COUNTERS.values())
_COUNT = f"""
    UPDATE mts_request SET {_SUMS},
        answered_at = COALESCE(
            answered_at, CASE WHEN %(delivered)s THEN now() AT TIME ZONE 'UTC' END
        )
    WHERE id = %(id)s AND (%(changed)s OR answered_at IS NULL)
    RETURNING run_id, record_count <= {_COUNTED}
"""  # noqa: S608

NO_ANSWER = "MTC-NO-ANSWER"


class MtsRequestAnswers(models.AbstractModel):
    """What answers do to a request: whose they are, how many came, and when that is all."""

    _name = "mts.request.answers"
    _description = "Answers to an MTS Request"

    @api.model
    def _of_bearer(self, bearer):
        """Return the request that MTS got this bearer secret with, or an empty one."""
        self.env.cr.execute(
            "SELECT bearer_hash, id, window_until FROM mts_request WHERE bearer_hash = %s",
            [signature.bearer_hash(bearer)],
        )
        stored, *values = self.env.cr.fetchone() or (None,)
        if not stored or not signature.same(stored, signature.bearer_hash(bearer)):
            return self.browse()
        request = self.browse(values[0])
        # Who takes the delivery depends on it.
        self.env.cache.set(request, self._fields["window_until"], values[1])
        return request

    @api.model
    def _receive(self, items, delivered_for=None):
        """Take delivered results. Repeating them is harmless.

        :param items: what the callback got: for each registrant an object, see mts/answer.py
        :param delivered_for: the request whose bearer secret came along; results of other
            requests are then refused. None where an Odoo user delivers
        :return: ``{"accepted": n, "ignored": n, "malformed": n}``. Ignored are results that prove
            nothing, or that are no news; nobody is told which
        """
        answers, malformed = [], 0
        for item in items:
            try:
                parsed = answer.parse(item)
            except answer.MalformedAnswer as error:
                if not error.reference:
                    malformed += 1
                    continue
                parsed = answer.unusable(error)
            ref = signature.parse_reference(parsed.reference)
            if ref and delivered_for in (None, ref.request_id):
                answers.append((ref, parsed))
        with quiet(self.env.cr):
            accepted = self.env["mts.settlement"]._settle(answers)
            self.env["base"].flush()
        return {
            "accepted": accepted,
            "ignored": len(items) - malformed - accepted,
            "malformed": malformed,
        }

    @api.model
    def _count(self, changes, delivered=()):
        """Add to the counters and close the requests that have nothing pending any more.

        :param changes: ``{request id: Counter(record state: difference)}``
        :param delivered: ids of those that something was delivered for: MTS reaches us, whatever
            became of it
        """
        self.flush()
        runs, complete = self.env["mts.run"], self.browse()
        for request_id in sorted(changes):
            values = {state: changes[request_id][state] for state in COUNTERS}
            values["changed"] = any(values.values())
            values.update(id=request_id, delivered=request_id in delivered)
            self.env.cr.execute(_COUNT, values, log_exceptions=False)
            for run_id, is_complete in self.env.cr.fetchall():
                runs |= runs.browse(run_id)
                complete += self.browse(request_id if is_complete else ())
        self.invalidate_cache(ids=list(changes))
        if complete:
            complete._close_answered()
        news.announce(runs)

    def _close_answered(self):
        """Close those of which no record is pending; wake the run that waits for that."""
        self.env["mts.record"].flush()
        self.env.cr.execute(
            f"""
            UPDATE mts_request request
            SET state = 'answered',
                answered_at = COALESCE(answered_at, now() AT TIME ZONE 'UTC')
            WHERE id = ANY(%s) AND {self._closing_condition()}
            RETURNING run_id
            """,  # noqa: S608
            [self.ids],
            log_exceptions=False,
        )
        runs = self.env["mts.run"].browse({row[0] for row in self.env.cr.fetchall()})
        self.invalidate_cache(ids=self.ids)
        going_on = runs._going_on()
        if going_on:
            going_on.connector_id._hint_at_slice()

    @api.model
    def _closing_condition(self):
        """Return the SQL condition by which a request can be closed."""
        return f"""
            (state IN ('to_send', 'sent') OR state = 'lost' AND COALESCE(lost_count, 0) <= 0)
            AND NOT EXISTS (
                SELECT 1 FROM mts_record
                WHERE request_id = request.id
                  AND (state = 'pending' OR error_code = '{NO_ANSWER}')
            )
        """  # noqa: S608
