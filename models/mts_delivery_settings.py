from odoo import _, api, fields, models

from ..mts import message, output_format, settings

RANGES = {"callback_timeout": (1, 3600)}

OWN_ROUTES = {False: "/mts/callback", True: "/mts/callback/bulk"}


class MtsDeliverySettings(models.AbstractModel):
    """How the results come back, and how MTS proves that it may deliver them."""

    _name = "mts.delivery.settings"
    _description = "Settings for the Callback"
    _inherit = ["mts.setting.mixin", "mts.secret.mixin"]

    output_type = fields.Selection(
        [("json", "JSON")], required=True, default="json", help="How MTS writes its results."
    )
    output_format = fields.Text(
        required=True,
        default=output_format.DEFAULT,
        help="jq expression that MTS applies to each result. As it stands it yields what this "
        "addon's callback reads.",
    )
    delivery_type = fields.Selection(
        [("callback", "Callback")],
        required=True,
        default="callback",
        help="How the results come back: MTS calls a URL.",
    )
    callback_url = fields.Char(
        "Callback URL",
        required=True,
        default=lambda self: self._default_url(OWN_ROUTES[True]),
        help="Where MTS delivers the results. It must be reachable from MTS.",
    )
    callback_http_method = fields.Selection(
        [("POST", "POST"), ("PUT", "PUT"), ("GET", "GET"), ("PATCH", "PATCH")],
        "Callback HTTP Method",
        required=True,
        default="POST",
        help="How MTS calls the callback URL.",
    )
    callback_timeout = fields.Integer(
        required=True,
        default=60,
        help="Seconds that MTS waits for the callback's answer. What comes too late is lost to "
        "MTS, so leave room for a busy server.",
    )
    callback_in_bulk = fields.Boolean(
        "Deliver in Bulk",
        default=True,
        help="One callback for each batch instead of one for each registrant. Much faster.",
    )
    callback_auth_type = fields.Selection(
        [("bearer", "Bearer secret (recommended)"), ("odoo", "Odoo")],
        required=True,
        default="bearer",
        help="How MTS proves that it may deliver. Bearer: a random secret for each request, no "
        "password leaves Odoo. Odoo: MTS logs in as a user, which works with several databases "
        "on one host name.",
    )
    callback_auth_url = fields.Char(
        "Callback Auth URL",
        default=lambda self: self._default_url("/web/session/authenticate"),
        help="Where MTS logs in to Odoo.",
    )
    callback_auth_database = fields.Char(
        default=lambda self: self.env.cr.dbname,
        help="The database that MTS logs in to.",
    )
    callback_auth_username = fields.Char(
        help="A user of the group “MTS: deliver callbacks”. No other group is needed, not even "
        "one for internal or portal users; two-factor authentication must be off for this user.",
    )
    callback_auth_password = fields.Char(
        compute="_compute_callback_auth_password",
        inverse="_inverse_callback_auth_password",
        copy=False,
        help="Typed in once; it can be used and replaced, but not read back.",
    )
    callback_auth_password_set = fields.Boolean(
        "Password Is Set",
        compute="_compute_callback_auth_password_set",
        help="Whether a password is kept.",
    )

    @api.model
    def _default_url(self, path):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        return base.rstrip("/") + path

    @api.onchange("callback_in_bulk")
    def _onchange_callback_in_bulk(self):
        other = OWN_ROUTES[not self.callback_in_bulk]
        if (self.callback_url or "").endswith(other):
            self.callback_url = (
                self.callback_url[: -len(other)] + OWN_ROUTES[self.callback_in_bulk]
            )

    # -- the password ----------------------------------------------------------------------------

    def _compute_callback_auth_password(self):
        for connector in self:
            connector.callback_auth_password = ""

    def _inverse_callback_auth_password(self):
        for connector in self:
            # The form sends the empty value back when nobody typed anything.
            if connector.callback_auth_password:
                connector._set_secret("callback_auth_password", connector.callback_auth_password)
        self.invalidate_cache(["callback_auth_password", "callback_auth_password_set"], self.ids)

    def _compute_callback_auth_password_set(self):
        for connector in self:
            real = connector._origin
            connector.callback_auth_password_set = bool(
                real and real._secret("callback_auth_password")
            )

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors._check_credentials()
        return connectors

    def write(self, vals):
        result = super().write(vals)
        if vals.get("callback_auth_type") == "bearer":
            # Nothing needs the password any more.
            self._set_secret("callback_auth_password", None)
            self.invalidate_cache(["callback_auth_password_set"], self.ids)
        if any(name.startswith("callback_auth_") for name in vals):
            self._check_credentials()
        return result

    def copy_data(self, default=None):
        # The password does not come along, so the copy starts with the type that needs none.
        return super().copy_data({"callback_auth_type": "bearer", **(default or {})})

    # -- checks ----------------------------------------------------------------------------------

    def _check_credentials(self):
        """Called by create and write: a constraint would run before the password is stored."""
        needed = _("it is needed for the callback auth type “Odoo”")
        for connector in self.filtered(lambda self: self.callback_auth_type == "odoo"):
            for field in ("callback_auth_database", "callback_auth_username"):
                if not (connector[field] or "").strip():
                    connector._refuse(field, needed)
            if not connector._secret("callback_auth_password"):
                connector._refuse("callback_auth_password", needed)

    @api.constrains(*RANGES)
    def _check_delivery_ranges(self):
        for connector in self:
            connector._check_between(RANGES)

    @api.constrains("callback_url", "callback_auth_url", "callback_auth_type")
    def _check_callback_urls(self):
        for connector in self:
            with connector._checking("callback_url"):
                settings.check_url(connector.callback_url)
            if connector.callback_auth_type == "odoo":
                with connector._checking("callback_auth_url"):
                    settings.check_url(connector.callback_auth_url)

    @api.constrains("callback_url", "callback_in_bulk")
    def _check_callback_in_bulk(self):
        for connector in self:
            if connector._callback_path().endswith(OWN_ROUTES[not connector.callback_in_bulk]):
                connector._refuse(
                    "callback_url",
                    _(
                        "with this setting of “Deliver in Bulk” it must end with %s",
                        OWN_ROUTES[connector.callback_in_bulk],
                    ),
                )

    @api.constrains("output_format", "callback_url")
    def _check_output_format(self):
        for connector in self:
            with connector._checking("output_format"):
                if connector._delivers_here():
                    output_format.check(connector.output_format or "")
                else:
                    output_format.compile_expression(connector.output_format or "")

    # -- what the settings mean ------------------------------------------------------------------

    def _callback_path(self):
        # Not with urlsplit, which fails on what another check is about to refuse.
        address = (self.callback_url or "").partition("?")[0].partition("://")[2]
        return "/" + address.partition("/")[2].rstrip("/")

    def _delivers_here(self):
        """Tell whether the results come to this addon's callback, rather than to another API."""
        return self._callback_path().endswith(tuple(OWN_ROUTES.values()))

    def _callback_properties(self, bearer):
        """Return ``callbackProperties`` of a request.

        :param bearer: the request's bearer secret
        """
        if self.callback_auth_type == "bearer":
            auth = message.bearer_auth(bearer)
        else:
            auth = message.odoo_auth(
                self.callback_auth_url,
                self.callback_auth_database,
                self.callback_auth_username,
                self._secret("callback_auth_password"),
            )
        return message.callback_properties(
            self.callback_url,
            self.callback_http_method,
            self.callback_timeout,
            self.callback_in_bulk,
            auth,
        )
