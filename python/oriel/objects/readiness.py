"""Which descriptors have something to read, asked by one thread at a time."""

from __future__ import annotations

import select
import sys
from typing import List, Tuple


class Polled:
    """Systems without epoll."""

    def __init__(self) -> None:
        self._poll = select.poll()

    def add(self, number: int) -> None:
        self._poll.register(number, select.POLLIN)

    def remove(self, number: int) -> None:
        self._poll.unregister(number)

    def wait(self, seconds: float) -> List[Tuple[int, int]]:
        """@param seconds: -1 for as long as it takes."""
        return self._poll.poll(None if seconds < 0 else seconds * 1000)


if sys.platform == 'linux':

    class Readiness:
        """Linux."""

        def __init__(self) -> None:
            self._epoll = select.epoll()

        def add(self, number: int) -> None:
            self._epoll.register(number, select.EPOLLIN)

        def remove(self, number: int) -> None:
            self._epoll.unregister(number)

        def wait(self, seconds: float) -> List[Tuple[int, int]]:
            """@param seconds: -1 for as long as it takes."""
            return self._epoll.poll(seconds)

        def close(self) -> None:
            self._epoll.close()

else:

    class Readiness(Polled):
        def close(self) -> None:
            pass
