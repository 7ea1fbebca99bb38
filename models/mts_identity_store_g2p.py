# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import _, api, models
from odoo.exceptions import UserError, ValidationError
from odoo.osv import expression
from odoo.osv.query import Query
from odoo.tools import escape_psql, sql

from ..mts.settings import SettingError
from .base import G2P_TYPE

# The settings that name the ID types, with OpenG2P's usual names for these.
DEFAULT_TYPES = {"g2p_vid_type": "MOSIP VID", "g2p_token_type": "MOSIP UIN TOKEN"}


class MtsIdentityStoreG2p(models.AbstractModel):
    """OpenG2P's registry: a registrant has IDs, each with a type and a value, in ``reg_ids``.

    OpenG2P may be missing, or be installed later: it is looked for each time.
    """

    _name = "mts.identity.store.g2p"
    _inherit = "mts.identity.store.partner"
    _description = "VIDs and Tokens among the IDs of OpenG2P"
    _precedence = 10

    @api.model
    def _label(self):
        return _("OpenG2P ID")

    @api.model
    def _is_available(self):
        return "g2p.reg.id" in self.env and "reg_ids" in self.env["res.partner"]._fields

    @api.model
    def _prepare(self):
        if not self._is_available():
            raise SettingError(
                _("OpenG2P's registry (module g2p_registry_base) is not installed here")
            )
        types = [self._existing_type(setting) for setting in DEFAULT_TYPES]
        if types[0] == types[1]:
            raise SettingError(_("VID and token need an ID type each"))
        self.env["mts.vid.type"]._remember_named()
        if not sql.index_exists(self.env.cr, "g2p_reg_id_mts_index"):
            # OpenG2P has none, not even for its check that nobody has two IDs of one type.
            self.env.cr.execute(
                "CREATE INDEX g2p_reg_id_mts_index ON g2p_reg_id (id_type, partner_id)"
            )

    # -- ID types --------------------------------------------------------------------------------

    @api.model
    def _existing_type(self, setting):
        name = self._type_name(setting)
        if not self._type(setting) and name == DEFAULT_TYPES[setting]:
            # OpenG2P comes without ID types.
            self.env[G2P_TYPE].create({"name": name})
        if not self._type(setting):
            raise SettingError(
                _("the registry has no ID type “%(name)s”: create it there, or correct the name"),
                name=name,
            )
        return self._type(setting)

    @api.model
    def _type(self, setting):
        return self._types(setting)[:1]

    @api.model
    def _types(self, setting):
        # OpenG2P does not tell types apart by the case of their names.
        name = escape_psql(self._type_name(setting))
        return self.env[G2P_TYPE].search([("name", "=ilike", name)], order="id")

    @api.model
    def _type_name(self, setting):
        return (self._connector()[setting] or "").strip() or DEFAULT_TYPES[setting]

    @api.model
    def _named_vid_types(self):
        """Return the ids of the ID types that hold VIDs by their names, with any connector."""
        if G2P_TYPE not in self.env:
            return set()
        connectors = self.env["mts.connector"].with_context(active_test=False)
        mine = connectors.search([("identity_store", "=", "g2p")])
        # The usual name counts for all, whatever a user's context says.
        usual = self.with_context(mts_connector_id=False)
        stores = [usual, *(connector._store() for connector in mine)]
        return {found.id for store in stores for found in store._types("g2p_vid_type")}

    # -- what connectors ask for -----------------------------------------------------------------

    @api.model
    def _domain(self):
        return self._domain_after(0)

    @api.model
    def _domain_after(self, after):
        if not self._is_available():
            return [(0, "=", 1)]
        self.env["g2p.reg.id"].flush()
        # The token is looked for both here and there: a registry may have some from before.
        return [
            ("id", ">", after),
            ("mosip_auth_token", "=", False),
            ("reg_ids", "in", self._waiting(after)),
        ]

    @api.model
    def _token_domain(self):
        if not self._is_available():
            return super()._token_domain()
        tokens = Query(self.env.cr, "g2p_reg_id")
        tokens.add_where("id_type = %s AND value <> ''", [self._type("g2p_token_type").id or 0])
        among_ids = [("reg_ids", "in", tokens)]
        return expression.OR([super()._token_domain(), among_ids])

    @api.model
    def _waiting(self, after):
        """Return the query of the VIDs beside which there is no token.

        A domain on ``reg_ids`` could not say that type and value are those of one ID.
        """
        waiting = Query(self.env.cr, "g2p_reg_id")
        vid_type, token_type = (self._type(setting).id or 0 for setting in DEFAULT_TYPES)
        waiting.add_where("id_type = %s AND partner_id > %s AND value <> ''", [vid_type, after])
        waiting.add_where(
            """
            NOT EXISTS (
                SELECT 1 FROM g2p_reg_id token
                WHERE token.id_type = %s AND token.partner_id > %s AND token.value <> ''
                  AND token.partner_id = g2p_reg_id.partner_id
            )
            """,
            [token_type, after],
        )
        return waiting

    @api.model
    def _watched_paths(self):
        return ["reg_ids", "reg_ids.id_type"]

    @api.model
    def _read_vids(self, partners):
        return self._read_values(partners, "g2p_vid_type")

    @api.model
    def _read_tokens(self, partners):
        tokens = self._read_values(partners, "g2p_token_type")
        return {**tokens, **super()._read_tokens(partners)}

    @api.model
    def _read_token_times(self, partners):
        # Of a token from before the connector, the registry knows when its ID was last written.
        rows = self._rows("g2p_token_type", partners.ids).filtered("value")
        times = {row.partner_id.id: row.write_date for row in rows.sorted("id")}
        return {**times, **super()._read_token_times(partners)}

    @api.model
    def _read_values(self, partners, setting):
        """Return ``{partner id: value}``; of several IDs of one type the newest counts."""
        if not self._is_available():
            return {}
        self.env["g2p.reg.id"].flush()
        self.env.cr.execute(
            """
            SELECT partner_id, value FROM g2p_reg_id
            WHERE id_type = %s AND partner_id = ANY(%s) AND value <> '' ORDER BY id
            """,
            [self._type(setting).id or 0, partners.ids],
            log_exceptions=False,
        )
        return self._stripped(self.env.cr.fetchall())

    @api.model
    def _rows(self, setting, partner_ids):
        """Return the IDs of this type, the newest first."""
        return self.env["g2p.reg.id"].search(
            [("id_type", "=", self._type(setting).id), ("partner_id", "in", partner_ids)],
            order="id desc",
        )

    @api.model
    def _find_by_token(self, token):
        rows = self.env["g2p.reg.id"].search(
            [("id_type", "=", self._type("g2p_token_type").id), ("value", "=", token)]
        )
        return super()._find_by_token(token) | rows.partner_id.filtered("active")

    @api.model
    def _store_tokens(self, tokens):
        self._write_tokens(tokens)
        self._rows("g2p_vid_type", list(tokens)).unlink()
        return super()._store_tokens(tokens)

    @api.model
    def _write_tokens(self, tokens):
        """Write the tokens into IDs: OpenG2P lets nobody have two of one type."""
        size = self.env["g2p.reg.id"]._fields["value"].size
        if size and max(map(len, tokens.values())) > size:
            # Odoo would cut it off, and it would be another token.
            raise ValueError(f"a token has more than the {size} characters of an ID")
        rows = self._rows("g2p_token_type", list(tokens))
        by_token = defaultdict(rows.browse)
        for row in rows:
            by_token[tokens[row.partner_id.id]] += row
        for token, same in by_token.items():
            # OpenG2P passes over expired IDs when it looks for duplicates.
            same.write({"value": token, "expiry_date": False})
        type_id = self._type("g2p_token_type").id
        rows.create(
            [
                {"partner_id": partner_id, "id_type": type_id, "value": tokens[partner_id]}
                for partner_id in sorted(set(tokens) - set(rows.partner_id.ids))
            ]
        )

    # -- by hand ---------------------------------------------------------------------------------

    @api.model
    def _write_vid(self, partner, vid):
        rows = self._rows("g2p_vid_type", partner.ids)
        type_id = self._type("g2p_vid_type").id
        try:
            if not vid:
                rows.unlink()
            elif rows:
                rows[0].value = vid
            else:
                rows.create({"partner_id": partner.id, "id_type": type_id, "value": vid})
        except ValidationError:
            # OpenG2P quotes the number, and Odoo logs what it says.
            raise UserError(_("The registry does not take this number as a VID.")) from None

    @api.model
    def _forget(self, partners):
        for setting in DEFAULT_TYPES:
            self._rows(setting, partners.ids).unlink()
        return super()._forget(partners)
