# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "MTS Connector: Sample of OpenG2P",
    "summary": "IDs of registrants, as OpenG2P keeps them, for demo and tests",
    "version": "15.0.1.0.0",
    "category": "Hidden",
    "author": "MTS Connector contributors",
    "license": "LGPL-3",
    "depends": ["mts_sample_registry"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "views/g2p_id_type.xml",
        "views/g2p_reg_id.xml",
        "views/res_partner.xml",
    ],
}
