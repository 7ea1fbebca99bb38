# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can go wrong between us and MTS, told apart by what is to be done about it.

The one question that matters after a failed POST is whether MTS may have stored the batch: a
stored batch is authenticated and costs each registrant a VID transaction, whatever the client saw.
"""

from typing import Any, Optional


def _(template: str) -> str:
    """Mark a text for translation, which is done where it is shown: see :class:`Explained`."""
    return template


# In the words of ``requests`` it would say where they are.
NO_CERTIFICATES = _("The certificates that the server's environment names are not there.")


class Explained(Exception):
    """An error for people to read. ``str(error)`` is English.

    This package knows no languages: whoever shows the error translates ``template`` and fills in
    ``values``, which may hold a further error of this kind.

    :param template: one or two sentences with ``%(name)s`` for each of the values
    """

    def __init__(self, template: str, **values: Any):
        super().__init__(template % values)
        self.template = template
        self.values = values


class MtsError(Explained):
    """A call to MTS failed. ``str(error)`` has no payload and no secret in it.

    :param code: MTS's own error code, or an empty string
    """

    def __init__(self, template: str, code: str = "", **values: Any):
        super().__init__(template, **values)
        self.code = code


class Unreachable(MtsError):
    """Nothing arrived (refused, DNS, TLS, 502): nothing is stored, try again later."""


class Busy(Unreachable):
    """MTS, or the proxy in front of it, takes no more for now (429, 503): nothing is stored.

    ``pause``: for so many seconds it asks to be left alone, or None where it does not say.
    """

    pause: Optional[float] = None


class OutcomeUnknown(MtsError):
    """The batch went out and no usable answer came back: MTS may have stored it."""


class NotMts(OutcomeUnknown):
    """Something answered with success, but not as MTS does. It may be another service."""


class BatchFailed(MtsError):
    """HTTP 500: MTS could not take the batch and stored nothing of it."""


class Refused(MtsError):
    """MTS refused the request itself and stored nothing: the settings are wrong."""


class NoSubmissions(MtsError):
    """ODK Central gave MTS nothing: there is nothing, or it answered with an error."""


class UnknownRequest(Refused):
    """MTS does not know the request (any more): it was restarted, or the request expired."""
