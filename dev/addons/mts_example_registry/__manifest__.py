# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "MTS Connector: Example of a Registry",
    "summary": "How to connect a registry that keeps its data in a way of its own",
    "version": "15.0.1.0.0",
    "category": "Hidden",
    "author": "MTS Connector contributors",
    "license": "LGPL-3",
    "depends": ["contacts", "mts_connector"],
}
