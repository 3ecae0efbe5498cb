"""A request of a connection, as it comes from the wire, and as its answer goes there."""

from __future__ import annotations

from _thread import LockType, allocate_lock
from collections import deque
from typing import TYPE_CHECKING, Callable, Deque, Dict, List, Optional

from ..fastcgi import records
from ..fastcgi.gone import Gone
from ..fastcgi.pairs import read_pairs
from ..fastcgi.records import ENDINGS, HEAD, LARGEST, PADDING, VERSION
from .headers import Headers
from ..fastcgi.say import say

if TYPE_CHECKING:
    from .link import Link

_UNLIMITED = 1 << 62
HELD = 1 << 20
"""Bytes of content that may wait here, where the web server knows no windows: then its connection is left alone."""
_CORKED = 16384
"""An end with more bytes than that is sent at once."""


class Exchange:
    """
    One thread, which reads, tells it what came; another one, or the same, answers. Each number is changed by one of them
    only, and lists by steps that cannot be divided, so neither takes a lock.
    """

    __slots__ = (
        'link', 'number', 'role', 'keep', 'windowed', 'params', 'params_size', 'pieces', 'came', 'taken', 'credited', 'spent',
        'input_ended', 'complete', 'gone', 'ended', 'token', 'corked', 'unclaimed', 'waiter', 'trailer_lines', '_told',
    )  # fmt: skip

    def __init__(self, link: Link, number: int, role: int, flags: int) -> None:
        self.link = link
        self.number = number
        self.role = role
        self.keep = flags & records.KEEP_CONN != 0
        self.windowed = flags & records.WINDOWED != 0
        self.params: List[bytes] = []
        self.params_size = 0
        self.pieces: Deque[bytes] = deque()
        """What came of the content and was not read yet."""
        self.came = 0
        self.taken = 0
        self.credited = records.WINDOW if self.windowed else _UNLIMITED
        """Bytes that may be sent in all, `spent` of which were."""
        self.spent = 0
        self.input_ended = False
        self.complete = False
        """Whether all its variables are there."""
        self.gone = False
        """Whether nobody waits for its answer."""
        self.ended = False
        self.token: Optional[List[None]] = None
        """
        That of the thread that answers it, where that is the one that reads: then the end may wait for others to go with it.
        """
        self.unclaimed: List[None] = [None]
        """Whose entry the one takes who ends it: the thread that answers, or the one that reads, when it is aborted."""
        self.corked = False
        """Whether its end waits to be sent."""
        self.waiter: Optional[LockType] = None
        self.trailer_lines: Optional[bytes] = None
        # Bytes that were read of the content, and not credited yet.
        self._told = 0

    def read_params(self) -> Dict[str, str]:
        """Its variables; each character is one byte. Raises MalformedPairs."""
        found: Dict[str, str] = {}
        params = self.params
        read_pairs(params[0] if len(params) == 1 else b''.join(params), found)
        self.params = []
        return found

    def read(self) -> bytes:
        """The next piece of the content, waited for; empty at its end. Raises Gone where it ends too early."""
        if not self.pieces:
            self._wait(lambda: bool(self.pieces) or self.input_ended or self.gone or self.ended)
            if self.ended:
                raise Gone('the request has ended: its content is read before that')
            if not self.pieces:
                if self.input_ended:
                    return b''
                raise Gone('the client went away before it had sent all of the content')
        piece = self.pieces.popleft()
        size = len(piece)
        self.taken += size
        if self.windowed:
            self._told += size
            # By halves: a record for each piece would cost more than it brings.
            if self._told >= records.WINDOW // 2 and not self.input_ended:
                self.link.send(records.credit(self.number, self._told), self)
                self._told = 0
        elif self.link.paused and self.came - self.taken <= HELD // 2:
            self.link.resume()
        return piece

    def trailers(self) -> Optional[Headers]:
        """Those behind the content, once it has ended."""
        lines = self.trailer_lines
        return Headers.from_lines(lines.decode('latin-1')) if lines is not None and self.input_ended else None

    def write(self, kind: int, data: bytes) -> None:
        """Sends some of STDOUT or STDERR, as far ahead as the web server will have it. Raises Gone."""
        at = 0
        size = len(data)
        while at < size:
            if self.gone:
                raise Gone('the client went away')
            room = self.credited - self.spent
            if room <= 0:
                self._wait(lambda: self.credited > self.spent or self.gone)
                continue
            piece = data[at : at + room] if room < size - at else data[at:] if at else data
            at += len(piece)
            self.spent += len(piece)
            self.link.send(records.stream(kind, self.number, piece), self)

    def end(self, data: bytes = b'', trailers: bytes = b'') -> None:
        """Sends the last of the content, and the end. Raises Gone."""
        size = len(data)
        if size > LARGEST or self.credited - self.spent < size:
            self.write(records.STDOUT, data)
            size = 0
        # Before the end is sent: the web server may use the number again at once.
        if self.gone or not self.link.claim(self):
            raise Gone('the client went away')
        number = self.number
        last = ENDINGS[number]
        if trailers:
            last = records.record(records.TRAILERS, number, trailers) + last
        if size:
            self.spent += size
            last = HEAD.pack(VERSION, records.STDOUT, number, size, -size & 7) + data + PADDING[size & 7] + last
        self._finish(last)

    def break_off(self, protocol_status: int) -> None:
        """Ends it without the end of an answer: what was sent is not whole (docs/fastcgi.md)."""
        if not self.link.claim(self):
            return
        if not self.windowed and protocol_status == records.BROKEN_OFF:
            # Nothing but the end of the connection says it to other web servers.
            self.ended = True
            self.pieces.clear()
            self.link.hang_up()
            return self.link.release()
        try:
            self._finish(records.end_request(self.number, protocol_status))
        except Gone:
            pass

    def complain(self, text: str) -> None:
        """To the error log of the web server; where that cannot be, to the standard error of this process."""
        if not self.gone and not self.ended:
            try:
                return self.write(records.STDERR, text.encode('utf-8', 'backslashreplace'))
            except Gone:
                pass
        say(text)

    def _finish(self, last: bytes) -> None:
        """It was claimed, so nobody else ends it."""
        link = self.link
        self.ended = True
        self.pieces.clear()
        if self.token is not None and self.keep and len(last) <= _CORKED:
            # Whoever sends it releases it.
            self.corked = True
            return link.out.append(last)
        try:
            link.send(last)
        finally:
            if not self.keep:
                link.hang_up()
            link.release()

    def wake(self) -> None:
        """Tells the thread that answers, if it waits, to look again."""
        waiter = self.waiter
        if waiter is not None:
            self.waiter = None
            waiter.release()

    def _wait(self, over: Callable[[], bool]) -> None:
        while not over():
            waiter = allocate_lock()
            waiter.acquire()
            self.waiter = waiter
            # What came before somebody could wake us.
            if over():
                self.waiter = None
                return
            if self.token is not None:
                self.link.owner.step_down(self.token)
            if self.link.paused:
                self.link.resume()
            waiter.acquire()
