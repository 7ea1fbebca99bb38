from odoo.tests.common import tagged

from .fault_case import CommittedCase
from .many_connectors_case import ManyConnectors


@tagged("post_install", "-at_install")
class TestOnTheContact(ManyConnectors, CommittedCase):
    pass
