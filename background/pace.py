# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many POSTs MTS can take at the same time."""

# Twice the time that MTS needs at its best means that our requests wait for each other there.
SLOW = 2.0

# What is answered within a second is never called slow: so short a time says more about this
# machine than about MTS.
QUICK_SECONDS = 1.0


class Pace:
    """Lets as many POSTs be under way as MTS takes, and never more than the settings allow.

    One more after a round of good answers; half as many when MTS asks for fewer or gets slow. All
    this is known of one slice only: the next one begins with what the settings allow.

    :param most: what the settings allow
    """

    def __init__(self, most: int):
        self.allowed = self.most = most
        self._good = 0
        self._begun = 0
        # The last POST that was begun before MTS was given less.
        self._before = 0
        self._largest = 0
        self._best = 0.0

    def has_room(self, under_way: int) -> bool:
        return under_way < self.allowed

    def begin(self) -> int:
        """Count a POST that begins, and return its number."""
        self._begun += 1
        return self._begun

    def answered(self, number: int, records: int, seconds: float, timeout: float) -> None:
        """MTS has taken a batch.

        :param seconds: how long it took
        :param timeout: how long it may take; what comes near to that is slow in any case
        """
        if records > self._largest:
            self._largest, self._best = records, seconds
        elif records == self._largest:
            self._best = min(self._best, seconds)
        if seconds > min(max(SLOW * self._best, QUICK_SECONDS), timeout / 2):
            self.slow_down(number)
            return
        self._good += 1
        if self._good >= self.allowed:
            self._good = 0
            self.allowed = min(self.allowed + 1, self.most)

    def slow_down(self, number: int) -> bool:
        """Give MTS half as much; False where it is given one batch at a time already.

        :param number: the POST that says so. One that was begun before MTS was given less tells
            nothing new.
        """
        if number <= self._before:
            return True
        if self.allowed == 1:
            return False
        self.allowed //= 2
        self._good = 0
        self._before = self._begun
        return True
