# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from odoo import _, api, fields, models
from odoo.tools import config

from .. import server_config
from ..mts.callback_probe import is_local, try_callback
from ..mts.client import MtsClient
from ..mts.errors import MtsError
from ..mts.message import MANDATORY
from ..mts.odk import OdkClient, OdkError
from ..mts.redact import redact
from ..mts.settings import SettingError, mapped_paths

# MTS answers these calls at once, and somebody waits in front of the screen.
TIMEOUT = 5
# Letters that MTS's sign of life gets on the screen.
SHOWN = 60

GOOD, DOUBT, BAD = "good", "doubt", "bad"

# One thing that was looked at: how it is, what it is, and what there is to say of it.
Finding = namedtuple("Finding", "level subject text")


class MtsConnectionTest(models.TransientModel):
    """What a test of the connection has found. Nobody's data is in it."""

    _name = "mts.connection.test"
    _description = "Test of the Connection"

    connector_id = fields.Many2one("mts.connector", required=True, readonly=True)
    to_mend = fields.Integer(readonly=True, help="How many things do not work.")
    report = fields.Html(readonly=True)

    @api.model
    def _of(self, connector):
        """Try the connector's settings, and return a test with what was found."""
        findings = self._findings(connector)
        to_mend = sum(finding.level == BAD for finding in findings)
        report = self.env["ir.qweb"]._render(
            "mts_connector.mts_connection_report", {"findings": findings, "to_mend": to_mend}
        )
        return self.create({"connector_id": connector.id, "to_mend": to_mend, "report": report})

    @api.model
    def _findings(self, connector):
        # All that the calls need comes first. Then they go out at the same time, while nothing is
        # written or locked.
        ca_file = server_config.get("mts_ca_file", connector.id)
        target = connector._callback_target()
        form = connector._odk() if connector._is_odk() else None
        with ThreadPoolExecutor(3, thread_name_prefix="mts-test") as threads:
            mts = threads.submit(_ask_mts, connector.mts_url, ca_file)
            callback = threads.submit(try_callback, **target)
            odk = threads.submit(_ask_odk, form) if form else None
        problems = connector._problems()
        return [
            *(Finding(BAD, _("Settings"), problem) for problem in problems.values()),
            *self._about_mts(connector, mts, {"mapping", "selected_fields"} & set(problems)),
            *(self._about_odk(connector, odk, "mapping" in problems) if odk else ()),
            *self._about_address(connector, callback.result()),
            *self._about_login(connector, callback.result()),
            *self._about_user(connector),
            *self._about_key(connector),
            *self._about_background(),
        ]

    # -- in words --------------------------------------------------------------------------------

    @api.model
    def _about_mts(self, connector, mts, unmapped):
        try:
            pong, about = mts.result()
        except MtsError as error:
            advice = _("Check the URL to reach MTS, and that MTS runs and lets this server in.")
            yield Finding(BAD, _("MTS"), f"{redact(connector._explain(error))} {advice}")
            return
        said = _(
            "It answers, says “%(said)s”, and calls its interface version “%(version)s”.",
            said=redact(pong)[:SHOWN],
            version=redact(about.version),
        )
        yield Finding(GOOD, _("MTS"), said)
        if not unmapped:
            yield self._about_mapping(connector._parsed_mapping(), about.names)

    @api.model
    def _about_mapping(self, mapping, known):
        subject = _("Mapping")
        unknown = [field for field in mapping if field not in known]
        if unknown:
            text = _(
                "MTS does not know these fields: %s. Take them out of the mapping.",
                ", ".join(unknown),
            )
            return Finding(BAD, subject, text)
        missing = [field for field in MANDATORY if field in known and field not in mapping]
        if missing:
            text = _(
                "These fields are missing: %s. Unless its operator has changed that, MTS refuses "
                "everybody without them. Add them to the fields and to the mapping.",
                ", ".join(missing),
            )
            return Finding(DOUBT, subject, text)
        return Finding(GOOD, subject, _("MTS knows all of its fields: %s.", ", ".join(mapping)))

    @api.model
    def _about_odk(self, connector, odk, unmapped):
        try:
            questions = odk.result()
        except OdkError as error:
            yield Finding(BAD, _("ODK Central"), connector._explain(error))
            return
        said = _("The user logs in, and the form is there. Its questions: %s.", len(questions))
        yield Finding(GOOD, _("ODK Central"), said)
        if unmapped:
            return
        # What begins so is ODK's own, and no question.
        paths = [path for path in mapped_paths(connector._parsed_mapping()) if path[:2] != "__"]
        missing = [path for path in dict.fromkeys(paths) if path not in questions]
        if missing:
            text = _(
                "The form has no such questions: %s. Correct the mapping, or the form.",
                ", ".join(missing),
            )
            yield Finding(BAD, _("Form"), text)
        else:
            yield Finding(GOOD, _("Form"), _("It has all the questions of the mapping."))

    @api.model
    def _about_address(self, connector, callback):
        subject = _("Callback address")
        if is_local(connector.callback_url) and not is_local(connector.mts_url):
            text = _(
                "For MTS “%s” is its own machine. Enter an address by which MTS reaches Odoo.",
                urlsplit(connector.callback_url).hostname,
            )
            yield Finding(BAD, subject, text)
        if callback.error and not callback.delivered:
            yield Finding(BAD, subject, connector._explain(callback.error))
        elif callback.status:
            text = _(
                "It answers (HTTP %s). It is another API, and whether that takes the results "
                "cannot be seen from here.",
                callback.status,
            )
            yield Finding(DOUBT, subject, text)
        else:
            text = _(
                "It is reached from here, and takes nothing from strangers. Whether MTS reaches "
                "it, too, the first registrant will show."
            )
            yield Finding(GOOD, subject, text)

    @api.model
    def _about_login(self, connector, callback):
        subject = _("Callback login")
        if connector.callback_auth_type == "bearer":
            text = _("None is needed: each request takes a secret along for its own results.")
            yield Finding(GOOD, subject, text)
        elif callback.login_error:
            yield Finding(BAD, subject, connector._explain(callback.login_error))
        elif callback.delivered:
            yield Finding(GOOD, subject, _("The user logs in, and may deliver."))
        else:
            yield Finding(GOOD, subject, _("The user logs in."))

    @api.model
    def _about_user(self, connector):
        problem = connector._logs_in_here() and connector._callback_user_problem()
        if problem:
            yield Finding(DOUBT, _("Callback user"), problem)

    @api.model
    def _about_key(self, connector):
        try:
            connector._signing_key()
        except SettingError as error:
            yield Finding(BAD, _("Server configuration"), f"{connector._explain(error)}.")

    @api.model
    def _about_background(self):
        job = self.env.ref("mts_connector.cron_work", raise_if_not_found=False)
        job = (job or self.env["ir.cron"]).sudo()
        if not job:
            yield Finding(
                BAD,
                _("Background work"),
                _(
                    "Somebody has deleted the scheduled action that sends, so nothing is sent. "
                    "Upgrade MTS Connector (Apps) to get it back."
                ),
            )
        elif not job.active:
            yield Finding(
                BAD,
                _("Background work"),
                _(
                    "The scheduled action “%s” is off, so nothing is sent. Activate it (Settings "
                    "> Technical > Scheduled Actions).",
                    job.name,
                ),
            )
        elif not config["max_cron_threads"]:
            yield Finding(
                DOUBT,
                _("Background work"),
                _(
                    "This server does no scheduled actions (max_cron_threads is 0). Unless "
                    "another server of this database does, nothing is sent."
                ),
            )


def _ask_mts(url, ca_file):
    """Return what MTS says of itself: its sign of life, and its fields.

    :raises MtsError: where it does not
    """
    with MtsClient(url, TIMEOUT, ca_file=ca_file) as client:
        return client.ping(), client.auth_fields()


def _ask_odk(form):
    """Return the questions of the form.

    :raises OdkError: where MTS could not fetch it either
    """
    with OdkClient(form, TIMEOUT) as client:
        client.log_in()
        return client.questions()
