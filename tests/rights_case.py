"""What the tests of rights share: users of each kind, and calls as they come over RPC."""

from odoo.api import call_kw
from odoo.tests.common import TransactionCase

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
