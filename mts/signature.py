# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The proofs that travel with a record, and the fingerprint that tells whether its data changed.

All are HMAC-SHA-256 with a key that belongs to one connector. Each use has its own prefix, so that
a value made for one can never pass for another.
"""

import hashlib
import hmac
import json
import re
import secrets
from typing import Any, NamedTuple, Optional

_REFERENCE = re.compile(
    r"\A([1-9][0-9]{0,9})\.([1-9][0-9]{0,9})\.([0-9a-f]{32})\.([0-9a-f]{32})\Z"
)
# Hexadecimal digits of each of the two proofs in a reference: 128 bits are enough for what only
# has to be unguessable.
_PROOF = 32

MIN_KEY = 32


class Reference(NamedTuple):
    """What ``mts_ref`` says: a ledger row, the request it was sent in, and two proofs.

    The first proves that the registrant's VID is the one that was sent. The seal proves that the
    reference is ours, all of it, before anything is done with it.
    """

    record_id: int
    request_id: int
    proof: str
    seal: str


def new_key() -> str:
    """Return a random key, 64 hexadecimal digits."""
    return secrets.token_hex(32)


def is_strong(key: str) -> bool:
    """Tell whether the key can be used: a shorter one could be guessed."""
    return len(key) >= MIN_KEY


def new_bearer() -> str:
    """Return a random bearer secret, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def bearer_hash(bearer: str) -> str:
    """Return what may be stored of a bearer secret. It is random, so a plain hash is enough."""
    return hashlib.sha256(bearer.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def reference(key: str, record_id: int, request_id: int, vid: str) -> str:
    """Return the ``mts_ref`` that a record carries to MTS and back."""
    proof = _proof(key, record_id, request_id, vid)
    return f"{record_id}.{request_id}.{proof}.{_seal(key, record_id, request_id, proof)}"


def parse_reference(text: Any) -> Optional[Reference]:
    """Return the parts of an ``mts_ref``, or None where it has not the form of one."""
    found = _REFERENCE.match(text) if isinstance(text, str) else None
    if not found:
        return None
    return Reference(int(found[1]), int(found[2]), found[3], found[4])


def is_ours(ref: Reference, key: str) -> bool:
    """Tell whether we have made the reference."""
    return same(ref.seal, _seal(key, ref.record_id, ref.request_id, ref.proof))


def proves(ref: Reference, key: str, vid: str) -> bool:
    """Tell whether the VID is the one that was sent with the reference."""
    return same(ref.proof, _proof(key, ref.record_id, ref.request_id, vid))


def fingerprint(key: str, identity: Any) -> str:
    """Return the fingerprint of the data that MOSIP was asked about.

    :param identity: anything that JSON can hold
    """
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return _mac(key, "fingerprint", canonical)


def _proof(key: str, record_id: int, request_id: int, vid: str) -> str:
    return _mac(key, "reference", f"{record_id}.{request_id}.{vid}")[:_PROOF]


def _seal(key: str, record_id: int, request_id: int, proof: str) -> str:
    return _mac(key, "seal", f"{record_id}.{request_id}.{proof}")[:_PROOF]


def _mac(key: str, purpose: str, text: str) -> str:
    if not is_strong(key):
        raise ValueError(f"hmac_key is missing or has less than {MIN_KEY} characters")
    # In one call: there are several for each registrant, and an object for each takes six times as
    # long.
    return hmac.digest(key.encode(), f"{purpose}:{text}".encode(), "sha256").hex()
