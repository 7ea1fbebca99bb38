# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests.common import tagged

from .fault_case import CommittedCase
from .many_connectors_case import ManyConnectors


@tagged("post_install", "-at_install")
class TestOnTheContact(ManyConnectors, CommittedCase):
    pass
