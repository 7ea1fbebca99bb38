# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo, its databases and its server processes, for tests, demo and benchmarks.

Runs in the virtual environment that `dev/cli.py` makes.
"""

from .environment import Environment
from .rpc import RpcClient, RpcError
from .server import OdooServer
from .simulator import SimulatorProcess

__all__ = ["Environment", "OdooServer", "RpcClient", "RpcError", "SimulatorProcess"]
