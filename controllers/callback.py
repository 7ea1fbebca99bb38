"""Where MTS delivers results: one at a time, or a whole batch."""
import json
import logging

from odoo import SUPERUSER_ID, http
from odoo.http import request

_logger = logging.getLogger(__name__)

CALLBACK_GROUP = "mts_connector.group_callback"


class Denied(Exception):
    """Who delivers may not."""


class MtsCallback(http.Controller):
    # The bulk route takes text: Odoo cannot receive a JSON array as JSON, and we ask MTS to send
    # it as text/plain. Both are public since a bearer secret comes without a session; who may
    # deliver is checked here, by the same rule for both.

    @http.route("/mts/callback", type="json", auth="public", csrf=False, save_session=False)
    def single(self, **params):
        try:
            return _receive([params or request.jsonrequest])
        except Denied:
            return {"error": "denied"}

    @http.route("/mts/callback/bulk", type="http", auth="public", csrf=False, save_session=False)
    def bulk(self, **_params):
        try:
            items = json.loads(request.httprequest.get_data())
        except (ValueError, RecursionError):
            return _answer({"error": "no JSON"}, 400)
        if not isinstance(items, list):
            return _answer({"error": "no JSON array"}, 400)
        try:
            return _answer(_receive(items), 200)
        except Denied:
            return _answer({"error": "denied"}, 403)


def _answer(body, status):
    return request.make_response(
        json.dumps(body), headers=[("Content-Type", "application/json")]
    ) if status == 200 else http.Response(
        json.dumps(body), status=status, content_type="application/json"
    )


def _receive(items):
    """Hand the results over as superuser: the results prove what they may change.

    :raises Denied: where neither a session nor a bearer secret allows to deliver
    """
    requests = request.env(user=SUPERUSER_ID)["mts.request"]
    delivered_for = _authorize(requests)
    counts = requests._receive(items, delivered_for)
    _logger.info(
        "Callback: %(accepted)s accepted, %(ignored)s ignored, %(malformed)s malformed", counts
    )
    return counts


def _authorize(requests):
    """Return the id of the request whose bearer secret came along; None for a user's session."""
    scheme, _space, bearer = request.httprequest.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = requests._of_bearer(bearer.strip())
        if found:
            return found.id
        raise Denied()
    if request.session.uid and request.env.user.has_group(CALLBACK_GROUP):
        return None
    raise Denied()
