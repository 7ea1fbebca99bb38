# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

import psycopg2
from odoo import api, models

from ..background.batch import Item
from ..log_error import log_error
from ..mts import message, signature

_logger = logging.getLogger(__name__)

# In place of the fingerprint: it changes as soon as the data can be read.
UNREADABLE = ""

# A matter of the moment, and not of the data: what is at work is done once again.
PASSING = (psycopg2.OperationalError, psycopg2.InterfaceError)


class MtsPayload(models.AbstractModel):
    """What MTS gets of each registrant. It has no rows."""

    _name = "mts.payload"
    _description = "What Is Sent of a Registrant"

    @api.model
    def _read(self, connector, vids):
        """Return what is to be sent.

        A field that fails for one registrant, be it of another addon, must not keep all those
        behind from being sent.

        :param vids: ``{partner id: VID}``
        :return: ``{partner id: Item}``, without a payload for those whose data cannot be read
        """
        items = self._try_to_read(connector, vids)
        if items is not None:
            return items
        items = {}
        for partner_id, vid in vids.items():
            unreadable = {partner_id: Item(partner_id, vid, None, UNREADABLE)}
            items.update(self._try_to_read(connector, {partner_id: vid}) or unreadable)
        return items

    @api.model
    def _try_to_read(self, connector, vids):
        """Return ``{partner id: Item}``, or None where one of them cannot be read."""
        paths, mapping = connector._paths(), connector._parsed_mapping()
        key = connector._signing_key()
        partners = self.env["res.partner"].with_company(connector.company_id).browse(vids)
        items = {}
        try:
            # It clears Odoo's cache when it fails: what was computed by halves must not be sent,
            # and what is left to be computed must not fail for the others.
            with self.env.cr.savepoint():
                for (partner_id, vid), texts in zip(vids.items(), partners._mts_records(paths)):
                    payload = {message.VID_KEY: vid, **texts}
                    identity = message.identity(payload, mapping, connector.lang_code)
                    fingerprint = signature.fingerprint(key, identity)
                    items[partner_id] = Item(partner_id, vid, payload, fingerprint)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  (whatever a field of another addon comes up with)
            if len(partners) == 1:
                log_error(_logger, f"Registrant {partners.id} cannot be read", error)
            return None
        return items
