# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "MTS Connector: Benchmark",
    "summary": "A controller that does nothing, to be compared with",
    "version": "15.0.1.0.0",
    "category": "Hidden",
    "author": "MTS Connector contributors",
    "license": "LGPL-3",
    "depends": ["mts_connector"],
}
