# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bodies: near misses of what MTS delivers, and nonsense."""

import gzip
import json
from functools import lru_cache
from random import Random
from typing import Any, Dict, List

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from .known import FIELD, MARK, Known

STATUSES = ("processed", "error", "invalid", "submitted", "PROCESSED", "")
CODES = ("IDA-DEA-001", "AUT_BAS_001", "ATS-REQ-103", "%", "*", "x" * 65)
KEYS = (
    "ref",
    "instance",
    "values",
    "status",
    "token",
    "vid",
    "errorCode",
    "errorMessage",
    "params",
    "context",
    "id",
)
# What a registrant must not get from a form, and what it may.
FIELDS = (
    "name",
    "birthdate",
    "is_registrant",
    "company_id",
    "active",
    "mosip_auth_token",
    "id",
)
OTHER_KEYS = ("self", "jsonrpc", "method", "args", "kwargs", "model", "db", "uid", "", "\x00", "é")
ENCODINGS = ("utf-8",) * 12 + ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7")
HEXADECIMAL = "0123456789abcdef."
HUGE = 100_000
DEEP = 20_000

HARD_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e\u200f",
    "\ufeff",
    "%s %(x)s {} ${x}",
    "'; DROP TABLE res_partner; --",
    "<script>",
    "../../etc/passwd",
    "x" * HUGE,
)
HARD_LITERALS = (
    "7" * HUGE,
    "-0",
    "1e999999999",
    "NaN",
    "-Infinity",
    "[" * DEEP,
    '{"params":' * DEEP,
    "[[]" + ",[]" * 1001 + "]",
    '"\\ud800"',
    '"\\u0000"',
    "'single'",
    "undefined",
    "",
    "{",
    "]",
)

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(HARD_TEXTS),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
POOL = 500


@lru_cache(maxsize=None)
def odd_values(number: str) -> List[Any]:
    """A pool to choose from: hypothesis finds the odd ones, but takes its time."""
    found: List[Any] = []

    @seed(number)
    @settings(
        max_examples=POOL,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(VALUES)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


class Bodies:
    """Makes bodies at random.

    :param odd: values to put where they do not belong
    """

    def __init__(self, chance: Random, known: Known, odd: List[Any]) -> None:
        self._chance = chance
        self._known = known
        self._odd = odd

    def make(self, who: str, in_bulk: bool) -> bytes:
        """A body for one who may be allowed to deliver, in which no result may be taken."""
        body = self._text(who, in_bulk).encode(self._chance.choice(ENCODINGS), "surrogatepass")
        return self._spoilt(body) if self._one_in(5) else body

    def _one_in(self, number: int) -> bool:
        return self._chance.randrange(number) == 0

    def _text(self, who: str, in_bulk: bool) -> str:
        """JSON, with things in it that Python does not write."""
        text = json.dumps(self._document(who, in_bulk), ensure_ascii=self._one_in(2))
        spoil = self._chance.randrange(16)
        if spoil == 0:
            return self._chance.choice(HARD_LITERALS)
        if spoil == 1:
            return text.replace("null", self._chance.choice(HARD_LITERALS), 1)
        if spoil == 2:
            twice = f'{{"{self._chance.choice(KEYS)}": {json.dumps(self._odd_value())}, '
            return text.replace("{", twice, 1)
        return text

    def _odd_value(self) -> Any:
        return self._chance.choice(self._odd)

    def _document(self, who: str, in_bulk: bool) -> Any:
        """What the route takes, for the most part."""
        if self._one_in(10):
            return self._odd_value()
        if in_bulk == self._one_in(10):
            return self._result(who)
        return [
            self._odd_value() if self._one_in(4) else self._result(who)
            for _item in range(self._chance.randrange(1, 5))
        ]

    def _result(self, who: str) -> Any:
        """A result with some things wrong with it; what it is about proves nothing in any case."""
        chance = self._chance
        of_field = self._one_in(12) != (who == FIELD)
        result: Dict[str, Any] = {
            **(self._submission() if of_field else self._reference(who)),
            "vid": chance.choice(("2345678901234567", None)),
            "status": chance.choice(STATUSES),
            "token": chance.choice((MARK, MARK, f"{MARK}\x00", MARK * 100, None)),
            "errorCode": chance.choice(CODES),
            "errorMessage": chance.choice((MARK, None)),
        }
        for _time in range(chance.choice((0, 0, 1, 2))):
            key = chance.choice(KEYS + OTHER_KEYS)
            if self._one_in(2):
                result.pop(key, None)
            else:
                result[key] = self._odd_value()
        for _level in range(chance.choice((1, 1, 1, 0, 0, 2, 3))):
            result = {"params": result}
            if self._one_in(4):
                result[chance.choice(KEYS + OTHER_KEYS)] = self._odd_value()
        return result

    def _reference(self, who: str) -> Dict[str, Any]:
        harmless = self._broken() if self._one_in(2) else None
        return {"ref": harmless or self._chance.choice(self._known.harmless(who))}

    def _submission(self) -> Dict[str, Any]:
        """What says which submission it is, and what the registrant is to get."""
        chance = self._chance
        names = chance.sample(FIELDS, 3)
        return {
            "instance": chance.choice((*self._known.field.instances, f"uuid:{MARK}", "")),
            "values": {name: chance.choice((MARK, self._odd_value())) for name in names},
        }

    def _broken(self) -> str:
        """A reference that is nearly genuine."""
        chance = self._chance
        ref, other = chance.sample(self._known.all_references(), 2)
        position = chance.randrange(len(ref))
        digit = chance.choice([each for each in HEXADECIMAL if each != ref[position]])
        parts, others = ref.split("."), other.split(".")
        taken = chance.randrange(4)
        mixed = parts[:taken] + others[taken : taken + 1] + parts[taken + 1 :]
        candidates = [
            *[ref[:position] + digit + ref[position + 1 :]] * 4,
            ref[:position],
            ref[: position + 1] + ref[position:],
            ".".join(mixed) if mixed != parts else "",
            ".".join(reversed(parts)),
            ref.upper() if ref != ref.upper() else "",
            f"0{ref}",
            f"{ref}.",
            f"{ref}\n{other}",
            f"9999999999.9999999999.{parts[2]}.{parts[3]}",
            ref.replace(".", "\uff0e"),
        ]
        return chance.choice(candidates)

    def _spoilt(self, body: bytes) -> bytes:
        position = self._chance.randrange(len(body) + 1)
        junk = bytes(self._chance.randrange(256) for _byte in range(self._chance.randrange(8)))
        part = b'Content-Disposition: form-data; name="params"\r\n\r\n'
        candidates = [
            body[:position],
            body[:position] + junk + body[position:],
            body + body,
            body + b"\x00",
            b"\xef\xbb\xbf" + body,
            b")]}'\n" + body,
            gzip.compress(body, mtime=0),
            b"params=" + body,
            b"--x\r\n" + part + body + b"\r\n--x--\r\n",
            junk,
        ]
        return self._chance.choice(candidates)
