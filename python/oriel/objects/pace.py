"""How long a method takes."""

from __future__ import annotations

SLOW = 0.0005
"""Seconds from which on a method is one that others should not wait for."""


class Pace:
    """A moving average. That threads may divide the step that changes it does no harm."""

    __slots__ = ('slow', '_average')

    def __init__(self) -> None:
        self.slow = False
        self._average = 0.0

    def took(self, seconds: float) -> None:
        self._average += (seconds - self._average) * 0.125
        self.slow = self._average > SLOW
