"""Which of the threads leads, and how another one comes to it."""

from __future__ import annotations

import time
from _thread import allocate_lock
from typing import List

TICK = 0.002
"""Seconds after which the lead is taken from a thread that has not returned."""
_REST = 50
"""Ticks without a request, after which nobody looks any more."""

Token = List[None]
"""Of a thread that leads. There is one entry while it may not come back soon: who takes it out has the lead to give."""


class Lead:
    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._token: Token = []
        # Another number each time that the lead is lent.
        self._turn = 0
        self._over = False
        self._resting = False
        self._rest = allocate_lock()
        self._rest.acquire()

    def take(self) -> Token:
        """Waits for the lead."""
        self._lock.acquire()
        token: Token = []
        self._token = token
        return token

    def give(self) -> None:
        """Another thread may lead."""
        self._lock.release()

    def lend(self, token: Token) -> None:
        """
        The thread that leads does what may take long. If it is back soon it takes the entry out of its token, and leads on;
        where there is none, the lead is another's.
        """
        self._turn += 1
        token.append(None)
        if self._resting:
            self._resting = False
            self._wake()

    def step_down(self, token: Token) -> None:
        """Takes the lead from the thread that has lent it."""
        try:
            token.pop()
        except IndexError:
            return
        self.give()

    def watch(self) -> None:
        """Takes the lead from each thread that does not return."""
        seen = -1
        still = 0
        while not self._over:
            time.sleep(TICK)
            if self._turn != seen:
                seen = self._turn
                still = 0
                continue
            still += 1
            self.step_down(self._token)
            if still > _REST:
                self._resting = True
                # What was lent meanwhile saw nobody rest.
                if self._turn == seen and not self._over:
                    self._rest.acquire()
                self._resting = False
                still = 0

    def end(self) -> None:
        """Nobody leads any more."""
        self._over = True
        self._wake()

    def _wake(self) -> None:
        try:
            self._rest.release()
        except RuntimeError:
            # It was woken already.
            pass
