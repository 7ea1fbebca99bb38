# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How Odoo receives what arrives at the callback.

Left to itself Odoo parses a JSON body before any controller is reached: it logs and echoes one
that it cannot parse, and fails with HTTP 500 and a traceback where JSON is not an object. It hands
what stands in a URL or a form to the controller as arguments. And it writes an unexpected error
with all its words, which may quote a token, into the log and into the answer. So the request
classes of these two paths are ours: they read nothing and tell nothing, and the controller reads
the body.

They are put in place when the addon is loaded. A delivery that wakes a process before that, which
can happen where Odoo is not started with a database, is received by Odoo as usual: that works for
all that MTS sends, and only what nobody should send is met with Odoo's own words. Where that
matters, name ``mts_connector`` in Odoo's ``server_wide_modules``.
"""

import json
import logging

from odoo.http import HttpRequest, JsonRequest, Response, Root, WebRequest
from werkzeug.exceptions import HTTPException

from ..log_error import log_error
from ..models.mts_delivery_settings import BULK, SINGLE

_logger = logging.getLogger(__name__)


class _CallbackRequest:
    """What the requests of both kinds have in common."""

    def __init__(self, httprequest):
        # Not the constructors of Odoo's classes: to do without them is what this is for.
        WebRequest.__init__(self, httprequest)
        self.params = {}
        self.context = {}

    def _handle_exception(self, exception):
        # So that the transaction is rolled back.
        self._failed = exception
        if isinstance(exception, HTTPException):
            status = exception.code or 500
        else:
            status = 500
            log_error(_logger, "Callback failed", exception)
        return answer({"error": "failed"}, status)


class SingleRequest(_CallbackRequest, JsonRequest):
    # For other addons that look at it before the controller does.
    jsonrequest = {}

    def _json_response(self, result=None, _error=None):
        # It comes along in the body: of what a JSON controller returns, Odoo passes on only that.
        return answer(result, result.pop("status"))


class BulkRequest(_CallbackRequest, HttpRequest):
    pass


RECEIVERS = {SINGLE: SingleRequest, BULK: BulkRequest}


def answer(body, status):
    """Return the response whose body is this, as JSON."""
    return Response(json.dumps(body), status=status, content_type="application/json")


def install():
    """Have requests to the callback received by the classes above, whatever they hold."""
    if getattr(Root.get_request, "mts_connector", False):
        return
    usual = Root.get_request

    def get_request(self, httprequest):
        receiver = RECEIVERS.get(httprequest.path.rstrip("/"))
        return receiver(httprequest) if receiver else usual(self, httprequest)

    get_request.mts_connector = True
    Root.get_request = get_request
