# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where MTS delivers results: one at a time, or a whole batch."""

import json
import logging

import psycopg2
from odoo import SUPERUSER_ID, http
from odoo.http import request
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from werkzeug.exceptions import HTTPException

from ..models.mts_callback_auth import CALLBACK_GROUP
from ..models.mts_delivery_settings import BULK, SINGLE
from ..mts.message import REQUEST_HEADER
from ..mts.text import MAX_DIGITS
from .callback_request import answer

_logger = logging.getLogger(__name__)

# A result is below 1 KiB, a batch has at most 1,000 of them.
MAX_SINGLE = 64 * 1024
MAX_BULK = 4 * 1024 * 1024
MAX_ITEMS = 1000

# Deliveries for members of one household change its row in turn: whenever one is through, all
# others begin anew. Odoo tries five times, with pauses in which others get in between.
MAX_TRIES = 50


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
        body, status = _deliver(_read_object)
        return {**body, "status": status}

    @http.route(BULK, type="http", auth="public", csrf=False, save_session=False)
    def bulk(self, **_params):
        return answer(*_deliver(_read_array))


def _read_object():
    """Return the result of a single delivery, as a list."""
    item = _read_json(MAX_SINGLE)
    if not isinstance(item, dict):
        raise Refused("unreadable", 400)
    return [item]


def _read_array():
    """Return the results of a bulk delivery."""
    items = _read_json(MAX_BULK)
    if not isinstance(items, list):
        raise Refused("unreadable", 400)
    if len(items) > MAX_ITEMS:
        raise Refused("unreadable", 413)
    return items


def _read_json(longest):
    """Return the JSON value that was sent.

    Long integers become zeros.
    """
    length = request.httprequest.content_length
    if length is None:
        raise Refused("unreadable", 411)
    if length > longest:
        raise Refused("unreadable", 413)
    try:
        data = request.httprequest.get_data()
        return json.loads(data, parse_int=_integer)
    except (ValueError, RecursionError, HTTPException):
        # No JSON, nested too deeply, or the connection broke. ``from None``: they quote the body.
        raise Refused("unreadable", 400) from None


def _integer(text):
    return int(text) if len(text) <= MAX_DIGITS else 0


def _deliver(read):
    """Take a delivery and return the answer and its HTTP status.

    What is not taken MTS does not deliver again, so it is tried until it has been its turn.

    :param read: returns the results, or raises Refused
    """
    for tries_left in reversed(range(MAX_TRIES)):
        try:
            return _try_to_take(read)
        except psycopg2.OperationalError as error:
            if error.pgcode not in PG_CONCURRENCY_ERRORS_TO_RETRY or not tries_left:
                raise
            request.env.cr.rollback()
            request.env.clear()
    raise AssertionError("unreachable")


def _try_to_take(read):
    """Take a delivery, in the present transaction.

    The results go in as superuser: they prove what they may change. The context is left behind,
    since whoever sends a request has a say in it.
    """
    env = request.env(user=SUPERUSER_ID, context={})
    refusals = env["mts.refused.delivery"]
    try:
        delivered_for = _authorize(env["mts.request"])
        is_pull = env["mts.request"].browse(delivered_for)._is_pull()
        receiver = env["mts.submission" if is_pull else "mts.request"]
        counts = receiver._receive(read(), delivered_for)
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

    A user may bring the secret along, too, where it has to be known which request it is about.

    :raises Refused: where neither allows to deliver
    """
    scheme, _space, bearer = request.httprequest.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _request_of(requests, bearer)
    user = request.env.user
    if request.session.uid and user.has_group(CALLBACK_GROUP):
        secret = request.httprequest.headers.get(REQUEST_HEADER)
        return _request_of(requests, secret) if secret else None
    raise Refused("denied", 403)


def _request_of(requests, secret):
    found = requests._of_bearer(secret.strip())
    if not found:
        raise Refused("denied", 403)
    return found.id
