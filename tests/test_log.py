# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What Odoo itself writes into its log about VIDs and tokens."""

import logging

import psycopg2
from odoo.tests.common import new_test_user, tagged
from werkzeug.exceptions import BadRequest

from .common import PASSWORD, MtsCase
from .fault_case import everything_logged
from .rights_case import RightsCase

VID, OTHER_VID = "2345678901234560", "9876543210987654"
TOKEN = "294830175629481037562948103756294810"
NAMED = "res_partner_check_name"


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
        self.env["base"].flush()
        self.env.cr.execute(f"ALTER TABLE res_partner ADD CONSTRAINT mts_test CHECK ({condition})")

    def assert_not_quoted(self, kind, method, *args, constraint="mts_test"):
        refused = self.assertRaises(psycopg2.Error)
        with everything_logged() as lines, refused as caught, self.env.cr.savepoint():
            self.rpc(self.user(kind), "res.partner", method, *args)
        said = "\n".join([*lines, str(caught.exception), repr(caught.exception)])
        for secret in (VID, OTHER_VID, TOKEN, "Diallo", "Binta"):
            self.assertNotIn(secret, said)
        self.assertIn(constraint, str(caught.exception))
        # Odoo goes by it where it words what it tells the user.
        self.assertEqual(caught.exception.diag.constraint_name, constraint)

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

    def test_a_statement_that_writes_something_else(self):
        """PostgreSQL quotes the whole row all the same."""
        self.partner.write({"mosip_vid": VID, "mosip_auth_token": TOKEN})
        ids = self.partner.ids
        self.assert_not_quoted("internal", "write", ids, {"name": False}, constraint=NAMED)
        values = {"name": False, "type": "contact", "street": "Binta"}
        self.assert_not_quoted("internal", "create", values, constraint=NAMED)
        self.refuse("color IS NULL OR color = 0")
        self.assert_not_quoted("internal", "write", ids, {"color": 5})

    def test_a_deletion_that_changes_another_row(self):
        parent = self.env["res.partner"].create({"name": "Parent"})
        self.partner.write({"mosip_vid": VID, "parent_id": parent.id})
        self.refuse("parent_id IS NOT NULL OR mosip_vid IS NULL")
        self.assert_not_quoted("internal", "unlink", parent.ids)

    def test_a_search_that_fails(self):
        refused = self.assertRaises(psycopg2.Error)
        with everything_logged() as lines, refused as caught, self.env.cr.savepoint():
            domain = [("mosip_vid", "=", VID)]
            self.rpc(self.user("manager"), "res.partner", "search", domain, offset=-1)
        self.assertNotIn(VID, "\n".join([*lines, str(caught.exception)]))
        name = type(caught.exception).__name__
        self.assertTrue(
            [line for line in lines if f"bad query: … res_partner …\nERROR: {name}" in line]
        )

    def test_a_search_that_is_odd(self):
        with everything_logged() as lines:
            domain = [("mosip_vid", "=", [VID])]
            self.rpc(self.user("manager"), "res.partner", "search", domain)
        self.assertNotIn(VID, "\n".join(lines))
        self.assertTrue([line for line in lines if "does not fit" in line])

    def test_a_change_that_is_written_later(self):
        """By whoever works as superuser, too."""
        self.partner.mosip_vid = VID
        self.env["base"].flush()
        refused = self.assertRaises(psycopg2.Error)
        with everything_logged() as lines, refused as caught, self.env.cr.savepoint():
            self.partner.name = False
        for line in [*lines, str(caught.exception)]:
            self.assertNotIn(VID, line)

    def test_a_call_of_openg2ps_rest_api_that_fails(self):
        """As OCA's base_rest logs it, with whatever a handler of logs can get at."""
        logger = logging.getLogger("odoo.addons.base_rest.http")
        values = {"ids": [{"id_type": "MOSIP VID", "value": VID}]}
        with self.assertLogs(logger, logging.ERROR) as logs:
            try:
                try:
                    raise ValueError(f"'{VID}' is invalid")
                except ValueError as cause:
                    raise BadRequest(str(cause)) from cause
            except BadRequest as error:
                logger.exception(
                    "RESTFULL call to url %s with method %s and params %s raise the following %s",
                    *("https://registry/api?id=" + VID, "POST", values, error),
                    extra={
                        "url": "https://registry/api?id=" + VID,
                        "params": values,
                        "headers": {"Cookie": "session_id=" + TOKEN},
                        "exception_body": error.get_body(),
                    },
                )
        (record,) = logs.records
        said = logging.Formatter().format(record)
        kept = {key: value for key, value in vars(record).items() if key != "exc_info"}
        for text in (said, str(kept)):
            self.assertNotIn(VID, text)
            self.assertNotIn(TOKEN, text)
        for text in ("https://registry/api ", "POST", "BadRequest", "ValueError", "test_log.py"):
            self.assertIn(text, said)


@tagged("post_install", "-at_install")
class TestRefusedOverRpc(MtsCase):
    """What a user is told by Odoo, and what is logged of it."""

    def test_a_contact_without_a_name(self):
        partner = self.env["res.partner"].create(
            {"name": "Amina Diallo", "mosip_vid": VID, "mosip_auth_token": TOKEN}
        )
        new_test_user(self.env, "clerk", "base.group_partner_manager", password=PASSWORD)
        answer, said = self.call("write", partner.ids, {"name": False})
        self.assertIn("Contacts require a name", answer["error"]["data"]["message"])
        for secret in (VID, TOKEN, "Diallo"):
            self.assertNotIn(secret, said + str(answer))

    def test_a_value_that_does_not_fit(self):
        """It comes back to the user who typed it, and stays out of the log."""
        new_test_user(self.env, "clerk", "base.group_partner_manager", password=PASSWORD)
        calls = [
            ("search", [["name", "=", VID, "x"]]),
            ("search", [["no_field", "=", VID]]),
            ("search", ["&", ["a", "=", VID]]),
            ("search", [["color", "=", VID + "x"]]),
            ("search", [["create_date", "=", VID]]),
            ("create", {"name": "Amina", "color": VID + "x"}),
            ("create", {"name": "Amina", "type": VID}),
            ("create", {"name": "Amina", "date": VID}),
        ]
        for method, argument in calls:
            with self.subTest(method=method, argument=argument):
                answer, said = self.call(method, argument)
                self.assertIn("error", answer)
                self.assertIn("A call failed: ", said)
                self.assertNotIn(VID, said)

    def call(self, method, *args):
        """Call a method of contacts as a screen does; return the answer, and what is logged."""
        self.env["base"].flush()
        self.authenticate("clerk", PASSWORD)
        params = {"model": "res.partner", "method": method, "args": args, "kwargs": {}}
        with everything_logged() as lines:
            answer = self.post(
                f"/web/dataset/call_kw/res.partner/{method}", {"jsonrpc": "2.0", "params": params}
            )
        return answer.json(), "\n".join(lines)
