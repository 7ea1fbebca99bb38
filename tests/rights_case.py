# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of rights share: users of each kind, and calls as they come over RPC."""

from datetime import date, timedelta

from odoo.api import call_kw
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests.common import TransactionCase
from odoo.tools import mute_logger

from ..simulator import Simulator

CONTACTS = ("base.group_partner_manager", "base.group_allow_export")

# Kinds of users, with their groups. Those of the office may edit and export contacts.
KINDS = {
    "nobody": (),
    "public": ("base.group_public",),
    "portal": ("base.group_portal",),
    "internal": ("base.group_user", *CONTACTS),
    "callback": ("mts_connector.group_callback",),
    "officer": ("mts_connector.group_user", *CONTACTS),
    "manager": ("mts_connector.group_manager", *CONTACTS),
}


class RightsCase(TransactionCase):
    # Which kinds of users the tests need. They are made beforehand: within ``assertRaises`` they
    # would be gone with its savepoint.
    kinds = ("portal", "internal", "officer", "manager")

    def setUp(self):
        super().setUp()
        self.company = self.env.ref("base.main_company")
        self.users = {kind: self.create_user(kind, self.company) for kind in self.kinds}

    def create_user(self, kind, company):
        users = self.env["res.users"].with_context(no_reset_password=True)
        return users.create(
            {
                "name": f"{kind} of {company.name}",
                "login": f"{kind} of {company.name}",
                "groups_id": [(6, 0, [self.env.ref(group).id for group in KINDS[kind]])],
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
            }
        )

    def user(self, kind):
        return self.users[kind]

    def rpc(self, user, model, method, *args, **kwargs):
        """Call a method as it is called over RPC: as this user, with an empty cache."""
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        try:
            return call_kw(self.env(user=user)[model], method, args, kwargs)
        finally:
            self.env["base"].invalidate_cache()


class MatrixCase(RightsCase):
    """Has a row of each model, in the users' own company and in another one."""

    kinds = tuple(KINDS)

    def setUp(self):
        super().setUp()
        self.other_company = self.env["res.company"].create({"name": "Other"})
        self.simulator = Simulator().start()
        self.addCleanup(self.simulator.stop)
        self.mine = self.create_rows(self.company)
        self.others = self.create_rows(self.other_company)

    def create_rows(self, company):
        """Return a row of each model, those that belong to a company in this one."""
        rows = {}

        def create(model, **values):
            rows[model] = self.env[model].create(values)
            return rows[model].id

        partner = self.env["res.partner"].create(
            {"name": "Amina", "company_id": company.id, "mosip_vid": "2345678901234560"}
        )
        rows["res.partner"] = partner
        connector = create(
            "mts.connector",
            name=f"Of {company.name}",
            company_id=company.id,
            mts_url=self.simulator.url,
            search_domain=repr([("id", "=", partner.id)]),
        )
        run = create("mts.run", connector_id=connector)
        request = create("mts.request", run_id=run, connector_id=connector)
        create(
            "mts.record",
            connector_id=connector,
            partner_id=partner.id,
            request_id=request,
            state="rejected",
        )
        create(
            "mts.submission",
            connector_id=connector,
            partner_id=partner.id,
            request_id=request,
            instance_id="uuid:1",
        )
        rows["mts.coverage"] = self.env["mts.coverage"].search([("connector_id", "=", connector)])
        create("mts.error.code", code=f"X-{company.id}", name="X", advice="X", policy="fix_data")
        day = date(2026, 1, 1) + timedelta(days=company.id)
        create("mts.refused.delivery", day=day, reason="denied")
        other = self.env["res.partner"].create({"name": "Other", "company_id": company.id})
        create(
            "mts.duplicate.decision", partner_id=partner.id, other_id=other.id, reason="Told us"
        )
        create("mts.vid.type", type_id=10**8 + company.id)
        self.env["base"].flush()
        return rows

    def is_allowed(self, kind, model, method, *args):
        """Tell whether the call passes the checks of rights, and undo what it did."""
        allowed = True
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                try:
                    self.rpc(self.user(kind), model, method, *args)
                except (AccessError, MissingError):
                    allowed = False
                except UserError:
                    # Allowed, and refused for a reason of its own.
                    allowed = True
                raise Undo()
        except Undo:
            return allowed

    def arguments(self, operation, row):
        if operation == "create":
            return [self.values_for(row)]
        if operation == "write":
            return [row.ids, WRITABLE[row._name]]
        return [row.ids]

    def values_for(self, row):
        """Return the values of another such row."""
        if row._name == "mts.connector":
            return {"name": "New", "company_id": row.company_id.id}
        if row._name == "mts.error.code":
            return {"code": "NEW", "name": "New", "advice": "New", "policy": "fix_data"}
        values = row.copy_data()[0]
        if row._name == "mts.record":
            values["partner_id"] = self.env["res.partner"].search([], limit=1).id
        if row._name == "mts.submission":
            values["instance_id"] = "uuid:2"
        if row._name == "mts.refused.delivery":
            values["reason"] = "malformed"
        if row._name == "mts.duplicate.decision":
            values["other_id"] = self.env["res.partner"].create({"name": "Third"}).id
        if row._name == "mts.vid.type":
            values["type_id"] += 10**7
        return values


class Undo(Exception):
    """Takes back what a call did."""


WRITABLE = {
    "mts.connector": {"name": "Changed"},
    "mts.run": {"message": "Changed"},
    "mts.request": {"message": "Changed"},
    "mts.record": {"error_message": "Changed"},
    "mts.submission": {"problem": "Changed"},
    "mts.coverage": {"coverage": "token"},
    "mts.error.code": {"advice": "Changed"},
    "mts.refused.delivery": {"count": 7},
    "mts.duplicate.decision": {"reason": "Changed"},
    "mts.vid.type": {"type_id": 7},
}
