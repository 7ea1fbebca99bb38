# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may open the dialogs, and see what is in them: only who has opened them."""

from odoo.tests.common import tagged

from .rights_case import KINDS, MatrixCase
from .test_rights import DIALOGS, METHODS


@tagged("post_install", "-at_install")
class TestDialogs(MatrixCase):
    def dialog(self, kind, model):
        """Return a row of the model that this user has made."""
        return self.env[model].with_user(self.user(kind)).sudo().create(self.values(model))

    def values(self, model):
        record = self.mine["mts.record"]
        if model == "mts.retry":
            return {"record_ids": [(6, 0, record.ids)]}
        if model == "mts.duplicate.comparison":
            return {"reason": "Told us"}
        values = {"connector_id": record.connector_id.id}
        if model == "mts.send.one":
            values["partner_id"] = record.partner_id.id
        return values

    def test_who_may_open_them(self):
        for model, allowed in DIALOGS.items():
            for kind in KINDS:
                may = allowed.get(kind, "")
                own = self.dialog(kind, model).id
                for operation, args, letter in (
                    ("create", [self.values(model)], "c"),
                    ("read", [[own], list(self.values(model))], "r"),
                    ("write", [[own], self.values(model)], "u"),
                    ("unlink", [[own]], "d"),
                ):
                    with self.subTest(model=model, kind=kind, operation=operation):
                        self.assertEqual(
                            self.is_allowed(kind, model, operation, *args),
                            letter in may,
                            (model, kind, operation),
                        )

    def test_nobody_sees_those_of_others(self):
        for model in DIALOGS:
            others = self.dialog("public", model).id
            for kind in KINDS:
                for operation, args in (
                    ("read", [[others], list(self.values(model))]),
                    ("write", [[others], self.values(model)]),
                ):
                    self.assertFalse(
                        kind != "public" and self.is_allowed(kind, model, operation, *args),
                        (model, kind, operation),
                    )

    def test_who_may_press_their_buttons(self):
        for model in DIALOGS:
            for method, allowed in METHODS.get(model, {}).items():
                for kind in KINDS:
                    own = self.dialog(kind, model).ids
                    self.assertEqual(
                        self.is_allowed(kind, model, method, own),
                        kind in allowed.split(),
                        (model, method, kind),
                    )
