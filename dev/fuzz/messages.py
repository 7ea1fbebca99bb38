# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whole HTTP requests, as the bytes that go over the wire."""

from random import Random
from typing import Any, List, NamedTuple, Tuple

from .bodies import Bodies
from .known import FIELD, FIRST, NOBODY, SECOND, USER, Known

Headers = List[Tuple[str, bytes]]

# Where a user says which request a delivery is about.
REQUEST_HEADER = "X-MTS-Request"
SINGLE, BULK = "/mts/callback", "/mts/callback/bulk"
PATHS = (SINGLE, BULK) * 6 + (SINGLE + "/", BULK + "/", "/mts/callb%61ck", "/mts/callback%2Fbulk")
METHODS = ("POST",) * 12 + ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "MTS", "post")
QUERIES = ("",) * 12 + (
    "self=1",
    "___dbname=x",
    "debug=1",
    "debug=assets,%00",
    "db=postgres",
    "session_id=",
    "session_id=../../x",
    "params=1&context=1&params=2",
    "csrf_token=x",
    "%ff=%00&%",
    "a" * 2000,
)
CONTENT_TYPES = (b"application/json", b"text/plain") * 4 + (
    b"application/json; charset=utf-8",
    b"application/json;charset=no-such",
    b"application/json-rpc",
    b"APPLICATION/JSON",
    b"text/plain; charset=utf-16",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"application/octet-stream",
    b"application/json, text/plain",
    b"*/*",
    b";",
    b"",
    b"\xff",
)
OTHER_HEADERS = (
    "Accept",
    "Accept-Language",
    "Content-Encoding",
    "Cookie",
    "Forwarded",
    "Origin",
    "Range",
    "Referer",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-HTTP-Method-Override",
    "X-Openerp-Session-Id",
    "X-Requested-With",
)
HEADER_VALUES = (b"fr-FR", b"fr", b"*", b"gzip", b"bytes=0-1", b"PUT", b"example.org", b"'\"")
# How the length of the body is told: rightly, for the most part.
RIGHT = "right"
LENGTHS = (RIGHT,) * 24 + (
    "none",
    "chunked",
    "badly chunked",
    "more",
    "less",
    "x",
    "-1",
    "1e3",
    "1_0",
)
TOO_MUCH = 10**13


class Message(NamedTuple):
    """``complete`` when the server has got all that it was promised, and has to answer."""

    data: bytes
    complete: bool


class Messages:
    """Makes requests at random; only the name of the host is always right."""

    def __init__(self, chance: Random, known: Known, host: str, odd: List[Any]) -> None:
        self._chance = chance
        self._known = known
        self._host = host
        self._bodies = Bodies(chance, known, odd)

    def make(self) -> Message:
        chance = self._chance
        who, headers = self._credentials()
        headers = [("Host", self._host.encode()), *headers]
        headers.append(("Content-Type", chance.choice(CONTENT_TYPES)))
        for _time in range(chance.choice((0, 0, 1, 2))):
            headers.append((chance.choice(OTHER_HEADERS), self._header_value()))
        path, query = chance.choice(PATHS), chance.choice(QUERIES)
        length = chance.choice(LENGTHS)
        more, sent = _framed(length, self._bodies.make(who, "bulk" in path))
        target = path + ("?" if query else "") + query
        line = f"{chance.choice(METHODS)} {target} HTTP/1.1\r\n".encode()
        head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers + more)
        return Message(line + head + b"\r\n" + sent, length == RIGHT)

    def _credentials(self) -> Tuple[str, Headers]:
        """Who delivers, and with what headers.

        Everything that could make a user of NOBODY has to be left out: the references that wait
        for their answer are used with these.
        """
        who = self._chance.choice((FIRST, SECOND, FIELD, USER, NOBODY))
        sessions = self._known.sessions
        if who == USER:
            return who, self._session(sessions[USER])
        if who == FIELD and self._chance.randrange(2):
            secret = (REQUEST_HEADER, self._known.field.spent.encode())
            return who, [secret, *self._session(sessions[USER])]
        if who != NOBODY:
            headers = [("Authorization", self._bearer(who).encode())]
            return who, headers + self._session(self._chance.choice(list(sessions.values())))
        right = self._chance.choice(self._known.bearers())
        if self._chance.randrange(2):
            # A wrong bearer is not made good by any session.
            headers = [("Authorization", self._chance.choice(_wrong_bearers(right)).encode())]
            return who, headers + self._session(self._chance.choice(list(sessions.values())))
        if self._chance.randrange(4) == 0:
            # Nor is a wrong secret in the other place.
            wrong = (REQUEST_HEADER, right[:-1].encode())
            return who, [wrong, *self._session(self._chance.choice(list(sessions.values())))]
        strangers = [number for name, number in sessions.items() if name != USER]
        headers = self._chance.choice(_no_bearer(right))
        return who, headers + self._session(self._chance.choice([*strangers, "", "x", "../x"]))

    def _bearer(self, who: str) -> str:
        scheme = self._chance.choice(("Bearer", "bearer", "BEARER"))
        secret = self._known.field.spent if who == FIELD else self._known.requests[who].bearer
        return f"{scheme} {secret}"

    def _session(self, number: str) -> Headers:
        ways: List[Headers] = [
            [("Cookie", f"session_id={number}".encode())],
            [("X-Openerp-Session-Id", number.encode())],
            [("Cookie", b'a=1; b="\xff\\"; session_id=' + number.encode())],
        ]
        return self._chance.choice(ways)

    def _header_value(self) -> bytes:
        if self._chance.randrange(2):
            return self._chance.choice(HEADER_VALUES)
        junk = (self._chance.randrange(256) for _byte in range(self._chance.randrange(30)))
        return bytes(byte for byte in junk if byte not in b"\r\n\x00")


def _wrong_bearers(right: str) -> List[str]:
    return [
        "Bearer ",
        f"Bearer {right[:-1]}",
        f"Bearer {right}x",
        f"Bearer {right.swapcase()}",
        f"Bearer {right}, Bearer {right}",
        f"Bearer {right} {right}",
        "Bearer " + "x" * 20000,
    ]


def _no_bearer(right: str) -> List[Headers]:
    values = ("", "Bearer", right, f"Basic {right}", f"Bearer\t{right}", "\x01", "Bearer\xa0x")
    found = [[("Authorization", value.encode("latin-1"))] for value in values]
    return [[], [(REQUEST_HEADER, right.encode())], *found]


def _framed(length: str, body: bytes) -> Tuple[Headers, bytes]:
    if length == "none":
        return [], body
    if length == "chunked":
        return [("Transfer-Encoding", b"chunked")], b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    if length == "badly chunked":
        return [("Transfer-Encoding", b"chunked")], b"zz\r\n" + body
    numbers = {RIGHT: len(body), "more": TOO_MUCH if len(body) % 2 else len(body) + 1}
    numbers["less"] = len(body) // 2
    return [("Content-Length", str(numbers.get(length, length)).encode())], body
