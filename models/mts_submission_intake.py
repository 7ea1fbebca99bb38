# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

import psycopg2
from odoo import _, api, models

from ..log_error import log_error
from ..mts import answer as answers
from ..mts.settings import SettingError

_logger = logging.getLogger(__name__)

# Nobody is told, and nothing is written into a chatter.
QUIETLY = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}


class MtsSubmissionIntake(models.AbstractModel):
    """How a submission becomes a registrant with a token, or with a VID and a refusal."""

    _name = "mts.submission.intake"
    _description = "Taking in a Submission"

    def _take_in(self, request, found):
        """Take in what was delivered of this submission.

        :return: the record that says where the registrant stands now; an empty one where it was
            no news, or nobody could be registered
        """
        connector = self.connector_id
        good, refused = self.env["mts.form.values"]._converted(found.values, connector._paths())
        if self.state == "failed":
            refused += self._assign(found, good)
        elif self._is_news(request, found):
            refused += self._update_registrant(request, good)
        else:
            return self.env["mts.record"]
        if not self.partner_id:
            return self.env["mts.record"]
        self.write(
            {
                "request_id": request.id,
                "problem": _("Not taken: %s", ", ".join(refused)) if refused else False,
            }
        )
        return self._settle(request, found)

    # -- the registrant --------------------------------------------------------------------------

    def _assign(self, found, values):
        """Have a registrant for a new submission, and return the fields that were refused."""
        holder = self._holder(found.answer)
        if holder:
            self.write({"partner_id": holder.id, "state": "updated"})
            return self._write_values(holder, values)
        partner, refused = self._new_registrant(values)
        if partner:
            self.write({"partner_id": partner.id, "state": "created"})
        return refused

    def _holder(self, answer):
        """Return who has the token already and is to be updated, or nobody.

        Whoever logs in to Odoo is not: a submission could change the e-mail, and with it the
        password.
        """
        connector = self.connector_id
        nobody = self.env["res.partner"]
        has_token = answer.status == answers.PROCESSED
        if not has_token or connector.odk_known_person == "duplicate":
            return nobody
        holders = connector._store()._find_by_token(answer.token)
        holders = holders.filtered(
            lambda partner: partner.company_id.id in (False, connector.company_id.id)
        )
        users = self.env["res.users"].with_context(active_test=False)
        alone = len(holders) == 1 and not users.search([("partner_id", "=", holders.id)], limit=1)
        return holders if alone else nobody

    def _new_registrant(self, values):
        """Return a new registrant with these values, and the fields that were refused.

        Nobody is lost for one value that the registry does not take.
        """
        company = self.connector_id.company_id
        least = {
            "name": values.get("name") or _("Submission %s", self.instance_id),
            "company_id": company.id,
        }
        partners = self.env["res.partner"].with_context(**QUIETLY).with_company(company)
        partner, _error = self._tried(lambda: partners.create({**values, **least}))
        if partner:
            return partner, []
        partner, error = self._tried(lambda: partners.create(least))
        if error:
            self.problem = _("The registry does not take the registrant (%s).", error)
            return partners, []
        return partner, self._write_values(partner, values)

    def _update_registrant(self, request, values):
        """Write what was delivered once more, unless it is old, or somebody has worked on it.

        :return: the fields that were refused
        """
        partner = self.partner_id
        touched = partner.write_date > self.write_date
        if touched or request.id < self.request_id.id:
            return []
        return self._write_values(partner, values)

    @api.model
    def _write_values(self, partner, values):
        """Write what differs, all at once or, where that fails, one by one.

        :return: the fields that were refused
        """
        partner = partner.with_context(**QUIETLY)
        values = {name: value for name, value in values.items() if partner[name] != value}
        if not values:
            return []
        _done, error = self._tried(lambda: partner.write(values))
        if not error:
            return []
        return [
            name
            for name, value in values.items()
            if self._tried(lambda name=name, value=value: partner.write({name: value}))[1]
        ]

    @api.model
    def _tried(self, work):
        """Return what the work returns, and the name of the error where it fails."""
        try:
            with self.env.cr.savepoint():
                result = work()
                self.env["base"].flush()
                return result, None
        except psycopg2.OperationalError:
            # A matter of the moment: Odoo takes the whole delivery once again.
            raise
        except Exception as error:  # noqa: BLE001  (whatever another addon comes up with)
            what = f"Submission {self.id} cannot be taken in as it is"
            log_error(_logger, what, error, logging.WARNING)
            return None, type(error).__name__

    # -- what came of the VID --------------------------------------------------------------------

    def _is_news(self, request, found):
        """Tell whether a submission that is known already changes anything.

        A token counts while the registrant has the VID that it was given for, or has another
        token, which a person must look at. A refusal counts if it is the last one.
        """
        partner = self.partner_id
        if not partner:
            # Somebody has deleted the registrant.
            return False
        processed = found.answer.status == answers.PROCESSED
        present = self.connector_id._store()._read_tokens(partner).get(partner.id)
        if present:
            return processed and present != found.answer.token
        if self._registry_store()._read_vids(partner).get(partner.id, "") != found.vid:
            return False
        return processed or not (request.id < self.request_id.id or self._is_in_flight())

    def _is_in_flight(self):
        waiting = [("partner_id", "=", self.partner_id.id), ("state", "=", "pending")]
        return bool(self.env["mts.record"].search_count(waiting))

    def _settle(self, request, found):
        """Store the token, or the VID with the refusal, and return the record of it."""
        answer = found.answer
        if answer.status == answers.PROCESSED:
            record = self._record(self.connector_id, request)
            (row,) = record._rows()
            self.env["mts.settlement"]._accept({row: answer._replace(reference="")})
            return record
        # The connector that sends it again has to know what was refused.
        registry = self.connector_id.registry_connector_id
        self._keep_vid(found.vid)
        record = self._record(registry, request)
        record._set_secret("fingerprint", self._fingerprint(registry, found.vid))
        record._reject(answer.code, answer.message)
        return record

    def _registry_store(self):
        return self.connector_id.registry_connector_id._store()

    def _keep_vid(self, vid):
        store, partner = self._registry_store(), self.partner_id
        if vid and store._read_vids(partner).get(partner.id) != vid:
            _done, error = self._tried(
                lambda: store._write_vid(partner.with_context(**QUIETLY), vid)
            )
            if error:
                problem = _("The registry does not take the VID (%s).", error)
                self.problem = ". ".join(filter(None, [self.problem, problem]))

    def _record(self, connector, request):
        records = self.env["mts.record"]
        pair = {"connector_id": connector.id, "partner_id": self.partner_id.id}
        values = {"request_id": request.id, "attempts": 1, "sent_at": request.sent_at}
        record = records.search([(name, "=", id_) for name, id_ in pair.items()])
        if record:
            record.write(values)
            return record
        return records.create({**pair, **values, "state": "lost"})

    def _fingerprint(self, connector, vid):
        """Return what tells the connector later whether the data has changed since."""
        partner = self.partner_id
        try:
            return (
                self.env["mts.payload"]._read(connector, {partner.id: vid})[partner.id].fingerprint
            )
        except SettingError:
            # Nothing is sent either, without a key.
            return None
