# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import time

from odoo import api, fields, models
from odoo.addons.mts_connector.token_field import TokenOfEach


class MtsBench(models.AbstractModel):
    """The bare calls that the connector is compared with, in the same Odoo."""

    _name = "mts.bench"
    _description = "Benchmark of the MTS Connector"

    @api.model
    def store_tokens(self, vid_type, token_type, batch_size, at_once):
        """Store a token for everybody who has a VID among OpenG2P's IDs, and delete the VIDs.

        :param vid_type: id of the type of IDs that are VIDs
        :param at_once: write the tokens of a batch as the connector does; or else as Odoo by
            itself can, which knows one value in a ``write``
        :return: the seconds that it took
        """
        started = time.perf_counter()
        rows = self.env["g2p.reg.id"].sudo().with_context(tracking_disable=True)
        vids = rows.search([("id_type", "=", vid_type)], order="partner_id")
        ids = [row["partner_id"][0] for row in vids.read(["partner_id"])]
        for first in range(0, len(ids), batch_size):
            batch = ids[first : first + batch_size]
            self._store(rows, batch, vid_type, token_type, at_once)
            self.env.cr.commit()  # pylint: disable=invalid-commit  # as the connector does
            self.invalidate_cache()
        return time.perf_counter() - started

    @api.model
    def _store(self, rows, partner_ids, vid_type, token_type, at_once):
        tokens = {id_: f"token-of-{id_:0>32}" for id_ in partner_ids}
        rows.search([("id_type", "=", vid_type), ("partner_id", "in", partner_ids)]).unlink()
        rows.create(
            [
                {"partner_id": id_, "id_type": token_type, "value": token}
                for id_, token in tokens.items()
            ]
        )
        partners = rows.env["res.partner"].browse(partner_ids)
        values = {"mosip_token_at": fields.Datetime.now()}
        if at_once:
            partners.write({**values, "mosip_auth_token": TokenOfEach(tokens)})
        else:
            for partner in partners:
                partner.write({**values, "mosip_auth_token": tokens[partner.id]})
        rows.flush()
