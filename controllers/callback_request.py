"""How Odoo receives what arrives at the callback.

Left to itself Odoo logs and echoes a JSON body that it cannot parse, and fails with HTTP 500 and a
traceback where JSON is not an object. Both would happen before any controller is reached, with
tokens in the body. So the request class of these two paths is ours. It is put in place when the
addon is loaded; a delivery that wakes a sleeping process before that is received by Odoo as usual,
which works for all that MTS sends.
"""

import json

from werkzeug.exceptions import BadRequest, LengthRequired, RequestEntityTooLarge

from odoo.http import HttpRequest, JsonRequest, Response, Root, WebRequest

SINGLE = "/mts/callback"
BULK = "/mts/callback/bulk"

# A result is below 1 KiB, a batch has at most 1,000 of them.
MAX_BODY = {SINGLE: 64 * 1024, BULK: 4 * 1024 * 1024}
MAX_ITEMS = 1000


def load_json(data):
    """Return the JSON value.

    Numbers become zeros: nothing that is read from a result is one, and Python takes very long
    over those of millions of digits.

    :raises BadRequest: where it is no JSON, or nested too deeply
    """
    try:
        return json.loads(data, parse_int=_zero, parse_float=_zero, parse_constant=_zero)
    except (ValueError, RecursionError):
        # ``from None``: the original quotes the body.
        raise BadRequest("The body is no JSON.") from None


def _zero(_text):
    return 0


class CallbackRequest(JsonRequest):
    """A JSON request that answers with the right status and never with a traceback."""

    def __init__(self, httprequest):
        # Not JsonRequest's: that is what this class is there for.
        WebRequest.__init__(self, httprequest)
        self.jsonrequest = load_json(httprequest.get_data())
        if not isinstance(self.jsonrequest, dict):
            raise BadRequest("The body is no JSON object.")
        self.params = {}
        self.context = {}

    def _json_response(self, result=None, error=None):
        if error is not None:
            # Odoo's own error has the traceback in it.
            result, status = {"error": "failed"}, error.get("http_status", 500)
        else:
            status = result.pop("status", 200)
        return Response(json.dumps(result), status=status, content_type="application/json")


def install():
    """Have requests to the callback paths received by the classes above."""
    if getattr(Root.get_request, "mts_connector", False):
        return
    usual = Root.get_request

    def get_request(self, httprequest):
        path = httprequest.path.rstrip("/")
        if path not in MAX_BODY:
            return usual(self, httprequest)
        _check_length(httprequest, MAX_BODY[path])
        # The bulk route reads the body itself, whatever it is declared to be.
        if path == SINGLE and httprequest.mimetype in ("application/json", "application/json-rpc"):
            return CallbackRequest(httprequest)
        return HttpRequest(httprequest)

    get_request.mts_connector = True
    Root.get_request = get_request


def _check_length(httprequest, most):
    if httprequest.content_length is None:
        raise LengthRequired("The length of the body is missing.")
    if httprequest.content_length > most:
        raise RequestEntityTooLarge("The body is too long.")
