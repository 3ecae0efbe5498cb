"""A connection of a web server: records that come, cut into requests, and records that go."""

from __future__ import annotations

import select
import socket
from collections import deque
from typing import Any, Deque, Dict, List, Optional

from . import records
from .pairs import MalformedPairs, pair, read_pairs
from .records import HEAD, HEAD_SIZE

READ_SIZE = 65536
MOST_PARAMS = 1 << 20
"""Bytes of variables that a request may have."""


class Gone(ConnectionAbortedError):
    """Nobody waits for the answer any more: the client has gone, or the web server."""


class Broken(Exception):
    """What came is no FastCGI."""


class Connection:
    """
    Serves one request at a time. Where the web server begins another one meanwhile, it is told that this cannot be
    (CANT_MPX_CONN).
    """

    __slots__ = (
        'socket', 'number', 'request', 'keep', 'pieces', 'input_ended', 'gone', 'lost',
        '_capacity', '_rest', '_left', '_wanted', '_params', '_params_size', '_poll', '_active',
    )  # fmt: skip

    def __init__(self, connected: socket.socket, capacity: int) -> None:
        self.socket = connected
        self.number = connected.fileno()
        self.request = 0
        """Which request is being read, or answered; 0 for none."""
        self.keep = False
        """Whether the connection stays when the request has ended (section 5.1)."""
        self.pieces: Deque[bytes] = deque()
        """What came of the content and was not read yet."""
        self.input_ended = False
        self.gone = False
        """Whether nobody waits for the answer of the present request."""
        self.lost = False
        """Whether the connection is of no use any more."""
        self._capacity = capacity
        # What came and was not taken apart: it begins with a record, or with the rest of one of STDIN.
        self._rest = b''
        # Bytes of content and padding that are to come of a record of STDIN.
        self._left = 0
        self._wanted = 0
        self._params: List[bytes] = []
        self._params_size = 0
        self._poll: Optional[select.poll] = None
        # Whether the application has the request.
        self._active = False

    def receive(self) -> bool:
        """
        Waits for bytes, and takes them apart. Returns whether a request is there, its variables complete. Raises Gone
        where the connection has ended, and Broken.
        """
        data = self.socket.recv(READ_SIZE)
        try:
            return self._received(data)
        except Broken:
            # Where a record begins is not known any more.
            self.lost = True
            raise

    def _received(self, data: bytes) -> bool:
        if not data:
            self.gone = self.lost = True
            raise Gone('the web server closed the connection')
        return self._take(self._rest + data if self._rest else data)

    def pending(self) -> bool:
        """Whether there is a further request in what came already. Raises Broken."""
        return bool(self._rest) and self._take(self._rest)

    def read_params(self, environ: Dict[str, Any]) -> None:
        """Adds the variables of the request, which is the application's from now on. Raises Broken."""
        params = self._params
        try:
            read_pairs(params[0] if len(params) == 1 else b''.join(params), environ)
        except MalformedPairs:
            raise Broken('a name-value pair is not complete') from None
        self._active = True
        # The content, as far as it is there.
        if self._rest:
            self._take(self._rest)

    def finish(self) -> None:
        """The request has ended. What still comes of its content is dropped."""
        self.request = 0
        self._active = False
        self._params = []
        self._params_size = 0
        self._wanted = 0
        self.pieces.clear()

    def client_left(self) -> bool:
        """Whether nobody waits for the answer any more, by what has come until now. Does not wait."""
        if self.gone:
            return True
        try:
            if self._rest and not self.pieces:
                self._take(self._rest)
            # Content that nobody has read yet stands before anything that would tell: not more of it is taken in.
            while not self.gone and not self.pieces and self._readable():
                self.receive()
        except (OSError, Broken):
            self.gone = self.lost = True
        return self.gone

    def _readable(self) -> bool:
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.number, select.POLLIN)
        return bool(self._poll.poll(0))

    def end_aborted(self) -> bool:
        """Ends a request that was aborted (section 5.4). Returns whether the connection is still there."""
        if not self.lost:
            try:
                self.send(records.end_request(self.request, records.REQUEST_COMPLETE))
            except Gone:
                pass
        return not self.lost

    def send(self, data: bytes) -> None:
        """Sends records. Raises Gone."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            self.gone = self.lost = True
            raise Gone(f'the web server closed the connection: {error.strerror}') from None

    def close(self) -> None:
        self.socket.close()

    def _take(self, data: bytes) -> bool:
        """Takes records apart, until the variables of a request are complete."""
        at = 0
        size = len(data)
        while at < size:
            if self._left:
                at = self._content(data, at)
                continue
            if size - at < HEAD_SIZE:
                break
            version, kind, request, length, padding = HEAD.unpack_from(data, at)
            if version != records.VERSION:
                self.lost = True
                raise Broken(f'a record has version {version}')
            start = at + HEAD_SIZE
            if kind == records.STDIN:
                at = start
                self._left = length + padding
                self._wanted = length if request == self.request and not self.input_ended else 0
                if length == 0 and request == self.request:
                    self.input_ended = True
                    break
                continue
            end = start + length
            if end + padding > size:
                break
            at = end + padding
            if kind == records.PARAMS:
                if request != self.request or self._active:
                    continue
                if length == 0:
                    self._rest = data[at:]
                    return True
                self._params.append(data[start:end])
                self._params_size += length
                if self._params_size > MOST_PARAMS:
                    raise Broken(f'the variables have more than {MOST_PARAMS} bytes')
            else:
                self._other(kind, request, data[start:end])
        self._rest = data[at:]
        return False

    def _content(self, data: bytes, at: int) -> int:
        """Takes what there is of a record of STDIN. Returns where it ends."""
        here = min(self._left, len(data) - at)
        wanted = min(self._wanted, here)
        if wanted:
            self.pieces.append(data[at : at + wanted])
            self._wanted -= wanted
        self._left -= here
        return at + here

    def _other(self, kind: int, request: int, content: bytes) -> None:
        if kind == records.BEGIN_REQUEST:
            self._begin(request, content)
        elif kind == records.ABORT_REQUEST:
            if request == self.request and request != 0:
                self.gone = True
                if not self._active:
                    self.send(records.end_request(request, records.REQUEST_COMPLETE))
                    self.finish()
        elif kind == records.GET_VALUES:
            self._tell_values(content)
        elif request == 0:
            self.send(records.record(records.UNKNOWN_TYPE, 0, bytes((kind, 0, 0, 0, 0, 0, 0, 0))))

    def _begin(self, request: int, content: bytes) -> None:
        if len(content) < 8 or request == 0:
            raise Broken('a BEGIN_REQUEST is malformed')
        role, flags = records.BEGIN_BODY.unpack_from(content)
        if self.request:
            if request == self.request:
                raise Broken(f'request {request} was begun twice')
            return self.send(records.end_request(request, records.CANT_MPX_CONN))
        if role != records.RESPONDER:
            return self.send(records.end_request(request, records.UNKNOWN_ROLE))
        self.request = request
        self.keep = flags & records.KEEP_CONN != 0
        self.input_ended = self.gone = False

    def _tell_values(self, content: bytes) -> None:
        """Section 4.1. What is not known is left out."""
        asked: Dict[str, str] = {}
        try:
            read_pairs(content, asked)
        except MalformedPairs:
            raise Broken('a GET_VALUES is malformed') from None
        known = {
            'FCGI_MAX_CONNS': b'%d' % self._capacity,
            'FCGI_MAX_REQS': b'%d' % self._capacity,
            'FCGI_MPXS_CONNS': b'0',
        }
        told = b''.join(pair(name.encode(), known[name]) for name in asked if name in known)
        self.send(records.record(records.GET_VALUES_RESULT, 0, told))
