# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models

from ..mts.settings import SettingError
from .mts_identity_store_g2p import DEFAULT_TYPES

STORES = "mts.identity.store."


class MtsIdentitySettings(models.AbstractModel):
    """Where the registry keeps VIDs and tokens."""

    _name = "mts.identity.settings"
    _description = "Settings for VIDs and Tokens"
    _inherit = "mts.setting.mixin"

    identity_store = fields.Selection(
        "_selection_identity_store",
        required=True,
        default=lambda self: self._default_identity_store(),
        help="Where the registry keeps the VID and the token of a registrant. OpenG2P ID: both "
        "are IDs of the registrant.",
    )
    g2p_vid_type = fields.Char(
        "ID Type of the VID",
        default=DEFAULT_TYPES["g2p_vid_type"],
        help="The registrant's ID of this type is the VID. It is deleted when the token is there.",
    )
    g2p_token_type = fields.Char(
        "ID Type of the Token",
        default=DEFAULT_TYPES["g2p_token_type"],
        help="The token becomes the registrant's ID of this type, by which OpenG2P can find "
        "duplicates.",
    )

    @api.model
    def _identity_stores(self):
        """Return ``{name: identity store}`` of all that there are."""
        return {
            model[len(STORES) :]: self.sudo().env[model]
            for model in self.env.registry
            if model.startswith(STORES)
        }

    @api.model
    def _selection_identity_store(self):
        return [(name, store._label()) for name, store in sorted(self._identity_stores().items())]

    @api.model
    def _default_identity_store(self):
        usable = {
            name: store for name, store in self._identity_stores().items() if store._is_available()
        }
        return max(usable, key=lambda name: (usable[name]._precedence, name))

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors._check_identity_store()
        return connectors

    def write(self, vals):
        result = super().write(vals)
        if {"identity_store", *DEFAULT_TYPES} & set(vals):
            self._check_identity_store()
        return result

    def _check_identity_store(self):
        """Called by create and write: more than a constraint, since the store may make ready."""
        for connector in self:
            with connector._checking("identity_store"):
                connector._prepare_store()

    def _prepare_store(self):
        """Have the identity store made ready.

        :raises SettingError: with the reason why it cannot be used
        """
        if self.identity_store not in self._identity_stores():
            raise SettingError(
                _("the addon that brought “%(store)s” is gone"), store=self.identity_store
            )
        self._store()._prepare()

    @api.model
    def _stores(self, domain):
        """Return the identity stores that the connectors of a domain use, or else the default.

        Each comes with the settings of its connector.
        """
        used = self.sudo().search(domain).filtered(lambda connector: connector._has_store())
        return [connector._store() for connector in used] or [self.browse()._store()]

    def _has_store(self):
        """Tell whether the identity store is there: its addon may have been removed since."""
        name = STORES + (self.identity_store or "")
        return name in self.env and self.sudo().env[name]._is_available()

    def _store(self):
        """Return the identity store: where VIDs and tokens of the registrants live.

        Of no connector it is the one that a new connector would take.
        """
        name = self.identity_store or self._default_identity_store()
        return self.sudo().env[STORES + name].with_context(mts_connector_id=self.id)
