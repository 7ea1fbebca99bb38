# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What goes to MTS in one request. It lives in memory only, since it holds people's data."""

from datetime import datetime, timedelta
from typing import Any, Dict, List, NamedTuple, Optional

from ..mts.odk import OdkForm


class Item(NamedTuple):
    """One registrant of a batch.

    ``payload`` is the record without its reference, or None where the data cannot be read;
    ``fingerprint`` tells later whether what MOSIP was asked about has changed.
    """

    partner_id: int
    vid: str
    payload: Optional[Dict[str, Any]]
    fingerprint: str


class Batch(NamedTuple):
    """The registrants of one request."""

    request_id: int
    items: List[Item]
    bearer: str


class Window(NamedTuple):
    """A time of which MTS is to fetch the submissions, in a request."""

    request_id: int
    bearer: str


class OutgoingPull(NamedTuple):
    """What has MTS fetch the submissions of a window, and where that can be checked."""

    url: str
    timeout: int
    message: Dict[str, Any]
    form: OdkForm
    start: datetime
    end: datetime


class Outgoing(NamedTuple):
    """A batch that goes out now.

    ``message`` is what MTS gets; ``check_after`` is the time after which MTS is asked what became
    of it.
    """

    batch: Batch
    url: str
    timeout: int
    message: Dict[str, Any]
    check_after: timedelta
