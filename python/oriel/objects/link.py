"""A connection of a web server, and the requests on it."""

from __future__ import annotations

import socket
import struct
from _thread import allocate_lock
from collections import deque
from typing import Callable, Deque, Dict, List, NamedTuple, Optional

from ..fastcgi.gone import Gone
from .exchange import Exchange
from .incoming import Incoming

READ_SIZE = 65536
_PATIENCE = struct.pack('ll', 60, 0)
"""Seconds for which a web server may read nothing of what is sent, and microseconds."""


class Owner(NamedTuple):
    """What a connection needs of its server."""

    arrived: Deque[Exchange]
    """Those whose variables are complete, and which no thread has."""
    active: List[int]
    """One entry for each request that is here: how many that are."""
    accepts: Callable[[], bool]
    """Whether one more may come."""
    step_down: Callable[[List[None]], None]
    """Has another thread read, where the one that has this token still does."""
    look: Callable[[Link], None]
    """Has the thread that reads look at the connection: it may be read again, or is to be closed."""
    values: Dict[str, bytes]
    """What is said to GET_VALUES."""


class Link:
    """One thread at a time reads; any may send."""

    __slots__ = (
        'socket', 'number', 'lost', 'closing', 'paused', 'out', 'answers', 'owner', 'exchanges', 'active', '_sending',
        '_incoming',
    )  # fmt: skip

    def __init__(self, connected: socket.socket, owner: Owner) -> None:
        connected.setblocking(True)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _PATIENCE)
        self.socket = connected
        self.number = connected.fileno()
        self.lost = False
        self.closing = False
        """Whether it is closed once the requests on it have ended."""
        self.paused = False
        """Whether it is not read until somebody has read what came."""
        self.out: Deque[bytes] = deque()
        """What goes before the next that is sent, or by `flush`."""
        self.answers: List[bytes] = []
        """What the thread that reads has to say."""
        self.owner = owner
        self.exchanges: Dict[int, Exchange] = {}
        self.active: List[int] = []
        """One entry for each request whose end was not sent yet."""
        self._sending = allocate_lock()
        self._incoming = Incoming(self)

    def receive(self) -> None:
        """Takes apart what there is. Raises Gone where the connection has ended, and Broken."""
        try:
            data = self.socket.recv(READ_SIZE, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise Gone(f'the web server closed the connection: {error.strerror}') from None
        if not data:
            raise Gone('the web server closed the connection')
        self._incoming.take(data)

    def send(self, data: bytes, of: Optional[Exchange] = None) -> None:
        """
        Sends records. Raises Gone.
        @param of: The request that they belong to. Once it has ended its number may be another's, who would get them.
        """
        with self._sending:
            if of is not None and of.ended:
                raise Gone('the client went away')
            if self.out:
                data = self._corked() + data
            self._send(data)

    def flush(self) -> None:
        """Sends what waits."""
        try:
            with self._sending:
                if self.out:
                    self._send(self._corked())
        except Gone:
            # Whose answers these were they have ended: who reads will close it.
            pass

    def _corked(self) -> bytes:
        out = self.out
        if len(out) == 1:
            return out.popleft()
        parts = []
        while out:
            parts.append(out.popleft())
        return b''.join(parts)

    def _send(self, data: bytes) -> None:
        if self.lost:
            raise Gone('the web server closed the connection')
        try:
            self.socket.sendall(data)
        except OSError as error:
            # A part may have gone: nothing can be sent behind it.
            self.lose()
            self.owner.look(self)
            raise Gone(f'the web server closed the connection: {error.strerror}') from None

    def claim(self, exchange: Exchange) -> bool:
        """Takes a request out. Returns whether it was there: who took it out is the one to end it, and to `release` then."""
        try:
            exchange.unclaimed.pop()
        except IndexError:
            return False
        # Only now: once its end was sent the number may be another's.
        del self.exchanges[exchange.number]
        return True

    def release(self) -> None:
        """The end of a request was sent: the connection may be closed, as far as that one goes."""
        self.active.pop()
        self.owner.active.pop()
        if self.paused or self.closing:
            self.owner.look(self)

    def forget(self, exchange: Exchange) -> None:
        """It ends with nothing that is sent."""
        if self.claim(exchange):
            self.release()

    def lose(self) -> None:
        """Nothing more comes, and nothing can be sent."""
        self.lost = True
        for exchange in list(self.exchanges.values()):
            exchange.gone = True
            exchange.wake()

    def resume(self) -> None:
        """Has it read again."""
        self.owner.look(self)

    def hang_up(self) -> None:
        """Has it closed once the requests on it have ended."""
        self.closing = True
        self.owner.look(self)

    def close(self) -> None:
        """For the thread that reads."""
        self.lose()
        try:
            # Whoever sends just now gets an error, and lets the descriptor go before its number can be another's.
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        with self._sending:
            self.socket.close()
        for exchange in list(self.exchanges.values()):
            # Whose variables never came no thread will end.
            if not exchange.complete:
                self.forget(exchange)
