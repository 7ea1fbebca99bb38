# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What MTS, and users of Odoo, have got: the stuff that near misses are made of."""

from typing import Dict, List, NamedTuple

#: Stands in everything that must not be sent back or logged.
MARK = "marked-4d545331"

#: Who delivers. The first two are requests of ours with their bearer secrets; by the third MTS has
#: fetched submissions.
FIRST, SECOND, FIELD, USER, NOBODY = "first", "second", "field", "user", "nobody"


class Request(NamedTuple):
    """One request: its secret, and references that are all genuine.

    ``spent`` has been answered for good, ``changed`` belongs to a registrant with another VID by
    now, and ``open`` still waits for an answer.
    """

    bearer: str
    spent: str
    changed: str
    open: str


class Field(NamedTuple):
    """Two requests by which MTS has fetched submissions: one is answered, one still waits.

    ``instances`` is what ODK Central calls the submissions.
    """

    spent: str
    open: str
    instances: List[str]


class Known(NamedTuple):
    """``sessions`` are those of users by name; USER is the one who may deliver."""

    requests: Dict[str, Request]
    field: Field
    sessions: Dict[str, str]

    def harmless(self, who: str) -> List[str]:
        """References with which this one cannot do anything, genuine as they are."""
        found = []
        for name, request in self.requests.items():
            found += [request.spent, request.changed]
            if who in (NOBODY, FIELD) or (name != who and who in self.requests):
                found.append(request.open)
        return found

    def bearers(self) -> List[str]:
        """All secrets with which somebody could deliver something."""
        return [*(request.bearer for request in self.requests.values()), self.field.open]

    def all_references(self) -> List[str]:
        return self.harmless(NOBODY)
