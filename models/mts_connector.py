import ast
import logging
from contextlib import contextmanager
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.osv import expression

from ..background.slice import Slice
from ..mts import message, output_format, settings, signature
from ..mts.client import MtsClient
from ..mts.errors import MtsError
from .mts_error_code import STOPPING_POLICIES
from .mts_connector_defaults import default_domain, default_fields, default_mapping

_logger = logging.getLogger(__name__)

# First number of the advisory lock that keeps slices of one connector apart; the second is the
# connector's id. Any fixed number does that no other addon uses.
SLICE_LOCK = 0x4D5453

# Each is refused at once on saving: (least, most).
RANGES = {
    "interval_minutes": (1, 525600),
    "callback_timeout": (1, 3600),
    "batch_size": (1, 1000),
    "parallel_requests": (1, 32),
    # A slice must end before Odoo's default limit for a scheduled job, 120 s.
    "request_timeout": (1, 80),
    "answer_timeout_minutes": (1, 43200),
    "max_attempts": (1, 20),
}

OWN_ROUTES = {False: "/mts/callback", True: "/mts/callback/bulk"}


class MtsConnector(models.Model):
    _name = "mts.connector"
    _description = "MTS Connector"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, help="How people call this connector.")
    active = fields.Boolean(
        default=True, help="Archive a connector to keep its history and stop its schedule."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Only registrants of this company, or of none, are sent.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done")],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
        help="Running: the schedule is on. Done: a one-time connector has done its work.",
    )
    mts_url = fields.Char(
        "URL to reach MTS",
        required=True,
        default="http://localhost:8080",
        help="Where MTS answers, up to but without /authtoken: for example "
        "https://mts.example.org/v1.",
    )
    input_type = fields.Selection(
        [("registry", "OpenG2P Registry")],
        "MTS Input Type",
        required=True,
        default="registry",
        help="Where the registrants come from.",
    )
    identity_store = fields.Selection(
        [("partner", "Contact")],
        required=True,
        default="partner",
        help="Where the registry keeps the VID and the token of a registrant.",
    )
    mapping = fields.Text(
        required=True,
        default=lambda self: default_mapping(self.env),
        help="JSON object: for each field of MTS (vid, name, gender, dob, phoneNumber, emailId, "
        "fullAddress) the field of the record that holds it; name and fullAddress take a list. "
        "The VID is sent as “vid”.",
    )
    output_type = fields.Selection(
        [("json", "JSON")], required=True, default="json", help="How MTS writes its results."
    )
    output_format = fields.Text(
        required=True,
        default=output_format.DEFAULT,
        help="jq expression that MTS applies to each result. As it stands it yields what this "
        "addon's callback reads.",
    )
    delivery_type = fields.Selection(
        [("callback", "Callback")],
        required=True,
        default="callback",
        help="How the results come back: MTS calls a URL.",
    )
    job_type = fields.Selection(
        [("recurring", "Recurring"), ("onetime", "One time")],
        required=True,
        default="recurring",
        help="Recurring sends whoever is due each time the interval has passed. One time sends "
        "whoever is due now, once.",
    )
    interval_minutes = fields.Integer(
        "Interval in minutes",
        required=True,
        default=1440,
        help="Time between two scheduled imports. A day has 1440 minutes.",
    )
    lang_code = fields.Char(
        "MOSIP Language",
        required=True,
        default="eng",
        help="Language in which names and addresses are compared, as MOSIP writes it: three "
        "letters, for example eng.",
    )
    search_domain = fields.Char(
        "Filters to apply to Registry",
        required=True,
        default=lambda self: default_domain(self.env),
        help="Which registrants are sent at all. Of these only those go who have a VID and no "
        "token.",
    )
    selected_fields = fields.Text(
        "List of fields to be used",
        required=True,
        default=lambda self: default_fields(self.env),
        help="JSON array of the contact's fields that are sent; dotted paths reach into related "
        "records. Send nothing that the mapping does not need.",
    )
    callback_url = fields.Char(
        "Callback URL",
        required=True,
        default=lambda self: self._default_url(OWN_ROUTES[True]),
        help="Where MTS delivers the results. It must be reachable from MTS.",
    )
    callback_http_method = fields.Selection(
        [("POST", "POST"), ("PUT", "PUT"), ("GET", "GET"), ("PATCH", "PATCH")],
        "Callback HTTP Method",
        required=True,
        default="POST",
        help="How MTS calls the callback URL.",
    )
    callback_timeout = fields.Integer(
        "Callback Timeout",
        required=True,
        default=60,
        help="Seconds that MTS waits for the callback's answer. What comes too late is lost to "
        "MTS, so leave room for a busy server.",
    )
    callback_in_bulk = fields.Boolean(
        "Deliver in Bulk",
        default=True,
        help="One callback for each batch instead of one for each registrant. Much faster.",
    )
    callback_auth_type = fields.Selection(
        [("bearer", "Bearer secret (recommended)"), ("odoo", "Odoo")],
        "Callback Auth Type",
        required=True,
        default="bearer",
        help="How MTS proves that it may deliver. Bearer: a random secret for each request, no "
        "password leaves Odoo. Odoo: MTS logs in as a user, which works with several databases "
        "on one host name.",
    )
    callback_auth_url = fields.Char(
        "Callback Auth URL",
        default=lambda self: self._default_url("/web/session/authenticate"),
        help="Where MTS logs in to Odoo.",
    )
    callback_auth_database = fields.Char(
        "Callback Auth Database",
        default=lambda self: self.env.cr.dbname,
        help="The database that MTS logs in to.",
    )
    callback_auth_username = fields.Char(
        "Callback Auth Username",
        help="A user of the group “MTS: deliver callbacks”, and best of no other.",
    )
    callback_auth_password = fields.Char(
        "Callback Auth Password",
        compute="_compute_callback_auth_password",
        inverse="_inverse_callback_auth_password",
        copy=False,
        help="Typed in once; it can be used and replaced, but not read back.",
    )
    callback_auth_password_set = fields.Boolean(
        "Password Is Set",
        compute="_compute_callback_auth_password_set",
        help="Whether a password is kept.",
    )
    batch_size = fields.Integer(
        required=True,
        default=100,
        help="Registrants in one request to MTS. MTS keeps its work in memory, so small batches "
        "lose less.",
    )
    parallel_requests = fields.Integer(
        required=True, default=1, help="Requests to MTS that are under way at the same time."
    )
    max_open_requests = fields.Integer(
        "Requests Ahead of the Answers",
        required=True,
        default=20,
        help="How many requests may wait for their answers. Sending pauses there: should the "
        "answers not arrive, no more VIDs are used up than these.",
    )
    request_timeout = fields.Integer(
        required=True,
        default=60,
        help="Seconds to wait until MTS has stored a batch, which takes about 20 ms for each "
        "registrant.",
    )
    answer_timeout_minutes = fields.Integer(
        "Answer Timeout (minutes)",
        required=True,
        default=60,
        help="After this time without an answer MTS is asked what became of the request.",
    )
    max_attempts = fields.Integer(
        required=True,
        default=3,
        help="How often the same data is sent when nothing came back or the fault was a passing "
        "one. Each try uses up a transaction of the VID.",
    )
    attention = fields.Text(
        readonly=True,
        copy=False,
        help="Why sending has stopped and what to do. The next good answer clears it.",
    )
    changes_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Changes before this time have been looked at by a complete import.",
    )
    cron_id = fields.Many2one("ir.cron", "Scheduled Job", readonly=True, copy=False)
    run_ids = fields.One2many("mts.run", "connector_id", "Runs", copy=False)

    # -- secrets ---------------------------------------------------------------------------------

    def init(self):
        """Keep secrets in columns that the ORM does not know, as Odoo does with user passwords.

        No field means no way to read, search, group, export or copy them.
        """
        super().init()
        self.env.cr.execute(
            """
            ALTER TABLE mts_connector
                ADD COLUMN IF NOT EXISTS hmac_key varchar,
                ADD COLUMN IF NOT EXISTS callback_auth_password varchar
            """
        )

    def _secret(self, column):
        """Return one secret of this connector, or an empty string."""
        self.ensure_one()
        self.env.cr.execute(
            f"SELECT COALESCE({column}, '') FROM mts_connector WHERE id = %s", [self.id]
        )
        return self.env.cr.fetchone()[0]

    def _set_secret(self, column, value):
        self.flush()
        self.env.cr.execute(
            f"UPDATE mts_connector SET {column} = %s WHERE id IN %s", [value, tuple(self.ids)]
        )

    def _compute_callback_auth_password(self):
        for connector in self:
            connector.callback_auth_password = ""

    def _inverse_callback_auth_password(self):
        for connector in self:
            # The form sends the empty value back when nobody typed anything.
            if connector.callback_auth_password:
                connector._set_secret("callback_auth_password", connector.callback_auth_password)
        self.invalidate_cache(["callback_auth_password", "callback_auth_password_set"], self.ids)

    def _compute_callback_auth_password_set(self):
        for connector in self:
            real = connector._origin
            connector.callback_auth_password_set = bool(
                real and real._secret("callback_auth_password")
            )

    # -- defaults and checks ---------------------------------------------------------------------

    @api.model
    def _default_url(self, path):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        return base.rstrip("/") + path

    @api.onchange("callback_in_bulk")
    def _onchange_callback_in_bulk(self):
        other = OWN_ROUTES[not self.callback_in_bulk]
        if (self.callback_url or "").endswith(other):
            self.callback_url = (
                self.callback_url[: -len(other)] + OWN_ROUTES[self.callback_in_bulk]
            )

    def _refuse(self, field, reason):
        """Raise the error of a setting: which one, and why."""
        label = self._fields[field]._description_string(self.env)
        raise ValidationError(_("%(field)s: %(reason)s.") % {"field": label, "reason": reason})

    @api.constrains(*RANGES, "max_open_requests")
    def _check_ranges(self):
        for connector in self:
            for field, (least, most) in {**RANGES, "max_open_requests": (1, 1000)}.items():
                if not least <= connector[field] <= most:
                    connector._refuse(
                        field,
                        _("it must lie between %(least)s and %(most)s")
                        % {"least": least, "most": most},
                    )

    @api.constrains("mts_url", "callback_url", "callback_auth_url", "callback_auth_type")
    def _check_urls(self):
        for connector in self:
            for field in ("mts_url", "callback_url", "callback_auth_url"):
                if field == "callback_auth_url" and connector.callback_auth_type != "odoo":
                    continue
                try:
                    settings.check_url(connector[field] or "")
                except settings.SettingError as error:
                    connector._refuse(field, error)

    @api.constrains("selected_fields", "mapping")
    def _check_fields_and_mapping(self):
        for connector in self:
            try:
                paths = settings.parse_fields(connector.selected_fields)
                connector._check_paths(paths)
            except settings.SettingError as error:
                connector._refuse("selected_fields", error)
            try:
                settings.parse_mapping(connector.mapping, paths)
            except settings.SettingError as error:
                connector._refuse("mapping", error)

    def _check_paths(self, paths):
        """Walk each path through the models."""
        for path in paths:
            model = self.env["res.partner"]
            for name in path.split("."):
                field = model._fields.get(name) if model is not None else None
                if field is None:
                    raise settings.SettingError(
                        _("“%s” is no field that a contact leads to") % path
                    )
                model = self.env[field.comodel_name] if field.relational else None
            if field.type == "binary":
                raise settings.SettingError(_("“%s” is a file, which MTS cannot take") % path)

    @api.constrains("search_domain")
    def _check_search_domain(self):
        for connector in self:
            try:
                self.env["res.partner"].search(connector._domain(), limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError, AssertionError) as error:
                connector._refuse(
                    "search_domain", _("it cannot be searched (%s)") % type(error).__name__
                )

    @api.constrains("output_format", "callback_url")
    def _check_output_format(self):
        for connector in self:
            try:
                if connector._delivers_here():
                    output_format.check(connector.output_format)
                else:
                    output_format.compile_expression(connector.output_format)
            except output_format.OutputFormatError as error:
                connector._refuse("output_format", error)

    @api.constrains("callback_url", "callback_in_bulk")
    def _check_callback_in_bulk(self):
        for connector in self:
            wrong = OWN_ROUTES[not connector.callback_in_bulk]
            if connector._callback_path() == wrong:
                connector._refuse(
                    "callback_url",
                    _("with this setting of “Deliver in Bulk” it must end with %s")
                    % OWN_ROUTES[connector.callback_in_bulk],
                )

    def _check_odoo_credentials(self):
        """Called by create and write: a constraint would run before the password is stored."""
        for connector in self.filtered(lambda self: self.callback_auth_type == "odoo"):
            for field in ("callback_auth_database", "callback_auth_username"):
                if not connector[field]:
                    connector._refuse(field, _("it is needed for the callback auth type “Odoo”"))
            if not connector._secret("callback_auth_password"):
                connector._refuse(
                    "callback_auth_password", _("it is needed for the callback auth type “Odoo”")
                )

    @api.constrains("lang_code")
    def _check_lang_code(self):
        for connector in self:
            code = connector.lang_code
            if not (len(code) == 3 and code.isascii() and code.isalpha() and code.islower()):
                connector._refuse("lang_code", _("it must be three small letters, such as eng"))

    # -- what the settings mean ------------------------------------------------------------------

    def _callback_path(self):
        return "/" + (self.callback_url or "").split("?")[0].split("://", 1)[-1].partition("/")[2]

    def _delivers_here(self):
        """Tell whether the results come to this addon's callback, rather than to another API."""
        return self._callback_path().rstrip("/").endswith(tuple(OWN_ROUTES.values()))

    def _domain(self):
        """Return the filter of the user and of the company."""
        self.ensure_one()
        domain = ast.literal_eval(self.search_domain.strip() or "[]")
        if not isinstance(domain, list):
            raise ValueError("a domain is a list")
        return expression.AND(
            [domain, [("company_id", "in", [False, self.company_id.id])]]
        )

    def _store(self):
        """Return the identity store: where VIDs and tokens of the registrants live."""
        return self.env["mts.identity.store." + self.identity_store]

    def _paths(self):
        return settings.parse_fields(self.selected_fields)

    def _parsed_mapping(self):
        return settings.parse_mapping(self.mapping, self._paths())

    def _callback_properties(self, bearer):
        """Return ``callbackProperties`` of a request.

        :param bearer: the request's bearer secret
        """
        if self.callback_auth_type == "bearer":
            auth = message.bearer_auth(bearer)
        else:
            auth = message.odoo_auth(
                self.callback_auth_url,
                self.callback_auth_database,
                self.callback_auth_username,
                self._secret("callback_auth_password"),
            )
        return message.callback_properties(
            self.callback_url,
            self.callback_http_method,
            self.callback_timeout,
            self.callback_in_bulk,
            auth,
        )

    # -- life cycle ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        for connector in connectors:
            connector._set_secret("hmac_key", signature.new_key())
        connectors._check_odoo_credentials()
        return connectors

    def copy_data(self, default=None):
        # A second connector of the same name would be hard to tell apart. The credentials do not
        # come along, so the copy starts with the type that needs none.
        default = dict(default or {})
        default.setdefault("name", _("%s (copy)") % self.name)
        default.setdefault("callback_auth_type", "bearer")
        return super().copy_data(default)

    def write(self, vals):
        if vals.get("active") is False:
            self.filtered(lambda self: self.state == "running").action_stop()
        if {"mapping", "selected_fields", "lang_code", "search_domain"} & set(vals):
            # What was refused may now be sent in another form: look at everything once again.
            vals = {**vals, "changes_since": False}
        result = super().write(vals)
        if any(name.startswith("callback_auth_") for name in vals):
            self._check_odoo_credentials()
        if "interval_minutes" in vals or "name" in vals:
            for connector in self.filtered("cron_id"):
                connector.cron_id.sudo().write(connector._cron_values())
        return result

    def unlink(self):
        waiting = self.env["mts.record"].sudo().search_count(
            [("connector_id", "in", self.ids), ("state", "=", "pending")]
        )
        if waiting:
            raise UserError(
                _(
                    "%s registrants wait for an answer, which would be lost with the connector. "
                    "Stop it or archive it, and delete it when the answers are in."
                )
                % waiting
            )
        self._remove_cron()
        return super().unlink()

    def action_start(self):
        """Switch the schedule on; the first import starts at once."""
        self._check_manager()
        for connector in self.filtered(lambda self: self.state != "running"):
            connector.state = "running"
            connector._remove_cron()
            cron = self.env["ir.cron"].sudo().create(connector._cron_values())
            connector.cron_id = cron
            self._wake(cron)
        return True

    def action_stop(self):
        """Switch the schedule off and send nothing more; answers under way still count."""
        self._check_manager()
        self.state = "draft"
        self._remove_cron()
        self.sudo().run_ids.filtered(lambda run: run.state in ("queued", "sending"))._finish(
            "cancelled", _("The connector was stopped.")
        )
        return True

    def action_import_now(self):
        """Start an import in the background and show it."""
        self.ensure_one()
        self.check_access_rights("read")
        self.check_access_rule("read")
        run = self._start_run("manual")
        return {
            "type": "ir.actions.act_window",
            "res_model": "mts.run",
            "res_id": run.id,
            "view_mode": "form",
            "name": _("Import"),
        }

    def action_view_runs(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mts_connector.mts_run_action")
        return {**action, "domain": [("connector_id", "=", self.id)]}

    def action_view_records(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mts_connector.mts_record_action")
        return {**action, "domain": [("connector_id", "=", self.id)]}

    def action_test_connection(self):
        """Ask MTS for a sign of life and compare its fields with the mapping."""
        self.ensure_one()
        self._check_manager()
        try:
            with MtsClient(self.mts_url, timeout=10) as client:
                client.ping()
                known = client.auth_fields()
        except MtsError as error:
            raise UserError(_("MTS: %s") % error) from error
        missing = [field for field in self._parsed_mapping() if field not in known]
        if missing:
            raise UserError(
                _("MTS answers, but it does not know these fields of the mapping: %s")
                % ", ".join(missing)
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": _("MTS answers"),
                "message": _("It knows all fields of the mapping."),
            },
        }

    def _check_manager(self):
        self.check_access_rights("write")
        self.check_access_rule("write")

    # -- schedule --------------------------------------------------------------------------------

    def _cron_values(self):
        return {
            "name": _("MTS: %s") % self.name,
            "model_id": self.env["ir.model"]._get_id(self._name),
            "state": "code",
            "code": f"model.browse({self.id})._cron_import()",
            "user_id": self.env.ref("base.user_root").id,
            "interval_number": self.interval_minutes,
            "interval_type": "minutes",
            "numbercall": 1 if self.job_type == "onetime" else -1,
            "doall": False,
        }

    def _remove_cron(self):
        """Remove the scheduled job, also one whose connector forgot it.

        Odoo refuses to touch a job that is being executed. It then stays behind without effect,
        and the next tick of the background job removes it.
        """
        for connector in self:
            cron = connector.cron_id.sudo()
            connector.cron_id = False
            connector._try_unlink(cron)

    @api.model
    def _try_unlink(self, crons):
        for cron in crons:
            try:
                with self.env.cr.savepoint():
                    action = cron.ir_actions_server_id
                    cron.unlink()
                    action.unlink()
            except UserError:
                _logger.info("Scheduled job %s is being executed, removed later", cron.id)

    @api.model
    def _remove_orphaned_crons(self):
        crons = self.env["ir.cron"].with_context(active_test=False).search(
            [("model_id.model", "=", self._name), ("code", "like", "_cron_import()")]
        )
        connectors = self.with_context(active_test=False).search([("cron_id", "in", crons.ids)])
        self._try_unlink(crons - connectors.cron_id)

    def _cron_import(self):
        """Start the scheduled import."""
        for connector in self.exists().filtered(lambda self: self.state == "running"):
            connector._start_run("schedule")

    @api.model
    def _cron_work(self):
        """Do a slice for each connector that has something to do."""
        self._remove_orphaned_crons()
        self.env.cr.commit()  # pylint: disable=invalid-commit  # a slice has its own transactions
        for connector in self.with_context(active_test=False).search([]):
            connector._work()

    def _work(self):
        """Do one slice: send what is due, ask after overdue answers, close what is finished.

        The schedule, the button and a queue job all end here. It runs in transactions of its own.
        """
        self.ensure_one()
        with self._slice_lock() as mine:
            if mine and Slice(self.pool, self.id).run():
                self._wake(self.env.ref("mts_connector.cron_work"))

    @contextmanager
    def _slice_lock(self):
        """Yield whether this is the only slice of the connector, in any process.

        The lock belongs to a transaction of its own, since the slice commits many times; it goes
        with its connection, so a killed process leaves none behind.
        """
        with self.pool.cursor() as cr:
            cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [SLICE_LOCK, self.id])
            yield cr.fetchone()[0]

    @api.model
    def _wake(self, cron):
        """Have the job executed as soon as possible. Odoo 14 looks by itself each minute."""
        if hasattr(cron, "_trigger"):
            cron.sudo()._trigger()

    def _start_run(self, trigger, scope="due"):
        """Return the open run, or a new one, and see to it that it goes on.

        :param scope: ``due``, or ``retry`` for those only whom a person wants to be tried again
        """
        self.ensure_one()
        runs = self.env["mts.run"].sudo()
        # A run of retries that is under way may already have passed by the new ones.
        states = ("queued",) if scope == "retry" else ("queued", "sending")
        run = runs.search(
            [
                ("connector_id", "=", self.id),
                ("scope", "=", scope),
                ("state", "in", states),
            ],
            limit=1,
        )
        run = run or runs.create(
            {"connector_id": self.id, "trigger": trigger, "scope": scope}
        )
        self._wake(self.env.ref("mts_connector.cron_work"))
        return run

    # -- attention -------------------------------------------------------------------------------

    def _raise_attention(self, reason):
        """Stop sending until a person has looked at it.

        :param reason: what is wrong and what to do, without data of registrants
        """
        for connector in self:
            if connector.attention != reason:
                connector.attention = reason
            connector.run_ids.filtered(lambda run: run.state in ("queued", "sending"))._finish(
                "failed", reason
            )

    def _judge(self, records):
        """Stop sending, or take it up again, after answers.

        :param records: records that have just been answered
        """
        stopping = records.filtered(
            lambda record: record.state == "rejected"
            and record.error_id.policy in STOPPING_POLICIES
        )
        if stopping:
            error = stopping[0].error_id
            self._raise_attention(
                _("MOSIP refuses everybody: %(meaning)s (%(code)s).\n%(advice)s.")
                % {
                    "meaning": error.name,
                    "code": stopping[0].error_code,
                    "advice": error.advice,
                }
            )
        elif records.filtered(lambda record: record.error_id.policy != "transient"):
            self.filtered("attention").attention = False

    def _slice_failed(self, error_name):
        """An error of ours, not of MTS: show it and stop, the server log has the place."""
        self._raise_attention(
            _("The import stopped with an unexpected error (%s). The server log says where it "
              "happened; the registrants stay due.") % error_name
        )

    def _answer_deadline(self):
        """Return when an answer to a request sent now is overdue."""
        return fields.Datetime.now() + timedelta(minutes=self.answer_timeout_minutes)
