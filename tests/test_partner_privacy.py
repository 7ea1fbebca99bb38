# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""VID and token of a registrant: who may see, search, change, import and export them."""

import json
import re

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import Form, tagged
from odoo.tools import mute_logger

from ..models.base import GUARDED
from .common import MtsCase
from .rights_case import RightsCase

VID, MASKED = "2345678901234560", "•" * 12 + "4560"
OTHER_VID = "9876543210987654"
TOKEN = "a token of thirty-six characters, say"
VALUES = {"mosip_vid": VID, "mosip_auth_token": TOKEN}

OPERATORS = ("=", "!=", "<", ">=", "=like", "=ilike", "like", "ilike", "not ilike", "in", "not in")


class PrivacyCase(RightsCase):
    def setUp(self):
        super().setUp()
        self.partners = self.env["res.partner"]
        self.partner = self.partners.create({"name": "Amina Diallo", **VALUES})


def searches(field):
    """Yield each way to search, sort or group contacts by a field: model, method, args, kwargs."""
    for operator in OPERATORS:
        value = ["x"] if operator.endswith("in") else "2%"
        yield "res.partner", "search", [[(field, operator, value)]], {}
    leaf = (field, "!=", False)
    paths = {
        "res.partner": (field, f"child_ids.{field}", f"parent_id.{field}", f"user_ids.{field}"),
        # By inheritance, and by a path that Odoo joins.
        "res.users": (field, f"partner_id.{field}", f"partner_id.parent_id.{field}"),
        "mail.followers": (f"partner_id.{field}",),
    }
    for model, names in paths.items():
        for name in names:
            domain = [(name, "!=", False)]
            yield model, "search", [domain], {}
            yield model, "search", [["!", "|", *domain, *domain]], {}
    for model in ("res.partner", "res.users"):
        yield model, "search_count", [[leaf]], {}
        yield model, "search_read", [[leaf], ["id"]], {}
        yield model, "web_search_read", [[leaf], ["id"]], {}
        yield model, "name_search", ["Amina"], {"args": [leaf]}
        yield model, "read_group", [[leaf], ["name"], ["name"]], {}
        for order in (field, f"{field} desc", f"name, {field}", f"id desc,{field}  asc"):
            yield model, "search", [[]], {"order": order}
        yield model, "search_read", [[], ["id"]], {"order": field}
        yield from groupings(model, field)


def groupings(model, field):
    for groupby in (field, [field], ["name", field]):
        yield model, "read_group", [[], ["name"], groupby], {"lazy": False}
    for function in ("max", "array_agg", "count_distinct"):
        for spec in (f"{field}:{function}", f"found:{function}({field})"):
            yield model, "read_group", [[], [spec], ["name"]], {}
    yield model, "web_read_group", [[], ["name"], [field]], {}
    # As the list of duplicates is made, and as if these had been found.
    made_up = {"mts_duplicates": True, "mts_duplicates_found": [1]}
    yield model, "web_read_group", [[], ["name"], [field], 80], {"context": made_up}
    yield model, "read_progress_bar", [[], "name", {"field": field, "colors": {}}], {}
    yield model, "export_data", [[1], ["name", field]], {}


@tagged("post_install", "-at_install")
class TestSearch(PrivacyCase):
    def test_nobody_searches_by_what_is_not_for_that_user(self):
        denied = {
            "internal": ("mosip_vid", "mosip_auth_token"),
            "officer": ("mosip_vid",),
        }
        for kind, fields in denied.items():
            for field in fields:
                for way in searches(field):
                    with self.subTest(kind=kind, field=field, way=way):
                        model, method, args, kwargs = way
                        with self.assertRaises(AccessError), mute_logger("odoo.models"):
                            self.rpc(self.user(kind), model, method, *args, **kwargs)

    def test_these_ways_work_for_who_may(self):
        """Otherwise the test above would prove nothing."""
        allowed = {"officer": ("mosip_auth_token",), "manager": ("mosip_vid", "mosip_auth_token")}
        for kind, fields in allowed.items():
            for field in fields:
                for model, method, args, kwargs in searches(field):
                    with self.subTest(kind=kind, field=field, way=(model, method, args, kwargs)):
                        if (method, model) == ("export_data", "res.users"):
                            continue  # No officer may read the first user.
                        self.try_as(kind, model, method, args, kwargs)

    def try_as(self, kind, model, method, args, kwargs):
        self.rpc(self.user(kind), model, method, *args, **kwargs)

    def test_nobody_finds_out_who_is_known_to_mts(self):
        for domain in (
            [("mosip_duplicate_count", ">", 0)],
            [("mts_record_ids", "!=", False)],
            [("mts_record_ids.state", "=", "rejected")],
            [("parent_id.mts_record_ids.error_code", "=", "IDA-MLC-003")],
        ):
            with self.subTest(domain=domain), self.assertRaises(AccessError):
                self.rpc(self.user("internal"), "res.partner", "search", domain)
            self.rpc(self.user("officer"), "res.partner", "search", domain)

    def test_records_are_no_way_round(self):
        domain = [("partner_id.mosip_vid", "=like", "2%")]
        with self.assertRaises(AccessError):
            self.rpc(self.user("officer"), "mts.record", "search", domain)
        self.rpc(self.user("manager"), "mts.record", "search", domain)

    def test_a_saved_filter_is_no_way_round(self):
        self.rpc(
            self.user("manager"),
            "ir.filters",
            "create",
            {
                "name": "by VID",
                "model_id": "res.partner",
                "domain": repr([("mosip_vid", "=like", "2%")]),
                "context": repr({"group_by": ["mosip_vid"]}),
                "user_id": False,
                "is_default": True,
            },
        )
        found = self.rpc(self.user("officer"), "ir.filters", "get_filters", "res.partner")
        domain = [item["domain"] for item in found if item["name"] == "by VID"]
        self.assertEqual(len(domain), 1)
        with self.assertRaises(AccessError):
            self.rpc(self.user("officer"), "res.partner", "search", [("mosip_vid", "=like", "2%")])

    def test_the_superuser_searches_freely(self):
        internal = self.env(user=self.user("internal"))["res.partner"].sudo()
        self.assertEqual(internal.search([("mosip_vid", "=", VID)]), self.partner)

    def test_the_guard_knows_each_field_that_has_groups(self):
        ours = {
            name
            for name, field in self.partners._fields.items()
            if re.search("mosip|mts", name) or "mts_connector" in (field.groups or "")
        }
        self.assertEqual(ours, set(GUARDED))
        for name in GUARDED:
            self.assertTrue(self.partners._fields[name].groups, name)


@tagged("post_install", "-at_install")
class TestRead(PrivacyCase):
    def seen(self, kind):
        """Return everything that this user gets to see of the partner, as text."""
        user, ids = self.user(kind), self.partner.ids
        names = list(self.rpc(user, "res.partner", "fields_get"))
        spec = dict.fromkeys(names, "1")
        allowed = [
            self.rpc(user, "res.partner", "read", ids),
            self.rpc(user, "res.partner", "search_read", [("id", "in", ids)]),
            self.rpc(user, "res.partner", "copy_data", ids),
            self.rpc(user, "res.partner", "default_get", names),
            self.rpc(user, "res.partner", "onchange", ids, {}, [], spec),
            self.rpc(user, "res.partner", "onchange", ids, {"name": "X"}, "name", spec),
            self.rpc(user, "res.partner", "export_data", ids, ["name", "user_ids/name"]),
            self.rpc(user, "res.partner", "name_search", "Amina"),
            self.rpc(user, "res.partner", "fields_view_get", view_type="form"),
        ]
        return json.dumps(allowed, default=str)

    def test_what_each_sees(self):
        for kind, vid, masked, token in (
            ("internal", False, False, False),
            ("officer", False, True, True),
            ("manager", True, True, True),
        ):
            with self.subTest(kind):
                seen = self.seen(kind)
                self.assertEqual(VID in seen, vid)
                self.assertEqual(json.dumps(MASKED)[1:-1] in seen, masked)
                self.assertEqual(TOKEN in seen, token)
                if kind == "internal":
                    self.assertEqual(re.findall(".{40}(?:mosip_|mts_record).{40}", seen), [])

    def test_asking_for_it_by_name(self):
        denied = {"internal": GUARDED, "officer": ("mosip_vid",)}
        for kind, fields in denied.items():
            for field in fields:
                for method, args in (
                    ("read", [[field]]),
                    ("read", [["name", field]]),
                    ("export_data", [[field]]),
                    ("export_data", [["mosip_vid_masked", field]]),
                    ("export_data", [[f"child_ids/{field}", "name"]]),
                    ("onchange", [{"name": "X"}, "name", {"name": "1", field: "1"}]),
                ):
                    way = (kind, field, method, args)
                    with self.subTest(way=way), self.assertRaises(AccessError, msg=way):
                        self.rpc(self.user(kind), "res.partner", method, self.partner.ids, *args)

    def test_a_method_that_asks_for_no_groups(self):
        for kind, seen in {"internal": False, "officer": MASKED}.items():
            for model, ids, path in (
                ("res.partner", self.partner.ids, "mosip_vid_masked"),
                ("res.partner", self.partner.ids, "commercial_partner_id.mosip_vid_masked"),
            ):
                with self.subTest(kind=kind, path=path):
                    self.assertEqual(self.rpc(self.user(kind), model, "mapped", ids, path), [seen])

    def test_who_is_there_twice_is_not_for_everybody(self):
        self.partners.create({"name": "X", "mosip_auth_token": TOKEN})
        for kind, seen in {"internal": 0, "officer": 1}.items():
            counts = self.rpc(
                self.user(kind),
                "res.partner",
                "mapped",
                self.partner.ids,
                "mosip_duplicate_count",
            )
            self.assertEqual(counts, [seen], kind)

    def test_asking_a_user_for_the_contacts_fields(self):
        """A user has all fields of the contact, by inheritance."""
        colleague = self.user("manager")
        colleague.partner_id.write(VALUES)
        for kind, fields in {"internal": VALUES, "officer": ("mosip_vid",)}.items():
            for ids in (colleague.ids, self.user(kind).ids):
                for field in fields:
                    with self.subTest(kind=kind, field=field), self.assertRaises(AccessError):
                        self.rpc(self.user(kind), "res.users", "read", ids, [field])
            self.assertNotIn(VID, repr(self.rpc(self.user(kind), "res.users", "read", ids)))

    def test_an_onchange_of_another_record_shows_nothing(self):
        """Odoo reads the lines that it is told of, whatever their fields' groups."""
        user = self.user("internal")
        login = self.create_user("internal", self.env["res.company"].create({"name": "Other"}))
        login.company_ids += self.company
        login.partner_id.write(VALUES)
        for lines, line_id in (("child_ids", self.partner.id), ("user_ids", login.id)):
            for field in VALUES:
                spec = {"name": "1", lines: "1", f"{lines}.name": "1", f"{lines}.{field}": "1"}
                values = {"name": "X", lines: [(1, line_id, {"name": "Y"})]}
                with self.subTest(lines=lines, field=field), self.assertRaises(AccessError):
                    self.rpc(user, "res.partner", "onchange", [], values, "name", spec)

    def test_the_mask_does_not_put_the_number_into_the_cache(self):
        partner = self.partner.with_user(self.user("officer"))
        partner.invalidate_cache()
        self.assertEqual(partner.mosip_vid_masked, MASKED)
        with self.assertRaises(AccessError):
            self.assertTrue(partner.mosip_vid)

    def test_the_mask_of_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.partner.company_id = other
        officer = self.user("officer")
        with self.assertRaises(AccessError):
            self.rpc(officer, "res.partner", "read", self.partner.ids, ["mosip_vid_masked"])
        partner = self.partner.with_user(officer)
        partner.invalidate_cache()
        self.assertFalse(partner.mosip_vid_masked)

    def test_duplicates_of_other_companies(self):
        """Whoever is known to them, too, is none of this company's business."""
        other = self.env["res.company"].create({"name": "Other"})
        self.partner.company_id = self.company
        twin = self.partners.create({"name": "Twin", "company_id": other.id, **VALUES})
        officer = self.user("officer")

        def found(operator):
            domain = [("mosip_duplicate_count", operator, 0), ("id", "=", self.partner.id)]
            return bool(self.rpc(officer, "res.partner", "search", domain))

        def count():
            fields = ["mosip_duplicate_count"]
            return self.rpc(officer, "res.partner", "read", self.partner.ids, fields)

        self.assertEqual((found(">"), found("=")), (False, True))
        self.assertEqual(count()[0]["mosip_duplicate_count"], 0)
        twin.company_id = False
        self.assertEqual((found(">"), found("=")), (True, False))
        self.assertEqual(count()[0]["mosip_duplicate_count"], 1)
        twin.active = False
        self.assertEqual((found(">"), found("=")), (False, True))

    def test_short_numbers_show_less(self):
        for vid, masked in (("12", "••••"), ("123456", "••••56"), ("12345678", "••••5678")):
            self.partner.mosip_vid = vid
            self.assertEqual(self.partner.mosip_vid_masked, masked)
        self.partner.mosip_vid = False
        self.assertFalse(self.partner.mosip_vid_masked)

    def test_nothing_is_tracked_or_copied(self):
        self.partner.write({"mosip_vid": OTHER_VID, "mosip_auth_token": "another token"})
        self.partner.flush()
        messages = self.partner.message_ids
        text = repr([messages.mapped("body"), messages.sudo().tracking_value_ids.read()])
        for secret in (VID, OTHER_VID, TOKEN, "another token"):
            self.assertNotIn(secret, text)
        for name in GUARDED:
            self.assertFalse(getattr(self.partners._fields[name], "tracking", None))
        copy = self.partner.copy()
        self.assertFalse(copy.mosip_vid or copy.mosip_auth_token or copy.mosip_vid_masked)


@tagged("post_install", "-at_install")
class TestWrite(PrivacyCase):
    def setUp(self):
        super().setUp()
        self.officer = self.partners.with_user(self.user("officer"))
        self.mine = self.partner.with_user(self.user("officer"))

    def vid(self):
        self.partner.flush()
        self.partner.invalidate_cache()
        return self.partner.mosip_vid

    def save(self, **values):
        self.rpc(self.user("officer"), "res.partner", "write", self.partner.ids, values)

    def test_an_officer_types_a_new_number(self):
        self.save(mosip_vid_masked=f"  {OTHER_VID} ")
        self.assertEqual(self.vid(), OTHER_VID)
        self.assertEqual(self.mine.mosip_vid_masked, "•" * 12 + OTHER_VID[-4:])

    def test_saving_the_form_without_typing_changes_nothing(self):
        self.save(mosip_vid_masked=MASKED, name="Amina D.")
        self.assertEqual(self.vid(), VID)

    def test_blank_removes_the_number(self):
        for blank in (False, "", "  "):
            self.partner.mosip_vid = VID
            self.save(mosip_vid_masked=blank)
            self.assertFalse(self.vid())

    def test_half_a_mask_is_refused_without_a_quotation(self):
        for typed in (MASKED + "1", "•4560", MASKED[1:]):
            with self.assertRaises(UserError) as caught:
                self.save(mosip_vid_masked=typed)
            self.assertNotIn("4560", str(caught.exception))
            self.assertEqual(self.vid(), VID)

    def test_through_the_form(self):
        with Form(self.mine) as form:
            self.assertEqual(form.mosip_vid_masked, MASKED)
            self.assertEqual(form.mosip_auth_token, TOKEN)
            with self.assertRaises(AssertionError):
                self.assertTrue(form.mosip_vid)
            form.mosip_vid_masked = OTHER_VID
        self.assertEqual(self.vid(), OTHER_VID)
        with Form(self.officer) as form:
            form.name = "Binta Sow"
            form.mosip_vid_masked = VID
        self.assertEqual(self.partners.search_count([("mosip_vid", "=", VID)]), 1)
        with Form(self.partner.with_user(self.user("manager"))) as form:
            self.assertEqual(form.mosip_vid, OTHER_VID)
            form.mosip_vid = VID
        self.assertEqual(self.vid(), VID)

    def test_an_officer_imports_and_exports(self):
        columns = ["id", "name", "mosip_vid_masked"]
        data = [["mts_test.one", "One", OTHER_VID], ["mts_test.two", "Two", ""]]
        result = self.rpc(self.user("officer"), "res.partner", "load", columns, data)
        self.assertTrue(result["ids"], result["messages"])
        one, two = self.partners.browse(result["ids"])
        self.assertEqual((one.mosip_vid, two.mosip_vid), (OTHER_VID, False))
        exported = self.rpc(self.user("officer"), "res.partner", "export_data", one.ids, columns)
        self.assertEqual(exported["datas"][0][1:], ["One", "•" * 12 + OTHER_VID[-4:]])
        # What was exported can be imported again.
        again = self.rpc(self.user("officer"), "res.partner", "load", columns, exported["datas"])
        self.assertEqual(again["ids"], one.ids)
        self.assertEqual(one.mosip_vid, OTHER_VID)

    def test_a_manager_imports_the_whole_number(self):
        result = self.rpc(
            self.user("manager"), "res.partner", "load", ["name", "mosip_vid"], [["X", OTHER_VID]]
        )
        self.assertEqual(self.partners.browse(result["ids"]).mosip_vid, OTHER_VID)

    def test_who_may_not_write_may_not_create_either(self):
        denied = {
            "internal": ("mosip_vid", "mosip_vid_masked", "mosip_auth_token"),
            "officer": ("mosip_vid", "mosip_auth_token"),
        }
        for kind, fields in denied.items():
            user = self.user(kind)
            for field in fields:
                values = {"name": "X", field: OTHER_VID}
                with self.subTest(kind=kind, field=field):
                    with self.assertRaises(AccessError):
                        self.rpc(user, "res.partner", "create", values)
                    with self.assertRaises(AccessError):
                        self.rpc(user, "res.partner", "write", self.partner.ids, values)
                    result = self.rpc(
                        user, "res.partner", "load", list(values), [list(values.values())]
                    )
                    self.assertFalse(result["ids"])
        self.assertEqual(self.vid(), VID)

    def test_only_a_manager_corrects_a_token(self):
        values = {"mosip_auth_token": "corrected"}
        self.rpc(self.user("manager"), "res.partner", "write", self.partner.ids, values)
        self.assertEqual(self.partner.mosip_auth_token, "corrected")

    def test_no_default_gets_in(self):
        user = self.user("internal")
        for field in ("mosip_vid", "mosip_vid_masked", "mosip_auth_token"):
            # Not by the context, nor by a default that a user has saved.
            self.env["ir.default"].with_user(user).sudo().set(
                "res.partner", field, "made up", True
            )
            made = self.rpc(
                user,
                "res.partner",
                "create",
                {"name": "X"},
                context={f"default_{field}": "made up"},
            )
            made = self.partners.browse(made)
            self.assertFalse(made.mosip_vid or made.mosip_auth_token, field)

    def test_an_officer_merges(self):
        source = self.partners.create({"name": "Amina Diallo", "mosip_vid": OTHER_VID})
        self.partner.mosip_vid = False
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.user("officer"))
        self.user("officer").email = "officer@example.org"
        wizard._merge((source + self.partner).ids, source.with_user(self.user("officer")))
        self.assertFalse(self.partner.exists())
        self.assertEqual((source.mosip_auth_token, source.mosip_vid), (TOKEN, False))

    def test_merging_takes_the_right_to_write(self):
        source = self.partners.create({"name": "X"})
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.user("portal"))
        with self.assertRaises(AccessError):
            wizard._update_values(source, self.partner.with_user(self.user("portal")))


@tagged("post_install", "-at_install")
class TestByUrl(MtsCase):
    def test_no_field_can_be_downloaded(self):
        partner = self.env["res.partner"].create({"name": "Amina", **VALUES})
        self.env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": "Clerk",
                "login": "clerk",
                "password": "a long password",
                "groups_id": [(6, 0, [self.env.ref("base.group_user").id])],
            }
        )
        self.authenticate("clerk", "a long password")
        for field in ("mosip_vid", "mosip_auth_token", "mosip_vid_masked"):
            for place in ("content", "image"):
                url = (
                    f"{self.odoo_url}/web/{place}?model=res.partner&field={field}&id={partner.id}"
                )
                with mute_logger("odoo.http", "odoo.addons.base.models.ir_http"):
                    answer = self.opener.get(url, timeout=30)
                for secret in (VID, TOKEN, MASKED):
                    self.assertNotIn(secret.encode(), answer.content)
