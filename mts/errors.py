"""What can go wrong between us and MTS, told apart by what is to be done about it.

The one question that matters after a failed POST is whether MTS may have stored the batch: a
stored batch is authenticated and costs each registrant a VID transaction, whatever the client saw.
"""


class MtsError(Exception):
    """A call to MTS failed. ``str(error)`` is fit for people: no payload, no secret.

    :param message: one sentence, without data of registrants
    :param code: MTS's own error code, or an empty string
    """

    def __init__(self, message: str, code: str = ""):
        super().__init__(message)
        self.code = code


class Unreachable(MtsError):
    """Nothing arrived (refused, DNS, TLS, 502, 503): nothing is stored, try again later."""


class OutcomeUnknown(MtsError):
    """The batch went out and no usable answer came back: MTS may have stored it."""


class NotMts(OutcomeUnknown):
    """Something answered with success, but not as MTS does. It may be another service."""


class BatchFailed(MtsError):
    """HTTP 500: MTS could not take the batch and stored nothing of it."""


class Refused(MtsError):
    """MTS refused the request itself and stored nothing: the settings are wrong."""


class UnknownRequest(MtsError):
    """MTS does not know the request (any more): it was restarted, or the request expired."""
