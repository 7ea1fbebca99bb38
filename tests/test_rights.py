# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may do what, as tables. A model, a field or a method that is missing in them fails."""

import inspect

from odoo import models
from odoo.tests.common import tagged

from ..models.base import GUARDED
from ..models.mts_setting_problems import TYPED
from .rights_case import KINDS, MatrixCase

ADDON = "odoo.addons.mts_connector."

# What each kind of user may do with the rows of each model: create, read, update, delete. Who is
# not named may do nothing. Of other companies nobody may do anything.
MODELS = {
    "mts.connector": {"officer": "r", "manager": "crud"},
    "mts.run": {"officer": "r", "manager": "r"},
    "mts.request": {"officer": "r", "manager": "r"},
    "mts.record": {"officer": "r", "manager": "r"},
    "mts.submission": {"officer": "r", "manager": "r"},
    "mts.coverage": {"officer": "r", "manager": "r"},
    "mts.error.code": {"officer": "r", "manager": "crud"},
    "mts.refused.delivery": {"manager": "r"},
    "mts.duplicate.decision": {"officer": "r", "manager": "r"},
    "mts.vid.type": {"manager": "rd"},
}
OF_A_COMPANY = (
    "mts.connector",
    "mts.run",
    "mts.request",
    "mts.record",
    "mts.submission",
    "mts.coverage",
    "mts.duplicate.decision",
)

# The same for dialogs, whose rows only the user who has opened them sees.
DIALOGS = {
    "mts.connection.test": {"manager": "cr"},
    "mts.duplicate.comparison": {"officer": "cru", "manager": "cru"},
    "mts.preview": {"officer": "cr", "manager": "cr"},
    "mts.retry": {"officer": "cr", "manager": "cr"},
    "mts.send.one": {"officer": "cru", "manager": "cru"},
}

# These have no rows.
ABSTRACT = {
    "mts.activities",
    "mts.callback.auth",
    "mts.conflict",
    "mts.delivery.settings",
    "mts.delta",
    "mts.identity.settings",
    "mts.identity.store.g2p",
    "mts.duplicate",
    "mts.form.values",
    "mts.identity.store.partner",
    "mts.ledger.counts",
    "mts.odk.settings",
    "mts.request.answers",
    "mts.request.reconciliation",
    "mts.run.progress",
    "mts.merge",
    "mts.payload",
    "mts.registrant.form",
    "mts.repair",
    "mts.schedule",
    "mts.work",
    "mts.secret.mixin",
    "mts.sending.settings",
    "mts.setting.mixin",
    "mts.setting.problems",
    "mts.settlement",
    "mts.submission.intake",
}

# Nobody writes these, and Odoo says nothing about it.
COMPUTED = ("mosip_duplicate_count", "mosip_has_token", "mosip_to_do", "mts_record_ids")
# The fields of a contact: who may read, and who may write.
PARTNER_FIELDS = {
    "mosip_vid": ("manager", "manager"),
    "mosip_vid_masked": ("officer manager", "officer manager"),
    "mosip_auth_token": ("officer manager", "manager"),
    "mosip_token_at": ("officer manager", ""),
    "mosip_has_token": ("officer manager", ""),
    "mosip_to_do": ("officer manager", ""),
    "mosip_duplicate_count": ("officer manager", ""),
    "mts_record_ids": ("officer manager", ""),
}

# The fields of a connector: settings, which officers see and managers change …
SETTINGS = {
    *("active", "answer_timeout_minutes", "batch_size", "callback_auth_database"),
    *("callback_auth_type", "callback_auth_url", "callback_auth_username"),
    *("callback_http_method", "callback_in_bulk", "callback_timeout", "callback_url"),
    *("company_id", "delivery_type", "g2p_token_type", "g2p_vid_type", "identity_store"),
    *("input_type", "interval_minutes"),
    *("job_type", "lang_code", "mapping", "max_attempts", "max_open_requests", "mts_url", "name"),
    *("odk_delay_minutes", "odk_email", "odk_form", "odk_known_person", "odk_odata_url"),
    *("odk_project", "odk_pulled_until", "odk_url", "registry_connector_id"),
    *("output_format", "output_type", "parallel_requests", "request_timeout", "retention_days"),
    *("search_domain", "selected_fields", "user_id"),
}
# … what the connector says of itself …
SHOWN = {
    *("attention", "attention_told", "callback_auth_password_source", "changes_since", "cron_id"),
    *(
        "next_import_at",
        "odk_password_source",
        "onetime_run_id",
        "pending_total",
        "rejected_total",
        "run_ids",
    ),
    *("run_total", "state", "tokenized_total", "told_until"),
}
# … what is for managers only, and what reads as empty for everybody.
FOR_MANAGERS = {"callback_user_warning", *(f"{setting}_problem" for setting in TYPED)}
EMPTY = {"callback_auth_password", "odk_password"}

# The fields of the other models: what their rows say to whoever may read them.
OTHER_FIELDS = {
    "mts.run": {
        *("company_id", "conflict_count", "connector_id", "expected_count", "failures"),
        *("finished_at", "last_partner_id", "lost_count", "message", "next_try_at", "outlook"),
        *("pending_count", "progress", "rejected_count", "request_count", "request_ids", "scope"),
        *("selected_count", "sent_count", "started_at", "state", "tokenized_count", "trigger"),
    },
    "mts.request": {
        *("answered_at", "check_at", "company_id", "conflict_count", "connector_id"),
        *("finished_since", "lost_count", "message", "record_count", "record_ids"),
        *("rejected_count", "request_identifier", "run_id", "sent_at", "state"),
        *("tokenized_count", "window_from", "window_until"),
    },
    "mts.submission": {
        *("company_id", "connector_id", "instance_id", "partner_id", "problem", "request_id"),
        "state",
    },
    "mts.record": {
        *("advice", "answered_at", "attempts", "company_id", "connector_id", "error_code"),
        *("error_id", "error_message", "partner_id", "question", "request_id", "retry_at"),
        *("retry_requested", "run_id", "sent_at", "situation", "state", "to_check", "token_at"),
        "unanswered_request_id",
    },
    "mts.coverage": {"company_id", "connector_id", "coverage", "partner_id"},
    "mts.error.code": {"advice", "code", "mts_field", "name", "policy"},
    "mts.refused.delivery": {"count", "day", "reason"},
    "mts.duplicate.decision": {"other_id", "partner_id", "reason"},
    "mts.vid.type": {"name", "type_id"},
}

# The columns that the ORM does not know, so that nobody reads them.
SECRETS = {
    "mts.connector": {"callback_auth_password", "hmac_key", "odk_password"},
    "mts.request": {"bearer_hash"},
    "mts.record": {"fingerprint", "offered"},
}

# Who may call the public methods; those of Odoo itself follow the rights above.
METHODS = {
    "mts.connector": {
        "action_import_now": "officer manager",
        "action_start": "manager",
        "action_stop": "manager",
        "action_preview": "officer manager",
        "action_test_connection": "manager",
    },
    "mts.run": {
        "action_cancel": "officer manager",
        "action_refresh": "officer manager",
    },
    "mts.coverage": {"action_open_registrant": "officer manager"},
    "mts.record": {
        "action_ask_retry": "officer manager",
        "action_keep_token": "manager",
        "action_open_registrant": "officer manager",
        "action_replace_token": "manager",
        "action_retry": "officer manager",
    },
    "mts.duplicate.decision": {"action_undo": "officer manager"},
    "mts.duplicate.comparison": {
        "action_merge": "officer manager",
        "action_settle": "officer manager",
    },
    "mts.retry": {"action_send": "officer manager"},
    "mts.send.one": {"action_send": "officer manager"},
    "res.partner": {"action_compare_duplicates": "officer manager"},
}

OPERATIONS = {"c": "create", "r": "read", "u": "write", "d": "unlink"}


@tagged("post_install", "-at_install")
class TestModels(MatrixCase):
    def test_every_model_has_a_row(self):
        ours = {name for name in self.env if name.startswith("mts.")}
        self.assertEqual(ours, set(MODELS) | set(DIALOGS) | ABSTRACT)
        for name in DIALOGS:
            self.assertTrue(self.env[name]._transient, name)
        for name in ABSTRACT:
            self.assertTrue(self.env[name]._abstract, name)
        # A decision belongs to the companies of its registrants.
        of_a_company = {"company_id", "partner_id"}
        for name in MODELS:
            fields = set(self.env[name]._fields)
            self.assertEqual(bool(fields & of_a_company), name in OF_A_COMPANY, name)

    def test_rows_of_the_own_company(self):
        for model, allowed in MODELS.items():
            for kind in KINDS:
                for letter, operation in OPERATIONS.items():
                    with self.subTest(model=model, kind=kind, operation=operation):
                        args = self.arguments(operation, self.mine[model])
                        self.assertEqual(
                            self.is_allowed(kind, model, operation, *args),
                            letter in allowed.get(kind, ""),
                            (model, kind, operation),
                        )

    def test_rows_of_another_company(self):
        for model in OF_A_COMPANY:
            for kind in KINDS:
                for operation in OPERATIONS.values():
                    with self.subTest(model=model, kind=kind, operation=operation):
                        args = self.arguments(operation, self.others[model])
                        self.assertFalse(
                            self.is_allowed(kind, model, operation, *args),
                            (model, kind, operation),
                        )

    def test_what_is_found(self):
        for model, allowed in MODELS.items():
            for kind in KINDS:
                with self.subTest(model=model, kind=kind):
                    if "r" not in allowed.get(kind, ""):
                        self.assertFalse(self.is_allowed(kind, model, "search", []))
                        continue
                    found = self.rpc(self.user(kind), model, "search", [])
                    self.assertIn(self.mine[model].id, found)
                    self.assertEqual(self.others[model].id in found, model not in OF_A_COMPANY)

    def test_nothing_is_moved_to_another_company(self):
        """What belongs to another company would be sent with its registrants' data."""
        values = {"company_id": self.other_company.id}
        connector = self.mine["mts.connector"]
        self.assertFalse(
            self.is_allowed("manager", "mts.connector", "write", connector.ids, values)
        )
        manager = self.user("manager")
        manager.company_ids += self.other_company
        self.assertTrue(
            self.is_allowed("manager", "mts.connector", "write", connector.ids, values)
        )

    def test_the_group_of_the_callback_gives_no_right_at_all(self):
        group = self.env.ref("mts_connector.group_callback")
        self.assertFalse(group.implied_ids)
        self.assertFalse(group.model_access or group.rule_groups or group.menu_access)
        self.assertFalse(group.view_access)
        fields = [
            f"{name}.{field.name}"
            for name in self.env
            for field in self.env[name]._fields.values()
            if "group_callback" in (field.groups or "")
        ]
        self.assertEqual(fields, [])

    def test_managers_are_officers_and_officers_are_employees(self):
        officer, manager = (self.env.ref(f"mts_connector.group_{n}") for n in ("user", "manager"))
        self.assertEqual(officer.implied_ids, self.env.ref("base.group_user"))
        self.assertEqual(manager.implied_ids, officer)


@tagged("post_install", "-at_install")
class TestFields(MatrixCase):
    def test_every_field_has_a_row(self):
        self.assertEqual(set(PARTNER_FIELDS), set(GUARDED))
        ours = self.fields_of("mts.connector", "mail.thread", "mail.activity.mixin")
        self.assertEqual(ours, SETTINGS | SHOWN | FOR_MANAGERS | EMPTY)
        self.assertEqual({"mts.connector", *OTHER_FIELDS}, set(MODELS))
        for model, fields in OTHER_FIELDS.items():
            self.assertEqual(self.fields_of(model), fields, model)

    def fields_of(self, model, *mixins):
        """Return the fields that are ours."""
        odoos = set(models.MAGIC_COLUMNS) | {"display_name", "__last_update"}
        for mixin in mixins:
            odoos |= set(self.env[mixin]._fields)
        return set(self.env[model]._fields) - odoos

    def test_every_column_is_a_field_or_a_secret(self):
        for model in MODELS:
            self.env.cr.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s",
                [self.env[model]._table],
            )
            stored = {
                name
                for name, field in self.env[model]._fields.items()
                if field.store and field.column_type
            }
            columns = {row[0] for row in self.env.cr.fetchall()}
            self.assertEqual(columns - stored, SECRETS.get(model, set()), model)
            self.assertEqual(set(getattr(self.env[model], "_secrets", ())), columns - stored)

    def test_fields_of_the_other_models(self):
        for model, fields in OTHER_FIELDS.items():
            ids = self.mine[model].ids
            for field in sorted(fields):
                for kind in KINDS:
                    self.assertEqual(
                        self.is_allowed(kind, model, "read", ids, [field]),
                        "r" in MODELS[model].get(kind, ""),
                        (model, field, kind),
                    )

    def test_fields_of_a_contact(self):
        partner = self.mine["mts.record"].partner_id
        for field, (readers, writers) in PARTNER_FIELDS.items():
            for kind in KINDS:
                with self.subTest(field=field, kind=kind):
                    self.assertEqual(
                        self.is_allowed(kind, "res.partner", "read", partner.ids, [field]),
                        kind in readers.split(),
                        (field, kind),
                    )
                    if field in COMPUTED:
                        continue
                    self.assertEqual(
                        self.is_allowed(
                            kind, "res.partner", "write", partner.ids, {field: "2345"}
                        ),
                        kind in writers.split(),
                        (field, kind),
                    )

    def test_records_are_not_written_through_the_contact(self):
        partner = self.mine["mts.record"].partner_id
        record = self.mine["mts.record"]
        for command in (
            (1, record.id, {"state": "tokenized"}),
            (2, record.id, 0),
            (0, 0, {"connector_id": record.connector_id.id, "state": "lost"}),
        ):
            for kind in ("officer", "manager"):
                values = {"mts_record_ids": [command]}
                self.assertFalse(
                    self.is_allowed(kind, "res.partner", "write", partner.ids, values), command
                )

    def test_fields_of_a_connector(self):
        ids = self.mine["mts.connector"].ids
        for field in SETTINGS | SHOWN | FOR_MANAGERS | EMPTY:
            readers = ("manager",) if field in FOR_MANAGERS else ("officer", "manager")
            for kind in KINDS:
                self.assertEqual(
                    self.is_allowed(kind, "mts.connector", "read", ids, [field]),
                    kind in readers,
                    (field, kind),
                )
        for field in EMPTY:
            value = self.rpc(self.user("manager"), "mts.connector", "read", ids, [field])
            self.assertEqual(value[0][field], "")


@tagged("post_install", "-at_install")
class TestMethods(MatrixCase):
    def public_methods(self, name):
        """Return the methods that our code adds to the model and that RPC can call."""
        known = set(dir(models.AbstractModel))
        for mixin in ("mail.thread", "mail.activity.mixin"):
            known |= set(dir(self.env[mixin]))
        ours = set()
        for cls in type(self.env[name]).__mro__:
            if cls.__module__.startswith(ADDON):
                ours |= {key for key, value in vars(cls).items() if inspect.isfunction(value)}
        return {key for key in ours - known if not key.startswith("_")}

    def test_every_method_has_a_row(self):
        others = ("res.partner", "base.partner.merge.automatic.wizard")
        for name in (*MODELS, *DIALOGS, *others):
            self.assertEqual(self.public_methods(name), set(METHODS.get(name, ())), name)
        known = {method for methods in METHODS.values() for method in methods}
        for name in ABSTRACT:
            # Methods of a mixin are there with the model that has it.
            self.assertLessEqual(self.public_methods(name), known, name)

    def test_nobody_calls_the_installation(self):
        for name in (*MODELS, *DIALOGS, *ABSTRACT, "res.partner"):
            for cls in type(self.env[name]).__mro__:
                if cls.__module__.startswith(ADDON):
                    self.assertNotIn("init", vars(cls), "anybody could call it over RPC")

    def test_who_may_call_them(self):
        for model in MODELS:
            for method, allowed in METHODS.get(model, {}).items():
                for kind in KINDS:
                    with self.subTest(model=model, method=method, kind=kind):
                        self.assertEqual(
                            self.is_allowed(kind, model, method, self.mine[model].ids),
                            kind in allowed.split(),
                            (model, method, kind),
                        )
                        self.assertFalse(
                            self.is_allowed(kind, model, method, self.others[model].ids),
                            (model, method, kind, "other company"),
                        )

    def test_who_has_data_sent_elsewhere_is_on_record(self):
        connector = self.mine["mts.connector"]
        self.end_transaction()
        for field in ("mts_url", "callback_url"):
            values = {field: f"https://elsewhere.example.org/{field}"}
            self.rpc(self.user("manager"), "mts.connector", "write", connector.ids, values)
        self.end_transaction()
        tracked = connector.message_ids.sudo().tracking_value_ids
        self.assertEqual(
            set(tracked.mapped("new_value_char")),
            {f"https://elsewhere.example.org/{field}" for field in ("mts_url", "callback_url")},
        )
        authors = connector.message_ids.filtered("tracking_value_ids").author_id
        self.assertEqual(authors, self.user("manager").partner_id)

    def end_transaction(self):
        """Have Odoo note what was changed."""
        self.env["base"].flush()
        self.env.cr.precommit.run()

    def test_jobs_of_others_are_not_touched(self):
        """A manager is no administrator, and may write any number into a field."""
        cron = self.env.ref("base.autovacuum_job")
        before = cron.read()
        connector, user = self.mine["mts.connector"], self.user("manager")
        for method, args in (
            ("write", [{"name": "Changed"}]),
            ("write", [{"job_type": "onetime"}]),
            ("action_stop", []),
            ("unlink", []),
        ):
            connector.cron_id = cron
            self.rpc(user, "mts.connector", method, connector.ids, *args)
            self.assertEqual(cron.exists().read(), before, method)
