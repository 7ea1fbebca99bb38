# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Has MTS fetch submissions from ODK Central: one window of time after the other."""

from typing import Any, Optional

from ..mts.client import MtsClient
from ..mts.errors import (
    BatchFailed,
    Busy,
    NoSubmissions,
    NotMts,
    OutcomeUnknown,
    Refused,
    Unreachable,
)
from ..mts.odk import OdkClient, OdkError, OdkRefused
from ..mts.redact import redact
from .batch import OutgoingPull, Window
from .texts import texts_of

# What MTS says where ODK Central has let nobody in, and so has given no such thing.
NO_SESSION = "'token'"

# Seconds for each call to ODK Central, beside those that MTS may take.
CHECK_TIMEOUT = 5


class Pulling:
    """Goes on until everything is fetched, an answer has to be waited for, or time is up.

    :param work: the slice, which has the steps and the time
    """

    def __init__(self, work: Any, run_id: int):
        self._work = work
        self._run_id = run_id

    def run(self) -> bool:
        """Fetch, and tell whether there is more to be fetched right away."""
        window = self._next()
        while window:
            self._fetch(window)
            if self._work.is_late():
                return True
            window = self._next()
        return False

    def _next(self) -> Optional[Window]:
        return self._work.step(
            "take_window",
            lambda env, _connector: env["mts.run"].browse(self._run_id)._take_window(),
        )

    def _fetch(self, window: Window) -> None:
        going = self._work.on_request(window.request_id, "go_out_to_pull", window.bearer)
        if not going:
            return
        with MtsClient(going.url, going.timeout, ca_file=self._work.ca_file()) as client:
            self._conclude(window.request_id, client, going)

    def _conclude(self, request_id: int, client: MtsClient, going: OutgoingPull) -> None:
        """Let it go out, and write down how that went."""
        note = self._work.on_request
        try:
            identifier = client.pull(going.message)
        except NoSubmissions as error:
            self._make_sure(request_id, error, going)
        except Unreachable as error:
            pause = error.pause if isinstance(error, Busy) else None
            note(request_id, "unreachable", str(error), pause)
        except Refused as error:
            note(request_id, "refused", _redact(error, going), redact(error.code))
        except BatchFailed as error:
            # Not its words: they may quote a submission, which nobody here has seen.
            note(request_id, "pull_failed", redact(error.code), str(error) != NO_SESSION)
        except NotMts as error:
            note(request_id, "not_mts", str(error))
        except OutcomeUnknown as error:
            note(request_id, "sent", False, str(error))
        else:
            note(request_id, "sent", identifier)

    def _make_sure(self, request_id: int, error: NoSubmissions, going: OutgoingPull) -> None:
        """Ask ODK Central itself: MTS says the same where it got an error there."""
        note = self._work.on_request
        try:
            with OdkClient(going.form, CHECK_TIMEOUT) as central:
                central.log_in()
                count = central.count(going.start, going.end)
        except OdkRefused:
            note(request_id, "pull_failed", error.code, False)
        except OdkError as failure:
            note(request_id, "unreachable", str(failure))
        else:
            if count:
                note(request_id, "pull_failed", error.code, True)
            else:
                note(request_id, "found_nothing")


def _redact(error: Exception, going: OutgoingPull) -> str:
    """Return MTS's words without anything of what it got, or may have found at ODK Central."""
    request = going.message["request"]
    callback = request["callbackProperties"]
    secret = [request["odkconfig"], callback.get("authOdoo"), callback.get("authStaticBearer")]
    secret.append(callback["extraHeaders"])
    return redact(str(error), texts_of(secret))
