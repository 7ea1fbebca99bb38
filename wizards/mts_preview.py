# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from collections import namedtuple

from odoo import _, api, fields, models
from odoo.exceptions import AccessError

from ..models.res_partner import masked
from ..mts import answer as answers
from ..mts import message, output_format

SHOWN = 5
DUE = ("due", "check")

# What stands where the user may not see a value.
HIDDEN = "•••"

# A registrant as MTS would get it, and one field of that.
Sample = namedtuple("Sample", "name standing fields")
SampleField = namedtuple("SampleField", "name value missing")

# A kind of result, what is delivered of it, and what our callback does with that.
Result = namedtuple("Result", "title delivered consequence is_good")


class MtsPreview(models.TransientModel):
    """Who would be sent now, what of them, and what becomes of the results.

    All of it is found out when it is looked at, and nothing is kept or sent.
    """

    _name = "mts.preview"
    _description = "Preview of an Import"

    connector_id = fields.Many2one("mts.connector", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "First Registrant", compute="_compute_report", help="Who would go first."
    )
    report = fields.Html(compute="_compute_report")

    @api.depends("connector_id")
    def _compute_report(self):
        for preview in self:
            connector = preview.connector_id
            connector.check_access_rights("read")
            connector.check_access_rule("read")
            problems = connector.sudo()._problems()
            preview.partner_id = False
            values = {} if problems else preview._look(connector)
            preview.report = self.env["ir.qweb"]._render(
                "mts_connector.mts_preview_report",
                {"problems": problems.values(), "fetch": None, **values},
            )

    def _look(self, connector):
        """Return what there is to be seen, and note who would go first."""
        first = self.env["mts.delta"].sudo()._first_standings(connector.sudo(), SHOWN)
        partners = self._visible(connector, first)
        self.partner_id = partners.filtered(lambda partner: first[partner.id] in DUE)[:1]
        return {
            **self._counts(connector),
            "attention": connector.attention,
            "samples": [self._sample(connector, p, first[p.id]) for p in partners],
            "unused": ", ".join(self._unused(connector)),
            "hidden": len(first) - len(partners),
            "results": self._results(connector, partners[:1]),
        }

    @api.model
    def _visible(self, connector, first):
        """Return those of the registrants whom the user may see."""
        partners = self.env["res.partner"].with_company(connector.company_id).browse(first)
        return partners._filter_access_rules("read")

    # -- how many --------------------------------------------------------------------------------

    @api.model
    def _counts(self, connector):
        delta = self.env["mts.delta"].sudo()
        counts = delta._count_standings(connector.sudo())
        outside = sum(counts.get(standing, 0) for standing in ("archived", "company"))
        return {
            "matching": sum(counts.values()) - outside,
            "due": counts.get("due", 0),
            "standings": [
                (words, counts[standing])
                for standing, words in delta._words().items()
                if standing in counts
            ],
        }

    # -- what is sent ----------------------------------------------------------------------------

    @api.model
    def _sample(self, connector, partner, standing):
        mapping = connector._parsed_mapping()
        record = self._record(connector, partner)
        values = {
            **dict.fromkeys(message.MANDATORY, ""),
            **message.authenticated(record, mapping),
        }
        return Sample(
            partner.display_name,
            self.env["mts.delta"]._words()[standing],
            [
                SampleField(name, values[name], name in message.MANDATORY and not values[name])
                for name in message.FIELDS
                if name in values
            ],
        )

    @api.model
    def _unused(self, connector):
        """Return the fields that are sent, and that MTS takes for nothing."""
        mapped = set()
        for paths in connector._parsed_mapping().values():
            mapped.update(paths if isinstance(paths, list) else [paths])
        return [path for path in connector._paths() if path not in mapped]

    @api.model
    def _record(self, connector, partner):
        """Return what is sent of a registrant, as far as the user may see it."""
        store = connector._store().sudo()
        vid = store._read_vids(partner.sudo()).get(partner.id, "")
        shown = ((path, self._shown(partner, path)) for path in connector._paths())
        return {message.VID_KEY: masked(vid) or "", **message.nest(shown)}

    @api.model
    def _shown(self, partner, path):
        fields_of_path = partner._mts_fields(path)
        if not all(partner._mts_may_read(model, field) for model, field in fields_of_path):
            return HIDDEN
        try:
            # It clears Odoo's cache when it fails, so that the next sample is read by itself.
            with self.env.cr.savepoint():
                return partner._mts_texts(path)[0]
        except AccessError:
            return HIDDEN
        except Exception:  # noqa: BLE001  (whatever a field of another addon comes up with)
            # An import sets this registrant aside and says so in the log.
            return _("(cannot be read)")

    # -- what comes back -------------------------------------------------------------------------

    @api.model
    def _results(self, connector, partner):
        record = self._record(connector, partner) if partner else {}
        try:
            trials = output_format.trials(connector.output_format, record)
        except output_format.OutputFormatError as error:
            return [Result(_("Output format"), "", connector._explain(error), False)]
        titles = {
            answers.PROCESSED: _("MOSIP knows the registrant"),
            answers.ERROR: _("MOSIP refuses the registrant"),
            answers.INVALID: _("MTS refuses the registrant"),
        }
        return [
            Result(
                titles[trial.status],
                json.dumps(trial.delivered, indent=2, ensure_ascii=False),
                *self._consequence(connector, trial),
            )
            for trial in trials
        ]

    @api.model
    def _consequence(self, connector, trial):
        """Return what our callback does, and whether that is well."""
        elsewhere = not connector._delivers_here()
        if trial.error and (isinstance(trial.error, output_format.JqFails) or not elsewhere):
            return connector._explain(trial.error), False
        if elsewhere:
            return _("It goes to another API, which knows what to do with it."), True
        if trial.answer.status == answers.PROCESSED:
            return _("The token is stored, and the VID deleted."), True
        entry, _code = self.env["mts.error.code"]._find(trial.answer.code)
        words = _(
            "The registrant is listed under Rejected, for example with: %(meaning)s. %(advice)s.",
            meaning=entry.name,
            advice=entry.advice,
        )
        return words, True
