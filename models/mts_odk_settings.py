# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import _, api, fields, models

from ..defaults import default_fields, default_mapping, form_defaults
from ..mts import message, settings, submission_format
from ..mts.odk import OdkForm
from .mts_secret_mixin import DATABASE, SERVER

RANGES = {"odk_delay_minutes": (0, 1440)}

# The password, and where it goes.
PASSWORD = "odk_password"  # noqa: S105  (the name of a field)
PASSWORD_URLS = ("mts_url", "odk_url")

NEEDED = ("odk_url", "odk_email", "registry_connector_id", "odk_pulled_until")


class MtsOdkSettings(models.AbstractModel):
    """Where MTS fetches what was submitted in the field, and what becomes of it."""

    _name = "mts.odk.settings"
    _description = "Settings for ODK Central"
    _inherit = ["mts.identity.settings", "mts.sending.settings", "mts.delivery.settings"]

    odk_url = fields.Char(
        "ODK Base URL",
        help="Where ODK Central answers, for example https://odk.example.org. MTS goes there by "
        "itself.",
    )
    odk_project = fields.Char(
        "ODK Project", help="The number of the project, as it stands in the URL of its page."
    )
    odk_form = fields.Char("ODK Form", help="The id of the form, as ODK Central shows it.")
    odk_odata_url = fields.Char(
        "OData URL",
        help="Where the form's submissions are read, in place of project and form: ODK Central "
        "shows it under “Analyze via OData”.",
    )
    odk_email = fields.Char(
        "ODK E-mail",
        help="A user of ODK Central who may read the submissions of this form, and nothing more.",
    )
    odk_password = fields.Char(
        "ODK Password",
        compute="_compute_odk_password",
        inverse="_inverse_odk_password",
        copy=False,
        help="Typed in once; it can be used and replaced, but not read back. Instead of typing it "
        "in, the server's administrator can set odk_password in the section [mts_connector] of "
        "odoo.conf.",
    )
    odk_password_source = fields.Selection(
        [(DATABASE, "Database"), (SERVER, "Server configuration")],
        "ODK Password Is Kept In",
        compute="_compute_odk_password_source",
        help="Where the password is. That of the server's configuration comes first.",
    )
    odk_pulled_until = fields.Datetime(
        "Fetched Until",
        copy=False,
        default=fields.Datetime.now,
        help="What was submitted before this time has been fetched. It moves on by itself. Set "
        "it back to fetch older submissions: each try uses up a transaction of the VID, and "
        "nobody is registered twice.",
    )
    odk_delay_minutes = fields.Integer(
        "Leave Out the Last (minutes)",
        required=True,
        default=5,
        help="What was submitted so shortly before an import is left to the next one: its clock "
        "may differ from that of ODK Central.",
    )
    odk_known_person = fields.Selection(
        [("duplicate", "Show as possible duplicate"), ("update", "Update that registrant")],
        "Where the Token Is Known",
        required=True,
        default="duplicate",
        help="What becomes of a submission whose token somebody has already. Update: that "
        "registrant gets the values of the submission, unless it is also a user of Odoo.",
    )
    registry_connector_id = fields.Many2one(
        "mts.connector",
        "Refused Are Sent Again By",
        ondelete="restrict",
        domain=[("input_type", "=", "registry")],
        help="A connector to the registry. Who was refused becomes a registrant all the same; "
        "once the data is corrected, this connector sends it again.",
    )

    def _is_odk(self):
        return self.input_type == "odk"

    # -- defaults --------------------------------------------------------------------------------

    @api.model
    def _usual_registry_connector(self, company_id):
        mine = [("input_type", "=", "registry"), ("company_id", "=", company_id)]
        return self.env["mts.connector"].search(mine, order="id", limit=1)

    @api.model
    def _odk_defaults(self, company_id):
        registry = self._usual_registry_connector(company_id)
        return {**form_defaults(self.env), "registry_connector_id": registry.id}

    @api.model
    def _registry_defaults(self):
        return {
            "mapping": default_mapping(self.env),
            "selected_fields": default_fields(self.env),
            "output_format": self._fields["output_format"].default(self),
        }

    @api.onchange("input_type")
    def _onchange_input_type(self):
        """Go over to the other defaults, as far as the present ones were not changed."""
        kinds = [self._registry_defaults(), form_defaults(self.env)]
        if not self._is_odk():
            kinds.reverse()
        before, after = kinds
        for name, value in after.items():
            if self[name] == before[name]:
                self[name] = value
        is_odk, company = self._is_odk(), self.company_id
        self.registry_connector_id = is_odk and self._usual_registry_connector(company.id)

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create([self._with_odk_defaults(vals) for vals in vals_list])
        connectors._check_odk_credentials()
        return connectors

    @api.model
    def _with_odk_defaults(self, vals):
        if vals.get("input_type") != "odk":
            return vals
        return {**self._odk_defaults(vals.get("company_id") or self.env.company.id), **vals}

    def write(self, vals):
        if not vals.get(PASSWORD) and vals.get("input_type", "odk") == "odk":
            self._check_secret_stays(PASSWORD, PASSWORD_URLS, vals)
        result = super().write(vals)
        if vals.get("input_type", "odk") != "odk":
            # Nothing needs the password any more.
            self._set_secret(PASSWORD, None)
            self._forget_typed(PASSWORD)
        if any(name == "input_type" or name.startswith("odk_") for name in vals):
            self._check_odk_credentials()
        return result

    def copy(self, default=None):
        # The password does not come along; it is asked for when one of these settings is saved.
        copying = self.with_context(mts_copying=True)
        return super(MtsOdkSettings, copying).copy(default).with_env(self.env)

    # -- the password ----------------------------------------------------------------------------

    def _compute_odk_password(self):
        for connector in self:
            connector.odk_password = ""

    def _inverse_odk_password(self):
        for connector in self.filtered(lambda self: self._is_odk()):
            # The form sends the empty value back when nobody typed anything.
            if connector.odk_password:
                connector._set_secret(PASSWORD, connector.odk_password)
        self._forget_typed(PASSWORD)

    @api.depends("input_type")  # so that a new form says it, too
    def _compute_odk_password_source(self):
        for connector in self:
            connector.odk_password_source = connector._secret_source(PASSWORD)

    # -- checks ----------------------------------------------------------------------------------

    def _check_odk_credentials(self):
        """Called by create and write: a constraint would run before the password is stored."""
        needed = _("it is needed for the input type “ODK Central”")
        for connector in self.filtered(lambda self: self._is_odk()):
            for field in NEEDED:
                if not connector[field]:
                    connector._refuse(field, needed)
            if not connector.odk_odata_url:
                for field in ("odk_project", "odk_form"):
                    if not (connector[field] or "").strip():
                        connector._refuse(field, needed)
            copying = self.env.context.get("mts_copying")
            if not connector._secret(PASSWORD) and not copying:
                connector._refuse(PASSWORD, needed)

    @api.constrains(*RANGES)
    def _check_odk_ranges(self):
        for connector in self:
            connector._check_between(RANGES)

    @api.constrains("odk_url", "odk_odata_url")
    def _check_odk_urls(self):
        for connector in self.filtered("odk_url"):
            with connector._checking("odk_url"):
                settings.check_odk_url(connector.odk_url)
        for connector in self.filtered("odk_odata_url"):
            with connector._checking("odk_odata_url"):
                settings.check_odata_url(connector.odk_odata_url, connector.odk_url or "")

    @api.constrains("input_type", "callback_in_bulk", "callback_url")
    def _check_odk_delivery(self):
        for connector in self.filtered(lambda self: self._is_odk()):
            if not connector.callback_in_bulk:
                connector._refuse(
                    "callback_in_bulk",
                    _(
                        "it must be on for ODK Central, since how many submissions MTS has "
                        "fetched shows only there"
                    ),
                )
            if not connector._delivers_here():
                connector._refuse(
                    "callback_url", _("for ODK Central it must end with /mts/callback/bulk")
                )

    @api.constrains("registry_connector_id", "input_type", "company_id")
    def _check_registry_connector(self):
        for connector in self.filtered(lambda self: self._is_odk()):
            registry = connector.registry_connector_id
            if registry and (registry._is_odk() or registry.company_id != connector.company_id):
                connector._refuse(
                    "registry_connector_id",
                    _("it must be a connector to the registry of the same company"),
                )

    def _check_paths(self, paths):
        if not self._is_odk():
            return super()._check_paths(paths)
        return self.env["mts.form.values"]._check_settable(paths)

    def _parsed_mapping(self):
        if not self._is_odk():
            return super()._parsed_mapping()
        return settings.parse_form_mapping(self.mapping)

    def _try_output_format(self, expression):
        if not self._is_odk():
            return super()._try_output_format(expression)
        return submission_format.check(expression, self._sample_submission(), self._paths())

    def _sample_submission(self):
        """Return a submission with an answer to each question that the mapping names."""
        paths = settings.mapped_paths(self._parsed_mapping())
        return message.nest((path, "sample") for path in dict.fromkeys(paths))

    # -- what the settings mean ------------------------------------------------------------------

    def _domain(self):
        """Nobody of the registry is sent by this connector."""
        return [(0, "=", 1)] if self._is_odk() else super()._domain()

    def _odk(self):
        """Return how ODK Central is reached, password included."""
        return OdkForm(
            self.odk_url,
            self.odk_odata_url or "",
            self.odk_project or "",
            self.odk_form or "",
            self.odk_email,
            self._secret(PASSWORD),
        )

    def _callback_properties(self, bearer):
        properties = super()._callback_properties(bearer)
        if self._is_odk() and self._callback_login():
            # The user's session does not say which request it is about.
            properties["extraHeaders"][message.REQUEST_HEADER] = bearer
        return properties

    def _pull_limit(self, now):
        """Return the time before which submissions are fetched, were it now so late."""
        return now - timedelta(minutes=self.odk_delay_minutes)
