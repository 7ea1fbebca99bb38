# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models

from ..mts import message, output_format, settings

RANGES = {"callback_timeout": (1, 3600)}

# Where MTS delivers results one at a time, and in bulk.
SINGLE, BULK = "/mts/callback", "/mts/callback/bulk"
OWN_ROUTES = {False: SINGLE, True: BULK}


class MtsDeliverySettings(models.AbstractModel):
    """How the results come back."""

    _name = "mts.delivery.settings"
    _description = "Settings for the Callback"
    _inherit = "mts.callback.auth"

    # MTS knows one of each so far; its specification has a choice.
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

    @api.onchange("callback_in_bulk")
    def _onchange_callback_in_bulk(self):
        other = OWN_ROUTES[not self.callback_in_bulk]
        if (self.callback_url or "").endswith(other):
            self.callback_url = (
                self.callback_url[: -len(other)] + OWN_ROUTES[self.callback_in_bulk]
            )

    # -- checks ----------------------------------------------------------------------------------

    @api.constrains(*RANGES)
    def _check_delivery_ranges(self):
        for connector in self:
            connector._check_between(RANGES)

    @api.constrains("callback_url")
    def _check_callback_url(self):
        for connector in self:
            with connector._checking("callback_url"):
                settings.check_url(connector.callback_url)

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
                connector._try_output_format(connector.output_format or "")

    def _try_output_format(self, expression):
        """Refuse what whoever is called back cannot use.

        :raises OutputFormatError: with the reason
        """
        if self._delivers_here():
            output_format.check(expression)
        else:
            output_format.compile_expression(expression)

    # -- what the settings mean ------------------------------------------------------------------

    def _callback_path(self):
        # Not with urlsplit, which fails on what another check is about to refuse.
        address = (self.callback_url or "").partition("?")[0].partition("://")[2]
        return "/" + address.partition("/")[2].rstrip("/")

    def _delivers_here(self):
        """Tell whether the results come to this addon's callback, rather than to another API."""
        return self._callback_path().endswith(tuple(OWN_ROUTES.values()))

    def _callback_target(self):
        """Return what :func:`..mts.callback_probe.try_callback` wants to know."""
        return {
            "url": self.callback_url,
            "method": self.callback_http_method,
            "in_bulk": self.callback_in_bulk,
            "is_ours": self._delivers_here(),
            "login": self._callback_login(),
        }

    def _callback_properties(self, bearer):
        """Return ``callbackProperties`` of a request.

        :param bearer: the request's bearer secret
        """
        login = self._callback_login()
        return message.callback_properties(
            self.callback_url,
            self.callback_http_method,
            self.callback_timeout,
            self.callback_in_bulk,
            message.odoo_auth(login) if login else message.bearer_auth(bearer),
        )
