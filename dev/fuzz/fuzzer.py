# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rounds of random messages, and what must be true after each."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Counter, List, NamedTuple, Optional

from bootstrap.paths import checkout_folder
from faults.log import complaints

from .bodies import odd_values
from .known import MARK
from .messages import Message, Messages
from .target import Target
from .wire import Answer, send

ROUND = 1000
CONNECTIONS = 4


class Fault(NamedTuple):
    """What is wrong, and what was sent: one message, or all of the round it came from."""

    text: str
    messages: List[Message]


class Fuzzer:
    """Sends what comes of a seed.

    ``answers`` counts the HTTP statuses, ``results`` what became of the results that were read.
    """

    def __init__(self, target: Target, number: int) -> None:
        self._target = target
        self._number = number
        self._odd = odd_values(str(number))
        self.faults: List[Fault] = []
        self.answers: Counter[int] = Counter()
        self.results: Counter[str] = Counter()
        self.inputs = self.http_500 = self.tracebacks = self.writes = 0

    def line(self) -> str:
        return (
            f"fuzz: inputs={self.inputs} http_500={self.http_500} "
            f"tracebacks={self.tracebacks} writes={self.writes}"
        )

    def summary(self) -> str:
        """What was answered: most of it should have been a near miss."""
        counts = [f"HTTP {status}: {count}" for status, count in sorted(self.answers.items())]
        counts += [f"results {name}: {count}" for name, count in sorted(self.results.items())]
        return "answers: " + ", ".join(counts)

    def run(self, inputs: int, first_round: int = 0) -> None:
        """Go on until there is a fault, or as many inputs were sent."""
        started = time.monotonic()
        number = first_round
        while self.inputs < inputs and not self.faults:
            self._round(number, min(ROUND, inputs - self.inputs))
            number += 1
            if number % 10 == 0:
                rate = self.inputs / (time.monotonic() - started)
                print(f"  {self.inputs} inputs, {rate:.0f}/s", flush=True)
        if not self.faults and not self._target.deliver_the_rest():
            self._note("the registrants that waited all the time got no token", [])

    def save(self) -> Optional[Path]:
        """Write the faults into a file; return its path."""
        if not self.faults:
            return None
        path = checkout_folder("fuzz") / f"{self._number}.json"
        content = {
            "seed": self._number,
            "faults": [
                {
                    "text": fault.text,
                    "messages": [base64.b64encode(each.data).decode() for each in fault.messages],
                }
                for fault in self.faults
            ],
        }
        path.write_text(json.dumps(content, indent=1))
        return path

    def _round(self, number: int, size: int) -> None:
        chance = Random(f"{self._number}:{number}")  # noqa: S311 (the same each time)
        maker = Messages(chance, self._target.known, self._target.host, self._odd)
        chosen = [maker.make() for _time in range(size)]
        before, log_size = self._target.state(), self._target.log_size()
        host, _colon, port = self._target.host.partition(":")
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            answers = list(threads.map(lambda each: send((host, int(port)), each), chosen))
        self.inputs += len(chosen)
        for message, answer in zip(chosen, answers):
            self._check_answer(message, answer)
        self._check_log(chosen, log_size)
        after = self._target.state()
        changed = [table for table in before if before[table] != after[table]]
        self.writes += len(changed)
        if changed:
            self._note(f"round {number}: {', '.join(sorted(changed))} changed", chosen)

    def _check_answer(self, message: Message, answer: Answer) -> None:
        content = answer.content()
        counts = {name: count for name, count in content.items() if name != "error"}
        traced = b"Traceback" in answer.data or b'File "' in answer.data
        self.answers[answer.status] += 1
        self.results.update(counts)
        self.http_500 += answer.status >= 500
        self.tracebacks += traced
        wrong = {
            f"HTTP {answer.status}": answer.status >= 500,
            "traceback in the answer": traced,
            "the answer says what was sent": MARK.encode() in answer.data,
            "a session came of it": b"\r\nset-cookie:" in answer.data.lower(),
            "a result was accepted": counts.get("accepted"),
            "no answer": message.complete and not answer.status,
            "the answer is not the callback's": answer.status and not answer.suits(message),
        }
        for text in [text for text, found in wrong.items() if found]:
            self._note(text, [message])

    def _check_log(self, chosen: List[Message], start: int) -> None:
        found = complaints(self._target.world.odoo.log_file, start)
        self.tracebacks += len(found)
        if found:
            self._note(f"in the log: {found[0]}", chosen)
        log = self._target.new_log(start)
        if any(secret in log for secret in self._target.secrets()):
            self._note("the log says what was sent", chosen)

    def _note(self, text: str, chosen: List[Message]) -> None:
        self.faults.append(Fault(text, chosen))
