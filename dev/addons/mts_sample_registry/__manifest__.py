# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "MTS Connector: Sample Registry",
    "summary": "A small registry in the shape of OpenG2P's, for demo and tests",
    "version": "15.0.1.0.0",
    "category": "Hidden",
    "author": "MTS Connector contributors",
    "license": "LGPL-3",
    "depends": ["base", "mail", "contacts"],
    "data": [
        "security/ir.model.access.csv",
        "data/gender_type.xml",
        "views/res_partner.xml",
    ],
}
