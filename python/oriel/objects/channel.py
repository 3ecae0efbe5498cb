"""The caller's half of FastCGI: one request at a time on a connection, which is kept."""

from __future__ import annotations

import select
import socket
from collections import deque
from time import monotonic
from typing import Callable, Deque, Dict, Iterator, Optional

from ..fastcgi import records
from ..fastcgi.pairs import MalformedPairs, read_pairs, write_pairs
from ..fastcgi.records import HEAD, HEAD_SIZE
from .headers import Headers
from ..fastcgi.say import say

NUMBER = 1
READ_SIZE = 65536
_ASKED = {'FCGI_MAX_CONNS': '', 'FCGI_MAX_REQS': '', 'FCGI_MPXS_CONNS': '', 'ORIEL_WINDOW': '', 'ORIEL_OBJECTS': ''}


class Failed(Exception):
    """The object server cannot be spoken with, or answers what is no FastCGI."""


class TimedOut(Failed):
    """It did not say anything in time."""


class Channel:
    """A connection to an object server."""

    def __init__(self, address: 'str | tuple[str, int]', timeout: Optional[float]) -> None:
        """@param timeout: Seconds, for connecting too. Raises Failed."""
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_UNSPEC
        try:
            if family == socket.AF_UNIX:
                self.socket = socket.socket(family, socket.SOCK_STREAM)
                try:
                    self.socket.settimeout(timeout)
                    self.socket.connect(address)
                except OSError:
                    self.socket.close()
                    raise
            else:
                assert not isinstance(address, str)
                self.socket = socket.create_connection(address, timeout)
        except OSError as error:
            raise Failed(f'nobody answers there: {error.strerror or error}') from None
        self.socket.setblocking(False)
        self.whole = False
        """Whether the server knows of objects: then the connection may stay."""
        self.windowed = False
        self.stdout: Deque[bytes] = deque()
        self.status: Optional[int] = None
        """The protocolStatus of END_REQUEST, once it has come."""
        self.trailers: Optional[Headers] = None
        self._values: Optional[Dict[str, str]] = None
        self._rest = b''
        # What is sent, and what is sent when that has gone.
        self._going = b''
        self._content: Optional[Iterator[bytes]] = None
        self._piece = memoryview(b'')
        self._room = 0
        self._read = 0

    def values(self, patience: float) -> Optional[Dict[str, str]]:
        """What the server says of itself; None where it says nothing in time, and then the connection is of no use."""
        self._going += records.record(records.GET_VALUES, 0, write_pairs(_ASKED))
        try:
            self._pump(lambda: self._values is not None, monotonic() + patience)
        except Failed:
            return None
        return self._values

    def begin(self, variables: Dict[str, str], content: Iterator[bytes], role: int) -> None:
        """@param variables: Each character is one byte."""
        flags = (records.KEEP_CONN if self.whole else 0) | (records.WINDOWED if self.windowed else 0)
        pairs = write_pairs(variables)
        self._room = records.WINDOW if self.windowed else 1 << 62
        self._read = 0
        self.status = None
        self.trailers = None
        self._content = content
        self._going += (
            records.record(records.BEGIN_REQUEST, NUMBER, records.BEGIN_BODY.pack(role, flags))
            + records.stream(records.PARAMS, NUMBER, pairs)
            + records.record(records.PARAMS, NUMBER, b'')
        )

    def next(self, deadline: Optional[float]) -> bytes:
        """The next piece of STDOUT; empty at its end. Raises Failed, TimedOut, and what the content raises."""
        if not self.stdout:
            self._pump(lambda: bool(self.stdout) or self.status is not None, deadline)
        if not self.stdout:
            return b''
        piece = self.stdout.popleft()
        self._read += len(piece)
        if self.windowed and self._read >= records.WINDOW // 2 and self.status is None:
            self._going += records.credit(NUMBER, self._read)
            self._read = 0
        return piece

    def abort(self) -> None:
        """Nobody wants the answer any more."""
        try:
            self.socket.send(records.record(records.ABORT_REQUEST, NUMBER, b''))
        except OSError:
            pass
        self.close()

    def close(self) -> None:
        self.socket.close()

    @property
    def idle(self) -> bool:
        """Whether another request may be sent on it: all was sent, and nothing came that belongs to nobody."""
        return self.status is not None and not self._going and not self._piece and self._content is None and not self._rest

    @property
    def alive(self) -> bool:
        """Whether nothing has come while it rested."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return not poll.poll(0)

    def _pump(self, over: Callable[[], bool], deadline: Optional[float]) -> None:
        """Sends and receives until that is so."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        writes = False
        while not over():
            sending = self._sending()
            if sending != writes:
                writes = sending
                poll.modify(self.socket, select.POLLIN | (select.POLLOUT if writes else 0))
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                raise TimedOut('it did not answer in time')
            for _, event in poll.poll(None if left is None else left * 1000 + 1):
                try:
                    if event & ~select.POLLOUT:
                        self._receive()
                    elif event & select.POLLOUT:
                        self._send()
                except (BlockingIOError, InterruptedError):
                    pass
                except OSError as error:
                    raise Failed(f'it closed the connection: {error.strerror}') from None

    def _sending(self) -> bool:
        """Whether there is something to send, which is made ready then."""
        if self._going:
            return True
        content = self._content
        if content is None and not self._piece:
            return False
        if self.status is not None:
            # It has its answer: the rest of the content is of no interest.
            self._content = None
            self._piece = memoryview(b'')
            return False
        if not self._piece and content is not None:
            piece = next(content, b'')
            if not piece:
                self._content = None
                self._going = records.record(records.STDIN, NUMBER, b'')
                return True
            self._piece = memoryview(piece)
        part = self._piece[: min(self._room, records.LARGEST)]
        self._room -= len(part)
        self._piece = self._piece[len(part) :]
        if part:
            self._going = records.record(records.STDIN, NUMBER, bytes(part))
        return bool(part)

    def _send(self) -> None:
        sent = self.socket.send(self._going)
        self._going = self._going[sent:]

    def _receive(self) -> None:
        data = self.socket.recv(READ_SIZE)
        if not data:
            raise Failed('it closed the connection')
        data = self._rest + data
        at = 0
        while len(data) - at >= HEAD_SIZE:
            version, kind, number, length, padding = HEAD.unpack_from(data, at)
            if version != records.VERSION:
                raise Failed(f'it answered with what is no FastCGI: a record of version {version}')
            end = at + HEAD_SIZE + length
            if end + padding > len(data):
                break
            self._take(kind, number, data[at + HEAD_SIZE : end])
            at = end + padding
        self._rest = data[at:]

    def _take(self, kind: int, number: int, content: bytes) -> None:
        if kind == records.GET_VALUES_RESULT and number == 0:
            self._values = {}
            try:
                read_pairs(content, self._values)
            except MalformedPairs:
                raise Failed('it said of itself what is no FastCGI') from None
        elif kind == records.UNKNOWN_TYPE and number == 0:
            self._values = {}
        elif number != NUMBER or self.status is not None:
            return
        elif kind == records.STDOUT and content:
            self.stdout.append(content)
        elif kind == records.STDERR and content:
            say(content.decode('utf-8', 'replace'))
            self._read += len(content)
        elif kind == records.CREDIT and len(content) >= 4:
            self._room += int.from_bytes(content[:4], 'big')
        elif kind == records.TRAILERS:
            self.trailers = Headers.from_lines(content.decode('latin-1'))
        elif kind == records.END_REQUEST:
            if len(content) < 8:
                raise Failed('it ended the request with what is no FastCGI')
            self.status = content[4]
