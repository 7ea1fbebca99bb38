"""Where MTS delivers results: one at a time, or a whole batch."""

import json
import logging

from werkzeug.exceptions import HTTPException

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from .callback_request import BULK, MAX_ITEMS, SINGLE, load_json

_logger = logging.getLogger(__name__)

CALLBACK_GROUP = "mts_connector.group_callback"


class Refused(Exception):
    """The delivery is not taken.

    :param reason: a reason of ``mts.refused.delivery``
    """

    def __init__(self, reason, status):
        super().__init__(reason)
        self.reason = reason
        self.status = status


class MtsCallback(http.Controller):
    # The bulk route takes text: Odoo cannot receive a JSON array as JSON, and we ask MTS to send
    # it as text/plain. Both are public since a bearer secret comes without a session; who may
    # deliver is checked here, by the same rule for both.

    @http.route(SINGLE, type="json", auth="public", csrf=False, save_session=False)
    def single(self, **_params):
        body, status = _deliver(lambda: [request.jsonrequest])
        return {**body, "status": status}

    @http.route(BULK, type="http", auth="public", csrf=False, save_session=False)
    def bulk(self, **_params):
        body, status = _deliver(_read_array)
        return Response(json.dumps(body), status=status, content_type="application/json")


def _read_array():
    """Return the results of a bulk delivery."""
    try:
        items = load_json(request.httprequest.get_data())
    except HTTPException as error:
        raise Refused("unreadable", error.code) from None
    if not isinstance(items, list):
        raise Refused("unreadable", 400)
    if len(items) > MAX_ITEMS:
        raise Refused("unreadable", 413)
    return items


def _deliver(read):
    """Take a delivery and return the answer and its HTTP status.

    The results go in as superuser: they prove what they may change.

    :param read: returns the results, or raises Refused
    """
    env = request.env(user=SUPERUSER_ID)
    refusals = env["mts.refused.delivery"]
    try:
        delivered_for = _authorize(env["mts.request"])
        counts = env["mts.request"]._receive(read(), delivered_for)
    except Refused as refused:
        refusals._note(**{refused.reason: 1})
        return {"error": refused.reason}, refused.status
    refusals._note(malformed=counts["malformed"], unproven=counts["ignored"])
    _logger.info(
        "Callback: %(accepted)s accepted, %(ignored)s ignored, %(malformed)s malformed", counts
    )
    return counts, 200


def _authorize(requests):
    """Return the id of the request whose bearer secret came along; None for a user's session.

    :raises Refused: where neither allows to deliver
    """
    scheme, _space, bearer = request.httprequest.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = requests._of_bearer(bearer.strip())
        if found:
            return found.id
        raise Refused("denied", 403)
    user = request.env.user
    if request.session.uid and user.has_group(CALLBACK_GROUP):
        return None
    raise Refused("denied", 403)
