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
        values = {"connector_id": self.mine["mts.connector"].id}
        if model == "mts.send.one":
            values["partner_id"] = self.mine["mts.record"].partner_id.id
        return values

    def test_who_may_open_them(self):
        for model, allowed in DIALOGS.items():
            for kind in KINDS:
                may = allowed.get(kind, "")
                own = self.dialog(kind, model).id
                for operation, args, letter in (
                    ("create", [self.values(model)], "c"),
                    ("read", [[own], ["connector_id"]], "r"),
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
                    ("read", [[others], ["connector_id"]]),
                    ("write", [[others], self.values(model)]),
                ):
                    self.assertFalse(
                        kind != "public" and self.is_allowed(kind, model, operation, *args),
                        (model, kind, operation),
                    )

    def test_who_may_send_one(self):
        for kind in KINDS:
            own = self.dialog(kind, "mts.send.one").ids
            self.assertEqual(
                self.is_allowed(kind, "mts.send.one", "action_send", own),
                kind in METHODS["mts.send.one"]["action_send"].split(),
                kind,
            )
