# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Save what Odoo would drop, or would stumble over."""

from odoo import SUPERUSER_ID, api
from odoo.addons.mts_connector.migrations import openg2p_pair

# It has become a column that is no field; Odoo would drop it with the field.
KEEP_FINGERPRINTS = """
    WITH field AS (
        DELETE FROM ir_model_fields WHERE model = 'mts.record' AND name = 'fingerprint'
        RETURNING id
    )
    DELETE FROM ir_model_data
    WHERE model = 'ir.model.fields' AND res_id IN (SELECT id FROM field)
"""


def migrate(cr, _version):
    if openg2p_pair.is_there(cr):
        openg2p_pair.make_room(api.Environment(cr, SUPERUSER_ID, {}))
    cr.execute(KEEP_FINGERPRINTS)
