# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "MTS Connector of OpenG2P: Stand-In",
    "version": "15.0.1.2.0",
    "category": "Hidden",
    "author": "MTS Connector contributors",
    "license": "LGPL-3",
    "depends": ["base", "mail"],
    "data": ["security/ir.model.access.csv", "views/mts_connector.xml"],
}
