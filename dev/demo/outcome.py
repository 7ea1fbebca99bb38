# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What happened to everybody, and whether all of it is as it has to be."""

from typing import Any, Dict, List, NamedTuple

from .registry import COUNTS, Registry
from .scenario import Scenario


def total(runs: List[Dict[str, Any]], name: str) -> int:
    """A count over several imports."""
    return sum(run[name] for run in runs)


class Outcome(NamedTuple):
    """All that is known when the import is through."""

    runs: List[Dict[str, Any]]
    records: List[Dict[str, Any]]
    registrants: List[Dict[str, Any]]

    @classmethod
    def read(cls, registry: Registry, connector: int) -> "Outcome":
        """Ask Odoo, as an administrator."""
        return cls(registry.runs(connector), registry.records(connector), registry.registrants())

    @property
    def twice(self) -> Dict[str, List[Dict[str, Any]]]:
        """Token: the registrants who share it."""
        found: Dict[str, List[Dict[str, Any]]] = {}
        for registrant in self.registrants:
            if registrant["mosip_duplicate_count"]:
                found.setdefault(registrant["mosip_auth_token"], []).append(registrant)
        return found

    @property
    def line(self) -> str:
        """The result on one line; duplicates are registrants who share a token with another."""
        counts = {name.replace("_count", ""): total(self.runs, name) for name in COUNTS}
        counts["duplicates"] = sum(len(same) for same in self.twice.values())
        return "demo: " + " ".join(f"{name}={count}" for name, count in counts.items())

    def faults(self, scenario: Scenario) -> List[str]:
        """What is not as it has to be; empty when all is well."""
        return [
            *self._unfinished(scenario),
            *self._unexplained(scenario),
            *self._badly_kept(),
        ]

    def _unfinished(self, scenario: Scenario) -> List[str]:
        faults = []
        for run in self.runs:
            if run["state"] != "done":
                faults.append(f"An import ended as {run['state']}: {run['message']}")
        if len(self.records) != len(scenario.registrants):
            faults.append(
                f"{len(scenario.registrants)} registrants were due, "
                f"{len(self.records)} have a record."
            )
        for state in ("pending", "lost"):
            count = sum(record["state"] == state for record in self.records)
            if count or total(self.runs, f"{state}_count"):
                faults.append(f"{count} registrants are {state}.")
        return faults

    def _unexplained(self, scenario: Scenario) -> List[str]:
        """Everybody ends as the story says, and each refusal comes with an advice."""
        expected = dict(zip([item["id"] for item in self.registrants], scenario.registrants))
        faults = []
        for record in self.records:
            vid = expected[record["partner_id"][0]]["mosip_vid"]
            code = scenario.codes.get(vid, False)
            if record["state"] != ("rejected" if code else "tokenized"):
                faults.append(f"Record {record['id']} is {record['state']}: unexpected.")
            elif (record["error_code"] or False) != code:
                faults.append(f"Record {record['id']} has the code {record['error_code']}.")
            elif code and not record["advice"]:
                faults.append(f"Record {record['id']} does not say what to do.")
        return faults

    def _badly_kept(self) -> List[str]:
        """A token replaces the VID; who is refused keeps the VID for the next try."""
        faults = []
        tokenized = {
            record["partner_id"][0] for record in self.records if record["state"] == "tokenized"
        }
        for item in self.registrants:
            has_vid, has_token = bool(item["mosip_vid"]), bool(item["mosip_auth_token"])
            if item["token_id"] != item["mosip_auth_token"]:
                faults.append(f"Registrant {item['id']} has another token among the IDs.")
            if has_vid and has_token:
                faults.append(f"Registrant {item['id']} has both a VID and a token.")
            elif has_token != (item["id"] in tokenized) or has_vid == has_token:
                faults.append(f"Registrant {item['id']} lacks the VID or the token.")
        return faults
