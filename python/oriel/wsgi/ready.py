"""Which connections have something to read: one question for all threads."""

from __future__ import annotations

import select
import sys
from typing import Iterable, List, Protocol, Tuple


class Ready(Protocol):
    """Several threads may wait at once. A descriptor is told to one of them, and then to none until it is armed again."""

    def add(self, number: int) -> None: ...

    def arm(self, number: int) -> None: ...

    def wait(self, seconds: float) -> Iterable[Tuple[int, int]]:
        """The descriptors, each with what nobody needs. @param seconds: -1 for as long as it takes."""


class Epoll:
    """Linux."""

    def __init__(self, threads: int) -> None:
        self._epoll = select.epoll()
        # One thread alone needs no arming: it reads a descriptor before it asks again.
        self._alone = threads == 1
        self._events = select.EPOLLIN if self._alone else select.EPOLLIN | select.EPOLLONESHOT
        self._most = 64 if self._alone else 1

    def add(self, number: int) -> None:
        self._epoll.register(number, self._events)

    def arm(self, number: int) -> None:
        if not self._alone:
            self._epoll.modify(number, self._events)

    def wait(self, seconds: float) -> List[Tuple[int, int]]:
        return self._epoll.poll(seconds, self._most)


if sys.platform != 'linux':

    class Kqueue:
        """macOS and the BSDs."""

        def __init__(self, threads: int) -> None:
            self._kqueue = select.kqueue()

        def add(self, number: int) -> None:
            event = select.kevent(number, select.KQ_FILTER_READ, select.KQ_EV_ADD | select.KQ_EV_ONESHOT)
            self._kqueue.control([event], 0)

        arm = add

        def wait(self, seconds: float) -> List[Tuple[int, int]]:
            timeout = None if seconds < 0 else seconds
            return [(event.ident, 0) for event in self._kqueue.control(None, 1, timeout)]


def ready(threads: int) -> Ready:
    if sys.platform == 'linux':
        return Epoll(threads)
    else:
        return Kqueue(threads)
