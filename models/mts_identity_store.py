from odoo import api, models


class MtsIdentityStorePartner(models.AbstractModel):
    """Where a registry keeps the VID and the token of a registrant: here on ``res.partner``.

    A registry that keeps them elsewhere adds a model ``mts.identity.store.<name>`` that inherits
    this one, overrides these methods, and adds ``<name>`` to the selection
    ``mts.connector.identity_store``. All methods run as superuser.
    """

    _name = "mts.identity.store.partner"
    _description = "VIDs and Tokens on the Contact"

    @api.model
    def _domain(self):
        """Return the domain of the registrants who have a VID and no token."""
        return [("mosip_vid", "!=", False), ("mosip_auth_token", "=", False)]

    @api.model
    def _watched_paths(self):
        """Return relational paths from ``res.partner`` whose rows hold the VID.

        A change of such a row makes the connector look at the registrant again. Changes of the
        registrant's own row are always seen.
        """
        return []

    @api.model
    def _read_vids(self, partners):
        """Return ``{partner id: VID}``, without blanks around it, of those who have one."""
        vids = {partner.id: (partner.mosip_vid or "").strip() for partner in partners}
        return {partner_id: vid for partner_id, vid in vids.items() if vid}

    @api.model
    def _store_tokens(self, tokens):
        """Write the tokens and delete the VIDs, both in the present transaction.

        :param tokens: ``{partner id: token}``, tokens are never empty
        """
        partners = self.env["res.partner"].with_context(tracking_disable=True)
        for partner_id, token in tokens.items():
            partners.browse(partner_id).write({"mosip_auth_token": token, "mosip_vid": False})
