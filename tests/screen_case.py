# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of screens share: what the web client does when a button is pressed."""

from lxml import etree
from odoo.osv import expression
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

from .common import MtsCase


class ScreenCase(MtsCase):
    def stat_button(self, record, field):
        """Return what the smart button with this field opens, as a dictionary of the action."""
        arch = record.fields_view_get(view_type="form")["arch"]
        (button,) = etree.fromstring(arch).xpath(f"//button[field[@name='{field}']]")
        return self.pressed(record, button)

    def pressed(self, record, button):
        """Return the action of a button that opens one, with the context that it brings along."""
        self.assertEqual(button.get("type"), "action")
        action = self.env["ir.actions.act_window"].browse(int(button.get("name"))).sudo().read()[0]
        given = safe_eval(button.get("context") or "{}", {"active_id": record.id})
        action["context"] = {**safe_eval(action["context"] or "{}"), **given}
        return action

    def shown(self, env, action):
        """Return the records that the action shows first."""
        return env[action["res_model"]].search(self.domain_of(env, action))

    def chart(self, env, name, kind="graph"):
        """Return the numbers of a board's graph or pivot: ``{(group, …): count}``."""
        action = self.env.ref(f"mts_connector.{name}").sudo().read()[0]
        action["context"] = safe_eval(action["context"] or "{}")
        (view,) = [view_id for view_id, view_kind in action["views"] if view_kind == kind]
        model = env[action["res_model"]]
        arch = etree.fromstring(model.fields_view_get(view, kind)["arch"])
        groups = [
            ":".join(filter(None, [node.get("name"), node.get("interval")]))
            for node in arch.iter("field")
        ]
        domain = self.domain_of(env, action)
        rows = model.read_group(domain, ["__count"], groups, lazy=False)
        return {tuple(self.label(row[group]) for group in groups): row["__count"] for row in rows}

    @staticmethod
    def label(value):
        return str(value[1]) if isinstance(value, tuple) else value

    def domain_of(self, env, action):
        """Return the domain of an action together with its default filters."""
        model = env[action["res_model"]]
        domain = safe_eval(action["domain"] or "[]")
        arch = etree.fromstring(model.fields_view_get(view_type="search")["arch"])
        for key, value in action["context"].items():
            name = key.partition("search_default_")[2]
            if name and value:
                (node,) = arch.xpath(f"//*[@name='{name}']")
                domain = expression.AND([domain, self.filtered(node, value)])
        return domain

    def filtered(self, node, value):
        if node.tag == "field":
            return [(node.get("name"), "=", value)]
        return safe_eval(node.get("domain") or "[]", self.times())

    def times(self):
        """Return what Odoo's own filters compute with."""
        return {
            "uid": self.env.uid,
            "time": time,
            "datetime": datetime,
            "relativedelta": dateutil.relativedelta.relativedelta,
            "context_today": datetime.datetime.now,
        }
