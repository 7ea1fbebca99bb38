# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who sees the VIDs among OpenG2P's IDs: managers. Registrars still type them in."""

import json
from contextlib import contextmanager, suppress

import psycopg2
from lxml import etree
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import Form, tagged
from odoo.tools import mute_logger

from ..fault_case import everything_logged
from ..rights_case import RightsCase

NUMBER, OTHER_NUMBER = "2345678901234560", "9876543210987650"
MASKED = "•" * 12 + NUMBER[-4:]
REGISTRAR = "mts_sample_g2p.group_g2p_registrar"
ROWS = "g2p.reg.id"


def line(*command):
    """Return the values of a contact that change its IDs."""
    return {"reg_ids": [command]}


@tagged("post_install", "-at_install")
class PrivacyCase(RightsCase):
    kinds = ("internal", "officer", "manager")

    def setUp(self):
        super().setUp()
        # All of them are registrars of OpenG2P; ``internal`` is nothing else.
        for user in self.users.values():
            user.groups_id += self.env.ref(REGISTRAR)
        self.connector = self.env["mts.connector"].create({"name": "Registry"})
        types = self.env["g2p.id.type"]
        self.vid_type = types.search([("name", "=", "MOSIP VID")])
        self.token_type = types.search([("name", "=", "MOSIP UIN TOKEN")])
        self.national = types.create({"name": "National ID"})
        self.partner = self.env["res.partner"].create(
            {
                "name": "DIALLO, AMINA",
                "is_registrant": True,
                "given_name": "Amina",
                "family_name": "Diallo",
            }
        )
        self.rows = {
            id_type: self.give(self.partner, id_type, value)
            for id_type, value in (
                (self.vid_type, NUMBER),
                (self.token_type, "a token"),
                (self.national, "AB 123"),
            )
        }
        self.row = self.rows[self.vid_type]

    def give(self, partner, id_type, value):
        return self.env[ROWS].create(
            {"partner_id": partner.id, "id_type": id_type.id, "value": value}
        )

    def vid(self):
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        rows = self.env[ROWS].search([("id_type", "=", self.vid_type.id)])
        return rows.filtered(lambda row: row.partner_id == self.partner).mapped("value")


class TestRows(PrivacyCase):
    def test_who_finds_them(self):
        for kind in self.kinds:
            user, seen = self.user(kind), kind == "manager"
            for domain in (
                [("partner_id", "=", self.partner.id)],
                [("value", "=like", "2345%")],
                [("id_type", "=", self.vid_type.id)],
            ):
                found = self.rpc(user, ROWS, "search", domain)
                self.assertEqual(self.row.id in found, seen, (kind, domain))
            read = self.rpc(user, "res.partner", "read", self.partner.ids, ["reg_ids"])
            self.assertEqual(self.row.id in read[0]["reg_ids"], seen)
            found = self.rpc(user, "res.partner", "search", [("reg_ids.value", "=like", "2345%")])
            self.assertEqual(found == self.partner.ids, seen)
            groups = self.rpc(user, ROWS, "read_group", [], ["value"], ["value"])
            self.assertEqual(NUMBER in [group["value"] for group in groups], seen)

    def test_who_reads_and_changes_them(self):
        ids = self.row.ids
        for kind in ("internal", "officer"):
            user = self.user(kind)
            for method, args in (
                ("read", [["value"]]),
                ("export_data", [["value"]]),
                ("write", [{"value": OTHER_NUMBER}]),
                ("write", [{"id_type": self.national.id}]),
            ):
                with self.subTest(kind=kind, method=method), self.assertRaises(AccessError):
                    self.rpc(user, ROWS, method, ids, *args)
        manager = self.user("manager")
        self.assertEqual(self.rpc(manager, ROWS, "read", ids, ["value"])[0]["value"], NUMBER)
        self.rpc(manager, ROWS, "write", ids, {"value": OTHER_NUMBER})
        self.assertEqual(self.vid(), [OTHER_NUMBER])

    def test_an_onchange_is_no_way_round(self):
        spec = {"name": "1", "reg_ids": "1", "reg_ids.value": "1", "reg_ids.expiry_date": "1"}
        values = {"name": "X", "reg_ids": [(1, self.row.id, {"expiry_date": "2030-01-01"})]}
        with self.assertRaises(AccessError):
            self.rpc(self.user("officer"), "res.partner", "onchange", [], values, "name", spec)

    def test_other_ids_are_seen_as_before(self):
        others = self.rows[self.token_type] + self.rows[self.national]
        for kind in self.kinds:
            found = self.rpc(self.user(kind), ROWS, "search", [])
            self.assertLessEqual(set(others.ids), set(found))

    def test_vids_of_a_type_of_ones_own(self):
        row = self.rows[self.national]
        self.connector.g2p_vid_type = "national id"
        self.assertNotIn(row.id, self.rpc(self.user("internal"), ROWS, "search", []))
        # The usual one goes on being one: there may be VIDs left.
        self.assertNotIn(self.row.id, self.rpc(self.user("internal"), ROWS, "search", []))

    def assert_hidden(self, *rows, **context):
        found = self.rpc(self.user("internal"), ROWS, "search", [], context=context)
        self.assertEqual([row for row in rows if row.id in found], [])

    def forget_types(self):
        """Act as if nothing had happened yet that they are remembered at."""
        self.env["base"].flush()
        self.env.cr.execute("DELETE FROM mts_vid_type")
        self.env["base"].invalidate_cache()

    def test_a_type_that_gets_another_name(self):
        self.vid_type.name = "Number of MOSIP"
        self.assert_hidden(self.row)

    def test_a_type_that_gets_another_name_without_any_connector(self):
        self.connector.unlink()
        self.forget_types()
        self.vid_type.name = "Number of MOSIP"
        self.assert_hidden(self.row)

    def test_an_older_type_that_takes_the_name(self):
        self.vid_type.name = "Number of MOSIP"
        self.national.name = "MOSIP VID"
        self.assert_hidden(self.row, self.rows[self.national])

    def test_the_connector_goes_or_takes_another_type(self):
        for change in (
            lambda connector: connector.write({"g2p_vid_type": "MOSIP VID"}),
            lambda connector: connector.write({"identity_store": "partner"}),
            lambda connector: connector.unlink(),
        ):
            self.connector.write({"identity_store": "g2p", "g2p_vid_type": "National ID"})
            change(self.connector)
            self.assert_hidden(self.row, self.rows[self.national])

    def test_no_context_uncovers_them(self):
        self.connector.g2p_vid_type = "National ID"
        self.forget_types()
        self.assert_hidden(self.row, mts_connector_id=self.connector.id)

    def test_a_manager_uncovers_a_type(self):
        """One that was chosen by mistake."""
        self.connector.g2p_vid_type = "National ID"
        hidden = (
            self.env["mts.vid.type"].search([]).filtered(lambda kept: kept.name == "National ID")
        )
        self.assertTrue(hidden)
        with self.assertRaises(UserError):
            self.rpc(self.user("manager"), "mts.vid.type", "unlink", hidden.ids)
        self.connector.g2p_vid_type = "MOSIP VID"
        self.assert_hidden(self.rows[self.national])
        self.rpc(self.user("manager"), "mts.vid.type", "unlink", hidden.ids)
        found = self.rpc(self.user("internal"), ROWS, "search", [])
        self.assertIn(self.rows[self.national].id, found)

    def test_a_registrar_types_one_in(self):
        values = {
            "name": "Binta",
            "is_registrant": True,
            "reg_ids": [(0, 0, {"id_type": self.vid_type.id, "value": OTHER_NUMBER})],
        }
        partner_id = self.rpc(self.user("internal"), "res.partner", "create", values)
        partner = self.env["res.partner"].browse(partner_id)
        self.assertEqual(partner.reg_ids.value, OTHER_NUMBER)
        seen = self.rpc(self.user("internal"), "res.partner", "read", [partner_id], ["reg_ids"])
        self.assertEqual(seen[0]["reg_ids"], [])

    def test_a_second_one_is_refused_all_the_same(self):
        """OpenG2P counts with the user's rights, who does not see the first."""
        values = {"partner_id": self.partner.id, "id_type": self.vid_type.id, "value": "2"}
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.rpc(self.user("internal"), ROWS, "create", values)
        self.assertEqual(self.vid(), [NUMBER])

    def test_nobody_gets_a_right_that_openg2p_does_not_give(self):
        self.user("manager").groups_id -= self.env.ref(REGISTRAR)
        with self.assertRaises(AccessError):
            self.rpc(self.user("manager"), ROWS, "read", self.row.ids, ["value"])


class TestErrors(PrivacyCase):
    """OpenG2P quotes the number that it does not take, and Odoo logs what is said."""

    def setUp(self):
        super().setUp()
        self.vid_type.id_validation = "^2345"

    @contextmanager
    def refused_without(self, number, error=ValidationError):
        with self.assertRaises(error) as caught:
            yield
        self.assertNotIn(number, str(caught.exception))
        self.assertTrue(str(caught.exception))

    def test_on_saving(self):
        for values in ({"value": OTHER_NUMBER}, {"value": f"{OTHER_NUMBER} of Amina"}):
            with self.refused_without(OTHER_NUMBER):
                self.rpc(self.user("manager"), ROWS, "write", self.row.ids, values)
        partner = self.env["res.partner"].create({"name": "Binta"})
        with self.refused_without("short"):
            self.give(partner, self.vid_type, "short")

    def test_while_it_is_typed(self):
        values = {"id_type": self.vid_type.id, "value": "short", "partner_id": self.partner.id}
        for number in ("short", OTHER_NUMBER):
            with self.refused_without(number):
                self.rpc(
                    self.user("manager"),
                    ROWS,
                    "onchange",
                    [],
                    {**values, "value": number},
                    "value",
                    dict.fromkeys(values, "1"),
                )

    def test_what_else_is_wrong_is_said(self):
        with self.assertRaisesRegex(ValidationError, "ID Type must be unique"):
            self.give(self.partner, self.vid_type, NUMBER)

    def test_in_the_database(self):
        """PostgreSQL quotes the row, and Odoo the statement."""
        self.env["base"].flush()
        self.env.cr.execute(
            "ALTER TABLE g2p_reg_id ADD CONSTRAINT mts_test CHECK (value NOT LIKE '23459%')"
        )
        officer, number = self.partner.with_user(self.user("officer")), "2345987654321098"
        refused = self.refused_without(number, psycopg2.Error)
        with everything_logged() as lines, refused, self.env.cr.savepoint():
            officer.mosip_vid_masked = number
        self.assertEqual([line for line in lines if number in line], [])

    def assert_not_quoted(self, number, user, model, method, *args, **kwargs):
        refused = self.assertRaises(psycopg2.Error)
        with everything_logged() as lines, refused as caught, self.env.cr.savepoint():
            self.rpc(user, model, method, *args, **kwargs)
        for line in [*lines, str(caught.exception)]:
            self.assertNotIn(number, line)

    def test_in_the_database_by_every_way(self):
        self.env["base"].flush()
        self.vid_type.id_validation = False
        self.env.cr.execute(
            "ALTER TABLE g2p_reg_id ADD CONSTRAINT mts_test CHECK (value NOT LIKE '98765%'),"
            "ADD CONSTRAINT mts_dated CHECK (expiry_date IS NULL)"
        )
        registrar, manager, ids = self.user("internal"), self.user("manager"), self.row.ids
        bad = {"id_type": self.vid_type.id, "value": OTHER_NUMBER}
        late = {"expiry_date": "2030-01-01"}
        other = self.env["res.partner"].create({"name": "Binta", "is_registrant": True})
        for number, user, model, method, *args in (
            (OTHER_NUMBER, registrar, ROWS, "create", {**bad, "partner_id": other.id}),
            (OTHER_NUMBER, registrar, "res.partner", "create", {"name": "X", **line(0, 0, bad)}),
            (OTHER_NUMBER, registrar, "res.partner", "write", other.ids, line(0, 0, bad)),
            (OTHER_NUMBER, manager, ROWS, "write", ids, {"value": OTHER_NUMBER}),
            # Whatever is written, PostgreSQL quotes the whole row.
            (NUMBER, manager, ROWS, "write", ids, late),
            (NUMBER, manager, "res.partner", "write", self.partner.ids, line(1, ids[0], late)),
            # The type is not there any more.
            (OTHER_NUMBER, registrar, ROWS, "create", {**bad, "partner_id": 10**8}),
        ):
            with self.subTest(model=model, method=method, args=args):
                self.assert_not_quoted(number, user, model, method, *args)
        sought = [("value", "=", NUMBER)]
        self.assert_not_quoted(NUMBER, manager, ROWS, "search", sought, offset=-1)

    def test_on_the_page(self):
        with self.refused_without(OTHER_NUMBER, UserError):
            self.partner.with_user(self.user("officer")).mosip_vid_masked = OTHER_NUMBER


class TestTemplates(PrivacyCase):
    def test_a_parameter_that_everybody_may_write(self):
        """Odoo 15 keeps there who may write code into e-mails."""
        user, code = self.user("internal"), "${object.name}{{ object.name }}"
        with suppress(AccessError), self.env.cr.savepoint():
            args = ("mail.restrict.template.rendering", False)
            self.rpc(user, "ir.config_parameter", "set_param", *args)
        with self.assertRaises(AccessError):
            self.rpc(user, "mail.template", "create", {"name": "X", "subject": code})


class TestPage(PrivacyCase):
    """The page MOSIP, on the registry's own form."""

    def page(self, kind, view="mts_sample_registry.res_partner_view_form"):
        """Return the names of the fields that this user sees on the page, or None for no page."""
        partners = self.env["res.partner"].with_user(self.user(kind))
        view_id = self.env.ref(view).id
        arch = partners.fields_view_get(view_id=view_id, view_type="form")["arch"]
        pages = etree.fromstring(arch).xpath("//page[@name='mosip']")
        if not pages:
            return None
        self.assertEqual(len(pages), 1)
        return pages[0].xpath(".//field[not(@invisible)]/@name")

    def test_who_sees_the_page(self):
        self.assertIsNone(self.page("internal"))
        for kind in ("officer", "manager"):
            self.assertIn("mosip_token_at", self.page(kind))

    def test_it_shows_the_masked_number_to_everybody(self):
        """A manager sees the whole one among the IDs."""
        for view in ("mts_sample_registry.res_partner_view_form", "base.view_partner_form"):
            for kind in ("officer", "manager"):
                fields = self.page(kind, view)
                self.assertIn("mosip_vid_masked", fields)
                self.assertNotIn("mosip_vid", fields)

    def test_it_is_left_as_it_is_where_the_contact_has_the_vid(self):
        self.connector.identity_store = "partner"
        fields = self.page("manager")
        self.assertIn("mosip_vid", fields)
        self.assertNotIn("mosip_vid_masked", fields)

    def test_while_a_registry_goes_over_to_openg2p(self):
        """There is a connector from before, too."""
        self.env["mts.connector"].create({"name": "A", "identity_store": "partner"})
        self.assertEqual(self.partner.mosip_vid_masked, MASKED)
        self.assertNotIn("mosip_vid", self.page("manager"))

    def test_forms_that_are_not_about_registrants_are_left_alone(self):
        view = self.env["ir.ui.view"].create(
            {
                "name": "small",
                "model": "res.partner",
                "type": "form",
                "arch": '<form><field name="name"/><notebook><page/></notebook></form>',
            }
        )
        arch = self.env["res.partner"].fields_view_get(view_id=view.id)["arch"]
        self.assertNotIn("mosip", arch)

    def test_what_is_seen(self):
        for kind in ("officer", "manager"):
            seen = self.rpc(
                self.user(kind), "res.partner", "read", self.partner.ids, ["mosip_vid_masked"]
            )
            self.assertEqual(seen[0]["mosip_vid_masked"], MASKED)
        with self.assertRaises(AccessError):
            self.rpc(
                self.user("internal"),
                "res.partner",
                "read",
                self.partner.ids,
                ["mosip_vid_masked"],
            )

    def test_an_officer_sees_it_nowhere_whole(self):
        """Nor where the mask has just been worked out in the same transaction."""
        user = self.user("officer")
        names = ["name", "mosip_vid_masked", "reg_ids"]
        seen = [
            self.rpc(user, "res.partner", "read", self.partner.ids),
            self.rpc(user, "res.partner", "export_data", self.partner.ids, names),
            self.rpc(
                user,
                "res.partner",
                "export_data",
                self.partner.ids,
                ["mosip_vid_masked", "reg_ids/value"],
            ),
            self.rpc(user, ROWS, "search_read", []),
        ]
        self.assertNotIn(NUMBER, json.dumps(seen, default=str))
        self.assertIn(NUMBER[-4:], json.dumps(seen, default=str))

    def test_an_officer_types_a_new_number(self):
        view = self.env.ref("mts_sample_registry.res_partner_view_form")
        with Form(self.partner.with_user(self.user("officer")), view) as form:
            self.assertEqual(form.mosip_vid_masked, MASKED)
            form.mosip_vid_masked = OTHER_NUMBER
        self.assertEqual(self.vid(), [OTHER_NUMBER])
        self.assertFalse(self.partner.mosip_vid)

    def test_an_officer_removes_a_number_and_types_it_in_again(self):
        officer = self.user("officer")
        for typed, kept in ((False, []), (OTHER_NUMBER, [OTHER_NUMBER])):
            self.rpc(
                officer,
                "res.partner",
                "write",
                self.partner.ids,
                {"mosip_vid_masked": typed},
            )
            self.assertEqual(self.vid(), kept)

    def test_without_any_connector(self):
        self.connector.unlink()
        with mute_logger("odoo.models.unlink"):
            self.assertEqual(self.partner.mosip_vid_masked, MASKED)
