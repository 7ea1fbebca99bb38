# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "MTS Connector: Crash Points",
    "summary": "Lets tests kill Odoo at an exact point of the connector's work",
    "version": "15.0.1.0.0",
    "category": "Hidden",
    "author": "MTS Connector contributors",
    "license": "LGPL-3",
    "depends": ["mts_connector"],
}
