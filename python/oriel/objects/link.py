"""A connection of a web server: records that come, told to the requests that they belong to, and records that go."""

from __future__ import annotations

import socket
import struct
from _thread import allocate_lock
from collections import deque
from typing import Callable, Deque, Dict, List, NamedTuple, Optional

from ..fastcgi import records
from ..fastcgi.gone import Gone
from ..fastcgi.pairs import MalformedPairs, pair, read_pairs
from ..fastcgi.records import HEAD, HEAD_SIZE
from .exchange import HELD, Exchange

READ_SIZE = 65536
MOST_PARAMS = 1 << 20
"""Bytes of variables that a request may have."""
_PATIENCE = struct.pack('ll', 60, 0)
"""Seconds for which a web server may read nothing of what is sent, and microseconds."""


class Broken(Exception):
    """What came is no FastCGI."""


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
        'socket', 'number', 'lost', 'closing', 'paused', 'out', 'answers', 'owner', 'exchanges', 'active', '_sending', '_rest',
        '_left', '_wanted', '_reading',
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
        # What came and was not taken apart: it begins with a record.
        self._rest = b''
        # Bytes of content and padding that are to come of a record of STDIN, and how many of them whom they are for wants.
        self._left = 0
        self._wanted = 0
        self._reading: Optional[Exchange] = None

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
        self._take(self._rest + data if self._rest else data)

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
        return self.exchanges.pop(exchange.number, None) is not None

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

    def _take(self, data: bytes) -> None:
        """Takes records apart."""
        at = 0
        size = len(data)
        exchanges = self.exchanges
        while at < size:
            if self._left:
                at = self._content(data, at)
                continue
            if size - at < HEAD_SIZE:
                break
            version, kind, number, length, padding = HEAD.unpack_from(data, at)
            if version != records.VERSION:
                raise Broken(f'a record has version {version}')
            start = at + HEAD_SIZE
            exchange = exchanges.get(number)
            if kind == records.STDIN:
                at = start
                self._begin_content(exchange, length, padding)
                continue
            end = start + length
            if end + padding > size:
                break
            at = end + padding
            if kind == records.PARAMS:
                if exchange is not None:
                    self._variables(exchange, data[start:end])
            elif kind == records.BEGIN_REQUEST:
                self._begin(number, exchange, data[start:end])
            elif exchange is not None:
                self._tell(exchange, kind, data[start:end])
            elif number == 0:
                self._manage(kind, data[start:end])
        self._rest = data[at:]

    def _begin_content(self, exchange: Optional[Exchange], length: int, padding: int) -> None:
        self._left = length + padding
        self._reading = None
        if exchange is None or exchange.input_ended:
            return
        if length:
            self._reading = exchange
            self._wanted = length
        else:
            exchange.input_ended = True
            exchange.wake()

    def _content(self, data: bytes, at: int) -> int:
        """Takes what there is of a record of STDIN. Returns where it ends."""
        here = min(self._left, len(data) - at)
        exchange = self._reading
        wanted = min(self._wanted, here)
        if exchange is not None and wanted and not exchange.ended:
            exchange.pieces.append(data[at : at + wanted])
            exchange.came += wanted
            held = exchange.came - exchange.taken
            if exchange.windowed:
                if held > records.WINDOW:
                    raise Broken('more of a content came than its window allows')
            elif held > HELD and exchange.waiter is None:
                self.paused = True
            exchange.wake()
        self._wanted -= wanted
        self._left -= here
        return at + here

    def _variables(self, exchange: Exchange, content: bytes) -> None:
        if exchange.complete:
            return
        if content:
            exchange.params.append(content)
            exchange.params_size += len(content)
            if exchange.params_size > MOST_PARAMS:
                raise Broken(f'the variables have more than {MOST_PARAMS} bytes')
            return
        exchange.complete = True
        self.owner.arrived.append(exchange)

    def _begin(self, number: int, exchange: Optional[Exchange], content: bytes) -> None:
        if len(content) < 8 or number == 0:
            raise Broken('a BEGIN_REQUEST is malformed')
        if exchange is not None:
            # Whose of the two the next records are nobody could say.
            raise Broken(f'request {number} was begun twice')
        role, flags = records.BEGIN_BODY.unpack_from(content)
        if role not in (records.RESPONDER, records.AUTHORIZER):
            self.answers.append(records.end_request(number, records.UNKNOWN_ROLE))
        elif self.closing or not self.owner.accepts():
            self.answers.append(records.end_request(number, records.OVERLOADED))
        else:
            self.active.append(number)
            self.owner.active.append(number)
            self.exchanges[number] = Exchange(self, number, role, flags)

    def _tell(self, exchange: Exchange, kind: int, content: bytes) -> None:
        if kind == records.ABORT_REQUEST:
            exchange.gone = True
            if self.claim(exchange):
                exchange.ended = True
                self.release()
                self.answers.append(records.end_request(exchange.number, records.REQUEST_COMPLETE))
            exchange.wake()
        elif kind == records.CREDIT:
            if len(content) < 4:
                raise Broken(f'a CREDIT has {len(content)} bytes, not 4')
            exchange.credited += int.from_bytes(content[:4], 'big')
            exchange.wake()
        elif kind == records.TRAILERS and exchange.windowed and not exchange.input_ended:
            exchange.trailer_lines = content

    def _manage(self, kind: int, content: bytes) -> None:
        """Section 4. What is not known is left out."""
        if kind != records.GET_VALUES:
            self.answers.append(records.record(records.UNKNOWN_TYPE, 0, bytes((kind, 0, 0, 0, 0, 0, 0, 0))))
            return
        asked: Dict[str, str] = {}
        try:
            read_pairs(content, asked)
        except MalformedPairs:
            raise Broken('a GET_VALUES is malformed') from None
        values = self.owner.values
        told = b''.join(pair(name.encode(), values[name]) for name in asked if name in values)
        self.answers.append(records.record(records.GET_VALUES_RESULT, 0, told))
