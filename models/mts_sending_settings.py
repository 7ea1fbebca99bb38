# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.osv import expression

from ..defaults import default_domain, default_fields, default_mapping
from ..mts import settings

# Each is refused at once on saving: (least, most).
RANGES = {
    "batch_size": (1, 1000),
    "parallel_requests": (1, 32),
    "max_open_requests": (1, 1000),
    # A slice must end before Odoo's default limit for a scheduled job, 120 s.
    "request_timeout": (1, 80),
    "answer_timeout_minutes": (1, 43200),
    "max_attempts": (1, 20),
}


class MtsSendingSettings(models.AbstractModel):
    """Who is sent to MTS, what of them, and how much at a time."""

    _name = "mts.sending.settings"
    _description = "Settings for Sending to MTS"
    _inherit = "mts.setting.mixin"

    mts_url = fields.Char(
        "URL to reach MTS",
        required=True,
        default="http://localhost:8080",
        help="Where MTS answers, up to but without /authtoken: for example "
        "https://mts.example.org/v1.",
    )
    input_type = fields.Selection(
        [("registry", "OpenG2P Registry"), ("odk", "ODK Central")],
        "MTS Input Type",
        required=True,
        default="registry",
        help="Where the registrants come from. OpenG2P Registry: they are registered here. ODK "
        "Central: MTS fetches what was submitted in the field, and each submission becomes a "
        "registrant.",
    )
    mapping = fields.Text(
        required=True,
        default=lambda self: default_mapping(self.env),
        help="JSON object: for each field of MTS (vid, name, gender, dob, phoneNumber, emailId, "
        "fullAddress) the field of the record that holds it; name and fullAddress take a list. "
        "The VID is sent as “vid”.",
    )
    lang_code = fields.Char(
        "MOSIP Language",
        required=True,
        default="eng",
        help="Language in which names and addresses are compared, as MOSIP writes it: three "
        "letters, for example eng.",
    )
    search_domain = fields.Char(
        "Filters to apply to Registry",
        required=True,
        default=lambda self: default_domain(self.env),
        help="Which registrants are sent at all. Of these only those go who have a VID and no "
        "token.",
    )
    selected_fields = fields.Text(
        "List of fields to be used",
        required=True,
        default=lambda self: default_fields(self.env),
        help="JSON array of the contact's fields that are sent; dotted paths reach into related "
        "records. Send nothing that the mapping does not need.",
    )
    batch_size = fields.Integer(
        required=True,
        default=100,
        help="Registrants in one request to MTS. MTS keeps its work in memory, so small batches "
        "lose less.",
    )
    parallel_requests = fields.Integer(
        required=True,
        default=1,
        help="Requests to MTS that are under way at the same time; fewer while MTS is busy or "
        "slow.",
    )
    max_open_requests = fields.Integer(
        "Requests Ahead of the Answers",
        required=True,
        default=20,
        help="How many requests may wait for their answers. Sending pauses there: should the "
        "answers not arrive, no more VIDs are used up than these.",
    )
    request_timeout = fields.Integer(
        required=True,
        default=60,
        help="Seconds to wait until MTS has stored a batch, which takes about 20 ms for each "
        "registrant.",
    )
    answer_timeout_minutes = fields.Integer(
        "Answer Timeout (minutes)",
        required=True,
        default=60,
        help="After this time without an answer MTS is asked what became of the request.",
    )
    max_attempts = fields.Integer(
        required=True,
        default=3,
        help="How often the same data is sent when nothing came back or the fault was a passing "
        "one. Each try uses up a transaction of the VID.",
    )

    # -- checks ----------------------------------------------------------------------------------

    @api.constrains(*RANGES)
    def _check_sending_ranges(self):
        for connector in self:
            connector._check_between(RANGES)

    @api.constrains("mts_url")
    def _check_mts_url(self):
        for connector in self:
            with connector._checking("mts_url"):
                settings.check_base_url(connector.mts_url)

    @api.constrains("selected_fields", "mapping", "input_type")
    def _check_fields_and_mapping(self):
        for connector in self:
            with connector._checking("selected_fields"):
                connector._check_paths(connector._paths())
            with connector._checking("mapping"):
                connector._parsed_mapping()

    def _check_paths(self, paths):
        """Refuse fields that cannot be used.

        :raises SettingError: with the reason
        """
        self.env["res.partner"]._mts_check_paths(paths)

    @api.constrains("search_domain")
    def _check_search_domain(self):
        for connector in self:
            with connector._checking("search_domain"):
                domain = settings.parse_domain(connector.search_domain)
                self.env["res.partner"]._mts_check_domain(domain)

    @api.constrains("lang_code")
    def _check_lang_code(self):
        for connector in self:
            code = connector.lang_code or ""
            if not (len(code) == 3 and code.isascii() and code.isalpha() and code.islower()):
                connector._refuse("lang_code", _("it must be three small letters, such as eng"))

    # -- what the settings mean ------------------------------------------------------------------

    def _paths(self):
        return settings.parse_fields(self.selected_fields)

    def _parsed_mapping(self):
        return settings.parse_mapping(self.mapping, self._paths())

    def _sent_fields(self):
        """Return the names of the contact's own fields that any of these connectors sends."""
        return {path.partition(".")[0] for connector in self for path in connector._paths()}

    def _contact_fields(self, mts_fields):
        """Return the names of the contact's own fields that these fields of MTS come from."""
        mapping, names = self._parsed_mapping(), []
        for field in mts_fields:
            if field == "vid":
                names += self._store()._vid_fields()
                continue
            paths = mapping.get(field, [])
            paths = paths if isinstance(paths, list) else [paths]
            names += [path.partition(".")[0] for path in paths]
        return names

    def _domain(self):
        """Return the filter of the user and of the company."""
        self.ensure_one()
        domain = settings.parse_domain(self.search_domain)
        return expression.AND([domain, [("company_id", "in", [False, self.company_id.id])]])
