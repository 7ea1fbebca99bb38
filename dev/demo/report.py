# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The outcome as a table of plain text."""

from typing import Any, Dict, List

from .outcome import Outcome

STATES = (
    ("tokenized", "have their token; the VID is deleted"),
    ("rejected", "were refused, and keep their VID for the next try"),
    ("conflict", "got another token than they have"),
    ("pending", "wait for an answer"),
    ("lost", "got no answer and are due again"),
)


def table(outcome: Outcome) -> str:
    """What happened, what to do about the rest, and who is there twice."""
    parts = [_states(outcome)]
    if any(record["state"] == "rejected" for record in outcome.records):
        parts.append(_advice(outcome))
    if outcome.twice:
        parts.append(_duplicates(outcome))
    return "\n\n".join(parts)


def _states(outcome: Outcome) -> str:
    lines = ["What happened"]
    for state, meaning in STATES:
        count = sum(record["state"] == state for record in outcome.records)
        if count or state in ("tokenized", "rejected"):
            lines.append(f"{count:5d}  {state:10} {meaning}")
    return "\n".join(lines)


def _advice(outcome: Outcome) -> str:
    """The refused, grouped by what a person has to do: the largest group first."""
    groups: Dict[str, List[Dict[str, Any]]] = {}
    for record in outcome.records:
        if record["state"] == "rejected":
            groups.setdefault(record["advice"] or "Unexplained", []).append(record)
    lines = ["What to do about those who were refused"]
    for advice, records in sorted(groups.items(), key=lambda group: -len(group[1])):
        codes = sorted({record["error_code"] or "no code" for record in records})
        lines.append(f"{len(records):5d}  {advice}  ({', '.join(codes)})")
        first = records[0]
        lines.append(f"       e.g. {first['partner_id'][1]}: {first['error_message']}")
    return "\n".join(lines)


def _duplicates(outcome: Outcome) -> str:
    lines = ["Who is registered twice: the same token means the same person"]
    for same in outcome.twice.values():
        numbers = " and ".join(str(registrant["id"]) for registrant in same)
        lines.append(f"{len(same):5d}  {same[0]['name']} (contacts {numbers})")
    return "\n".join(lines)
