# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The calls to MTS."""

import functools
import http.client
import threading

from odoo.addons.mts_connector.mts.client import MtsClient

from .crash import announce, reached

CALLS = ("submit", "pull", "status")

_getresponse = http.client.HTTPConnection.getresponse
_under_way = threading.local()


def with_crash_points(name, call):
    @functools.wraps(call)
    def wrapped(*args):
        reached(f"{name}: before call")
        _under_way.call = name
        try:
            result = call(*args)
        finally:
            _under_way.call = None
        reached(f"{name}: after call")
        return result

    return wrapped


def getresponse(self):
    """The request is on the wire, the answer has not been read."""
    if getattr(_under_way, "call", None):
        reached(f"{_under_way.call}: during call")
    return _getresponse(self)


for _name in CALLS:
    setattr(MtsClient, _name, with_crash_points(_name, getattr(MtsClient, _name)))
http.client.HTTPConnection.getresponse = getresponse
announce(f"{name}: {moment} call" for name in CALLS for moment in ("before", "during", "after"))
