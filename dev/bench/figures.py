# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was measured, and whether it is good enough."""

import operator
from typing import Any, Dict, List, NamedTuple

RELATIONS = {"≤": operator.le, "≥": operator.ge, "<": operator.lt, "=": operator.eq}


class Figure(NamedTuple):
    """One number, with the bound that it has to keep if there is one."""

    section: str
    name: str
    value: float
    text: str
    unit: str = ""
    relation: str = ""
    bound: float = 0.0

    @property
    def missed(self) -> bool:
        return bool(self.relation) and not RELATIONS[self.relation](self.value, self.bound)

    @property
    def shown(self) -> str:
        return f"{number(self.value)} {self.unit}".strip()

    @property
    def shown_bound(self) -> str:
        return f"{self.relation} {number(self.bound)}" if self.relation else ""


class Figures:
    """All of a run, in the order in which they came."""

    def __init__(self) -> None:
        self.all: List[Figure] = []
        #: Plans of PostgreSQL, by what they are for.
        self.plans: Dict[str, str] = {}

    def add(self, section: str, name: str, value: float, text: str, **rest: Any) -> None:
        figure = Figure(section, name, value, text, **rest)
        self.all.append(figure)
        mark = "   MISSED" if figure.missed else ""
        print(f"    {text}: {figure.shown} {figure.shown_bound}{mark}", flush=True)

    def value(self, name: str) -> float:
        return next(figure.value for figure in self.all if figure.name == name)

    def worst(self, prefix: str) -> float:
        """The largest of those whose name begins so."""
        return max(figure.value for figure in self.all if figure.name.startswith(prefix))

    def has(self, prefix: str) -> bool:
        return any(figure.name.startswith(prefix) for figure in self.all)

    def missed(self) -> List[Figure]:
        return [figure for figure in self.all if figure.missed]


def number(value: float) -> str:
    """Three digits that count."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
