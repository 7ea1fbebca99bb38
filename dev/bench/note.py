# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Writes down what was measured: a table for people, and the same figures for programs."""

import json
import os
from typing import Any, Dict, List

from bootstrap.paths import CHECKOUT

from .figures import Figure, Figures

TABLE = CHECKOUT / "docs" / "performance.md"
DATA = CHECKOUT / "docs" / "performance.json"

HEAD = """\
# Performance

Written by `make bench`{full}: {where}, {processors} processors, a simulated MTS that takes no time
for a record unless it says otherwise. Seconds and rates are those of this machine; ratios, taken
within one run, hold elsewhere, too. With a bound, `make bench` fails where it is missed.

- **The floor** is a bare program that reads the rows, sends them, takes the answers over a plain
  HTTP server, and writes the tokens with one statement for each batch. It keeps no promise: a
  crash loses people, and anybody may deliver.
- **The floor of OpenG2P** is the ORM calls alone that its models need for the same writes, in
  bulk: no MTS, no reading, no ledger. Odoo by itself knows one value in a `write`, so the token
  goes to one contact after the other; what it takes with the connector's own way to write the
  tokens of a batch stands below.
- **Deliveries** are made as MTS makes them, one after the other and each over a connection of its
  own. The time is that from one to the next. No single delivery can be faster than Odoo writes
  one contact, so that is measured, too, with nothing proven, locked or counted.

## Where the time goes

Of what Odoo's processor does for an import, more than half are deliveries, and half of a delivery
is Odoo's own: `write` on the contacts, with all that Odoo and other addons do there. Reading the
contacts, building the message, proofs, ledger, counts and HTTP share the rest. What a profiler
showed to come first, and is gone:

- Contacts were written one by one, since each gets a token of its own. Now a batch is one `write`,
  in which other addons can ask for each token, and one statement.
- A delivery read the whole connector and the whole request, and each step of a batch that one,
  too. Now what is looked at comes with the row that is locked, or with the keys of the proofs.
- The request of a batch was created by the ORM, and noted by it as sent: a statement for each now.
- Where `dbfilter` is set, Odoo asks PostgreSQL for all databases, over a connection of its own,
  with each delivery that brings no session. The benchmark names its database in `db_name` alone.
- With each token Odoo looked for the records that show when it came.
- Answers were settled record by record through the ORM, which looked up the same connector several
  times for each.
- The message was built path by path and contact by contact, of contacts that were read whole. Now
  it is built by columns, and only the fields that are sent are read.
- Who is due was found by looking at each contact with a VID. Now the indexes of contacts and
  ledger are held against each other first.
- The ledger had more indexes that each new state had to enter.
- With each token Odoo looked for those who work for the registrant, whom it does not concern.
- The list of duplicates was looked for twice, and all of its groups were made to be counted.
- Each request that was answered woke the background job. Now it is woken when there is something
  to be done.
"""


def write(figures: Figures, where: str, full: bool) -> None:
    """Replace both files."""
    processors = os.cpu_count() or 1
    head = HEAD.format(full=" FULL=1" if full else "", where=where, processors=processors)
    sections: Dict[str, List[Figure]] = {}
    for figure in figures.all:
        sections.setdefault(figure.section, []).append(figure)
    parts = [head, *(_table(*section) for section in sections.items()), _plans(figures)]
    TABLE.write_text("\n".join(filter(None, parts)), "utf-8")
    data = {
        "where": where,
        "processors": processors,
        "full": full,
        "figures": [_as_data(figure) for figure in figures.all],
    }
    DATA.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _table(section: str, figures: List[Figure]) -> str:
    lines = [f"## {section}", "", "| | Measured | Bound |", "|---|---|---|"]
    for figure in figures:
        mark = " **missed**" if figure.missed else ""
        lines.append(f"| {figure.text} | {figure.shown}{mark} | {figure.shown_bound} |")
    return "\n".join([*lines, ""])


def _plans(figures: Figures) -> str:
    """How PostgreSQL finds out that nobody is due."""
    parts = ["## How PostgreSQL finds that nobody is due", ""] if figures.plans else []
    for title, plan in figures.plans.items():
        parts += [f"{title}:", "", "```", plan, "```", ""]
    return "\n".join(parts)


def _as_data(figure: Figure) -> Dict[str, Any]:
    return {**figure._asdict(), "missed": figure.missed}
