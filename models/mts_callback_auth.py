# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models

from ..mts import message, settings
from .mts_secret_mixin import DATABASE, SERVER

CALLBACK_GROUP = "mts_connector.group_callback"

# What a user of Odoo has to be besides: the form of users offers nothing less.
HARMLESS_GROUPS = (CALLBACK_GROUP, "base.group_portal", "base.group_public")

# The password, and where it goes.
PASSWORD = "callback_auth_password"  # noqa: S105  (the name of a field)
PASSWORD_URLS = ("mts_url", "callback_auth_url")

LOGIN_FIELDS = ("callback_auth_type", "callback_auth_database", "callback_auth_username")


class MtsCallbackAuth(models.AbstractModel):
    """How MTS proves that it may deliver."""

    _name = "mts.callback.auth"
    _description = "Authentication of the Callback"
    _inherit = ["mts.setting.mixin", "mts.secret.mixin"]

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
        help="Typed in once; it can be used and replaced, but not read back. Instead of typing it "
        "in, the server's administrator can set callback_auth_password in the section "
        "[mts_connector] of odoo.conf.",
    )
    callback_auth_password_source = fields.Selection(
        [(DATABASE, "Database"), (SERVER, "Server configuration")],
        "Password Is Kept In",
        compute="_compute_callback_auth_password_source",
        help="Where the password is. That of the server's configuration comes first.",
    )
    callback_user_warning = fields.Text(
        compute="_compute_callback_user_warning",
        groups="mts_connector.group_manager",
        help="What is wrong with the user that MTS logs in as.",
    )

    @api.model
    def _default_url(self, path):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        return base.rstrip("/") + path

    # -- the password ----------------------------------------------------------------------------

    def _compute_callback_auth_password(self):
        for connector in self:
            connector.callback_auth_password = ""

    def _inverse_callback_auth_password(self):
        for connector in self.filtered(lambda self: self.callback_auth_type == "odoo"):
            # The form sends the empty value back when nobody typed anything.
            if connector.callback_auth_password:
                connector._set_secret(PASSWORD, connector.callback_auth_password)
        self._forget_typed(PASSWORD)

    @api.depends("callback_auth_type")  # so that a new form says it, too
    def _compute_callback_auth_password_source(self):
        for connector in self:
            connector.callback_auth_password_source = connector._secret_source(PASSWORD)

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors._check_credentials()
        return connectors

    def write(self, vals):
        if not vals.get(PASSWORD) and vals.get("callback_auth_type") != "bearer":
            self._check_secret_stays(PASSWORD, PASSWORD_URLS, vals)
        result = super().write(vals)
        if vals.get("callback_auth_type") == "bearer":
            # Nothing needs the password any more.
            self._set_secret(PASSWORD, None)
            self._forget_typed(PASSWORD)
        if any(name.startswith("callback_auth_") for name in vals):
            self._check_credentials()
        return result

    def copy_data(self, default=None):
        # The password does not come along, so the copy starts with the type that needs none.
        return super().copy_data({"callback_auth_type": "bearer", **(default or {})})

    def _callback_login(self):
        """Return how MTS logs in, password included; None where it does not."""
        if self.callback_auth_type != "odoo":
            return None
        return message.Login(
            self.callback_auth_url,
            self.callback_auth_database,
            self.callback_auth_username,
            self._secret(PASSWORD),
        )

    # -- checks ----------------------------------------------------------------------------------

    def _check_credentials(self):
        """Called by create and write: a constraint would run before the password is stored."""
        needed = _("it is needed for the callback auth type “Odoo”")
        for connector in self.filtered(lambda self: self.callback_auth_type == "odoo"):
            for field in ("callback_auth_database", "callback_auth_username"):
                if not (connector[field] or "").strip():
                    connector._refuse(field, needed)
            if not connector._secret(PASSWORD):
                connector._refuse(PASSWORD, needed)

    @api.constrains("callback_auth_url", "callback_auth_type")
    def _check_callback_auth_url(self):
        for connector in self:
            if connector.callback_auth_url or connector.callback_auth_type == "odoo":
                with connector._checking("callback_auth_url"):
                    settings.check_url(connector.callback_auth_url)

    @api.depends(*LOGIN_FIELDS, "callback_url")
    def _compute_callback_user_warning(self):
        for connector in self:
            connector.callback_user_warning = (
                connector._logs_in_here() and connector._callback_user_problem()
            )

    def _logs_in_here(self):
        """Tell whether MTS logs in to this database, as far as that is filled in."""
        return (
            self.callback_auth_type == "odoo"
            and self.callback_auth_database == self.env.cr.dbname
            and bool(self.callback_auth_username)
        )

    def _callback_user_problem(self):
        """Return what is wrong with the user that MTS logs in as, or False."""
        users = self.env["res.users"].sudo().with_context(active_test=False)
        user = users.search([("login", "=", self.callback_auth_username)], limit=1)
        if not user:
            return _("There is no user with this login: nothing can be delivered.")
        if not user.active:
            return _("This user is archived: nothing can be delivered.")
        if self._delivers_here() and not user.has_group(CALLBACK_GROUP):
            return _("This user is not in the group “MTS: deliver callbacks”.")
        if "totp_enabled" in user._fields and user.totp_enabled:
            return _("This user has two-factor authentication on, so that MTS cannot log in.")
        return self._surplus_rights(user)

    @api.model
    def _surplus_rights(self, user):
        """Warn of rights that are not needed: whoever operates MTS knows the password."""
        harmless = self.env["res.groups"].sudo()
        for name in HARMLESS_GROUPS:
            harmless += self.env.ref(name).sudo()
        surplus = user.groups_id - harmless
        if not surplus:
            return False
        return _(
            "This user may do more than deliver, and whoever operates MTS gets to know the "
            "password. Take the user out of these groups: %s.",
            ", ".join(surplus.mapped("full_name")),
        )
