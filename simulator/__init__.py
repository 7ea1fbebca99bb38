# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A stand-in for the MOSIP Token Seeder (MTS), for the demo, the tests and the benchmark.

It needs neither Odoo nor MOSIP, and runs as a process (``python -m simulator``) or in threads
of the caller::

    with Simulator(seconds_per_record=0.01) as sim:
        requests.post(sim.url + "/authtoken/json", json=...)
"""

from .server import Simulator

__all__ = ["Simulator"]
