"""What Odoo itself writes into its log about VIDs and tokens."""

import logging

import psycopg2
from odoo.exceptions import UserError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .rights_case import RightsCase
from .test_store_failures import everything_logged

VID, OTHER_VID = "2345678901234560", "9876543210987654"
TOKEN = "294830175629481037562948103756294810"


@tagged("post_install", "-at_install")
class TestLog(RightsCase):
    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Amina Diallo"})
        self.env["base"].flush()

    def test_calls_are_logged_without_what_was_typed(self):
        values = {"name": "Binta Sow", "mosip_vid_masked": VID}
        with self.assertLogs("odoo.api", logging.DEBUG) as logs:
            self.rpc(self.user("officer"), "res.partner", "create", values)
            self.rpc(self.user("officer"), "res.partner", "write", self.partner.ids, values)
            self.rpc(
                self.user("officer"), "res.partner", "search_read", [("name", "=", "Binta Sow")]
            )
        text = "\n".join(logs.output)
        self.assertIn("call res.partner().create(…)", text)
        self.assertIn(f"call res.partner({self.partner.id},).write(…)", text)
        for secret in (VID, "Binta"):
            self.assertNotIn(secret, text)

    def refuse(self, condition):
        self.env.cr.execute(f"ALTER TABLE res_partner ADD CONSTRAINT mts_test CHECK ({condition})")

    def assert_not_quoted(self, kind, method, *args):
        refused = self.assertRaises(UserError)
        with everything_logged() as lines, refused as caught, self.env.cr.savepoint():
            self.rpc(self.user(kind), "res.partner", method, *args)
        said = "\n".join([*lines, str(caught.exception), repr(caught.exception.__cause__)])
        for secret in (VID, OTHER_VID, TOKEN, "Diallo", "Binta"):
            self.assertNotIn(secret, said)
        self.assertIn("mts_test", str(caught.exception))

    def test_a_statement_that_fails(self):
        """PostgreSQL quotes the row, and Odoo the statement."""
        self.refuse("mosip_vid IS NULL")
        write = {"mosip_vid_masked": OTHER_VID}
        self.assert_not_quoted("officer", "write", self.partner.ids, write)
        self.assert_not_quoted("officer", "create", {"name": "Binta", **write})
        self.assert_not_quoted("manager", "write", self.partner.ids, {"mosip_vid": VID})
        self.assert_not_quoted("manager", "create", {"name": "Binta", "mosip_vid": VID})

    def test_a_token_that_cannot_be_corrected(self):
        self.refuse("mosip_auth_token IS NULL")
        values = {"mosip_auth_token": TOKEN}
        self.assert_not_quoted("manager", "write", self.partner.ids, values)

    def test_other_errors_are_none_of_our_business(self):
        self.refuse("color IS NULL OR color = 0")
        user, ids = self.user("manager"), self.partner.ids
        failing = self.assertRaises(psycopg2.Error)
        with failing, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.rpc(user, "res.partner", "write", ids, {"color": 5})
