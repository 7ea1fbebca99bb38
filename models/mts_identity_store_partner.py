# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.osv import expression

from ..token_field import TokenField, TokenOfEach


class MtsIdentityStorePartner(models.AbstractModel):
    """Where a registry keeps the VID and the token of a registrant: here on ``res.partner``.

    A registry that keeps them elsewhere adds a model ``mts.identity.store.<name>`` that inherits
    this one and overrides these methods; a connector can then be set to ``<name>``. They run as
    superuser, on the store that ``mts.connector._store`` returns: ``_connector()`` is the
    connector that asks. docs/registries.md explains them with an example.
    """

    _name = "mts.identity.store.partner"
    _description = "VIDs and Tokens on the Contact"
    # Of all stores that can be used, a new connector takes the one that stands highest.
    _precedence = 0

    @api.model
    def _label(self):
        """Return what people call this store."""
        return _("Contact")

    @api.model
    def _is_available(self):
        """Tell whether this database has what the store needs."""
        return True

    @api.model
    def _prepare(self):
        """Make ready what the store needs. Called on saving a connector, and before each import.

        :raises SettingError: with the reason why the store cannot be used as the connector says
        """

    @api.model
    def _connector(self):
        """Return the connector whose settings count; an empty one stands for the defaults."""
        return self.env["mts.connector"].browse(self.env.context.get("mts_connector_id"))

    @api.model
    def _domain(self):
        """Return the domain of the registrants who have a VID and no token."""
        return [("mosip_vid", "!=", False), ("mosip_auth_token", "=", False)]

    @api.model
    def _domain_after(self, after):
        """Return the domain of those of them who have a greater id.

        Registrants are gone through by it. A domain that looks into another table does well to
        look from there on only, or each page takes longer than the one before.
        """
        return expression.AND([self._domain(), [("id", ">", after)]])

    @api.model
    def _token_domain(self):
        """Return the domain of the registrants who have a token."""
        return [("mosip_auth_token", "!=", False)]

    @api.model
    def _watched_paths(self):
        """Return relational paths from ``res.partner`` whose rows hold the VID.

        A change of such a row makes the connector look at the registrant again. Changes of the
        registrant's own row are always seen.
        """
        return []

    @api.model
    def _vid_fields(self):
        """Return the fields of ``res.partner`` by which a person corrects the VID."""
        return ["mosip_vid", "mosip_vid_masked"]

    @api.model
    def _read_vids(self, partners):
        """Return ``{partner id: VID}``, without blanks around it, of those who have one.

        Not by way of Odoo's cache, out of which a user could read the whole number afterwards.
        """
        self.env["res.partner"].flush(["mosip_vid"])
        self.env.cr.execute(
            "SELECT id, mosip_vid FROM res_partner WHERE id = ANY(%s) AND mosip_vid IS NOT NULL",
            [partners.ids],
            log_exceptions=False,
        )
        return self._stripped(self.env.cr.fetchall())

    @api.model
    def _stripped(self, rows):
        """Return ``{partner id: text}`` without blanks around the texts, and without empty ones.

        :param rows: pairs of partner id and text
        """
        texts = {partner_id: text.strip() for partner_id, text in rows}
        return {partner_id: text for partner_id, text in texts.items() if text}

    @api.model
    def _read_tokens(self, partners):
        """Return ``{partner id: token}`` of those who have one."""
        # By way of the cache, since it is looked at again when another one is written; of this
        # field only, since by itself Odoo would read all that a contact has.
        field = partners._fields["mosip_auth_token"]
        if list(self.env.cache.get_missing_ids(partners, field)):
            partners._read([field.name])
        tokens = zip(partners.ids, partners.mapped("mosip_auth_token"))
        return self._stripped([(partner_id, token or "") for partner_id, token in tokens])

    @api.model
    def _read_token_times(self, partners):
        """Return ``{partner id: when the token came}`` of those of whom that is known."""
        times = {partner.id: partner.mosip_token_at for partner in partners}
        return {partner_id: time for partner_id, time in times.items() if time}

    @api.model
    def _find_by_token(self, token):
        """Return the registrants who have this token, archived ones left out."""
        return self.env["res.partner"].search([("mosip_auth_token", "=", token)])

    @api.model
    def _store_tokens(self, tokens):
        """Write the tokens and delete the VIDs, both in the present transaction.

        :param tokens: ``{partner id: token}``, tokens are never empty
        """
        partners = self.env["res.partner"].with_context(tracking_disable=True).browse(tokens)
        others = partners._with_other_token(tokens)
        if partners - others:
            (partners - others).write({"mosip_vid": False})
        # The time, too, or Odoo would read the whole contact to see whether it is another.
        values = {"mosip_vid": False, "mosip_token_at": fields.Datetime.now()}
        if len(others) > 1 and isinstance(others._fields["mosip_auth_token"], TokenField):
            others.write({**values, "mosip_auth_token": TokenOfEach(tokens)})
        else:
            for partner in others:
                partner.write({**values, "mosip_auth_token": tokens[partner.id]})

    # -- by hand ---------------------------------------------------------------------------------

    @api.model
    def _write_vid(self, partner, vid):
        """Replace the VID of a registrant, or remove it.

        :param vid: the number, or False
        """
        partner.mosip_vid = vid

    @api.model
    def _forget(self, partners):
        """Remove VIDs and tokens of registrants who are about to become one with another."""
        partners.write({"mosip_vid": False, "mosip_auth_token": False})

    @api.model
    def _merge(self, sources, target):
        """Leave one VID or token of registrants who are about to become one.

        What the target has counts first. Who has a token needs no VID any more.
        """
        partners = target + sources
        vids, tokens = self._read_vids(partners), self._read_tokens(partners)
        vid = next((vids[id_] for id_ in partners.ids if id_ in vids), False)
        holder = next((partner for partner in partners if partner.id in tokens), target)
        since = holder.mosip_token_at
        self._forget(sources)
        if tokens:
            self._store_tokens({target.id: tokens[holder.id]})
            target.mosip_token_at = since
        elif vid:
            self._write_vid(target, vid)
