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

_REFERENCE = re.compile(r"\A([1-9][0-9]{0,9})\.([1-9][0-9]{0,9})\.([0-9a-f]{64})\Z")


class Reference(NamedTuple):
    """What ``mts_ref`` says: a ledger row, the request it was sent in, and the proof."""

    record_id: int
    request_id: int
    mac: str


def new_key() -> str:
    """Return a random key, 64 hexadecimal digits."""
    return secrets.token_hex(32)


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
    return f"{record_id}.{request_id}.{_reference_mac(key, record_id, request_id, vid)}"


def parse_reference(text: Any) -> Optional[Reference]:
    """Return the parts of an ``mts_ref``, or None where it has not the form of one."""
    found = _REFERENCE.match(text) if isinstance(text, str) else None
    if not found:
        return None
    return Reference(int(found.group(1)), int(found.group(2)), found.group(3))


def proves(ref: Reference, key: str, vid: str) -> bool:
    """Tell whether the reference is ours and the VID still the one that was sent."""
    return same(ref.mac, _reference_mac(key, ref.record_id, ref.request_id, vid))


def fingerprint(key: str, identity: Any) -> str:
    """Return the fingerprint of the data that MOSIP was asked about.

    :param identity: anything that JSON can hold
    """
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return _mac(key, "fingerprint", canonical)


def _reference_mac(key: str, record_id: int, request_id: int, vid: str) -> str:
    return _mac(key, "reference", f"{record_id}.{request_id}.{vid}")


def _mac(key: str, purpose: str, text: str) -> str:
    return hmac.new(key.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
