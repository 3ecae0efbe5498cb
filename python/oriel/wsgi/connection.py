"""A connection of a web server: records that come, cut into requests, and records that go."""

from __future__ import annotations

import select
import socket
from collections import deque
from typing import Any, Deque, Dict, Optional

from ..fastcgi import records
from ..fastcgi.gone import Gone
from ..fastcgi.pairs import MalformedPairs, pair, read_pairs
from ..fastcgi.records import HEAD, HEAD_SIZE
from .request import Request

READ_SIZE = 65536
MOST_PARAMS = 1 << 20
"""Bytes of variables that a request may have."""


class Broken(Exception):
    """What came is no FastCGI."""


class Connection:
    """
    Serves its requests one after the other, in the order in which their variables were complete. Further ones may come
    meanwhile: that spares both ends a turn through their system for each.
    """

    __slots__ = (
        'socket', 'number', 'lost', 'held', '_capacity', '_multiplexes', '_requests', '_arrived', '_rest', '_left', '_wanted',
        '_reading', '_poll',
    )  # fmt: skip

    def __init__(self, connected: socket.socket, capacity: int, multiplexes: bool = False) -> None:
        """
        @param capacity: Requests that may be here at once.
        @param multiplexes: Whether web servers are told that they may have several here.
        """
        self.socket = connected
        self.number = connected.fileno()
        self.lost = False
        """Whether the connection is of no use any more."""
        self.held = 0
        """Bytes of content that came and were not read yet, of all requests."""
        self._capacity = capacity
        self._multiplexes = multiplexes
        self._requests: Dict[int, Request] = {}
        # Those whose variables are complete, and which the application has not yet.
        self._arrived: Deque[Request] = deque()
        # What came and was not taken apart: it begins with a record.
        self._rest = b''
        # Bytes of content and padding that are to come of a record of STDIN, and how many of them whom they are for wants.
        self._left = 0
        self._wanted = 0
        self._reading: Optional[Request] = None
        self._poll: Optional[select.poll] = None

    def receive(self) -> None:
        """Waits for bytes, and takes them apart. Raises Gone where the connection has ended, and Broken."""
        try:
            data = self.socket.recv(READ_SIZE)
            if not data:
                raise Gone('the web server closed the connection')
            self._take(self._rest + data if self._rest else data)
        except (OSError, Broken):
            # Of what is no FastCGI nobody knows where a record begins.
            self._lose()
            raise

    def next(self) -> Optional[Request]:
        """The next request that is the application's from now on, if there is one."""
        arrived = self._arrived
        while arrived:
            request = arrived.popleft()
            if not request.ended:
                request.begun = True
                return request
        return None

    def client_left(self, request: Request) -> bool:
        """Whether nobody waits for the answer any more, by what has come until now. Does not wait."""
        try:
            # Content that nobody has read yet stands before anything that would tell: without windows not more of it is taken in.
            while not request.gone and (request.windowed or not self.held) and self._readable():
                self.receive()
        except (OSError, Broken):
            pass
        return request.gone

    def _readable(self) -> bool:
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.number, select.POLLIN)
        return bool(self._poll.poll(0))

    def send(self, data: bytes) -> None:
        """Sends records. Raises Gone."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            self._lose()
            raise Gone(f'the web server closed the connection: {error.strerror}') from None

    def forget(self, request: Request) -> None:
        """It has ended."""
        self.held -= request.held
        self._requests.pop(request.number, None)
        if self._reading is request:
            self._reading = None

    def close(self) -> None:
        self.socket.close()

    def _lose(self) -> None:
        self.lost = True
        for request in self._requests.values():
            request.gone = True

    def _take(self, data: bytes) -> None:
        """Takes records apart."""
        at = 0
        size = len(data)
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
            request = self._requests.get(number)
            if kind == records.STDIN:
                at = start
                self._left = length + padding
                if request is None or request.input_ended:
                    self._reading = None
                elif length:
                    self._reading = request
                    self._wanted = length
                else:
                    request.input_ended = True
                continue
            end = start + length
            if end + padding > size:
                break
            at = end + padding
            if kind == records.PARAMS:
                if request is not None:
                    self._variables(request, data[start:end])
            else:
                self._other(kind, number, request, data[start:end])
        self._rest = data[at:]

    def _content(self, data: bytes, at: int) -> int:
        """Takes what there is of a record of STDIN. Returns where it ends."""
        here = min(self._left, len(data) - at)
        request = self._reading
        if request is not None:
            wanted = min(self._wanted, here)
            if wanted:
                request.pieces.append(data[at : at + wanted])
                request.held += wanted
                self.held += wanted
                self._wanted -= wanted
                if request.windowed and request.held > records.WINDOW:
                    raise Broken('more of a content came than its window allows')
        self._left -= here
        return at + here

    def _variables(self, request: Request, content: bytes) -> None:
        if request.complete:
            return
        if content:
            request.params.append(content)
            request.params_size += len(content)
            if request.params_size > MOST_PARAMS:
                raise Broken(f'the variables have more than {MOST_PARAMS} bytes')
            return
        request.complete = True
        self._arrived.append(request)

    def _other(self, kind: int, number: int, request: Optional[Request], content: bytes) -> None:
        if kind == records.BEGIN_REQUEST:
            self._begin(number, request, content)
        elif kind == records.ABORT_REQUEST:
            if request is not None:
                request.gone = True
                if not request.begun:
                    request.end(records.REQUEST_COMPLETE)
                    request.finish()
        elif kind == records.CREDIT and len(content) >= 4:
            if request is not None:
                request.room += int.from_bytes(content[:4], 'big')
        elif kind == records.GET_VALUES:
            self._tell_values(content)
        elif number == 0:
            self.send(records.record(records.UNKNOWN_TYPE, 0, bytes((kind, 0, 0, 0, 0, 0, 0, 0))))

    def _begin(self, number: int, request: Optional[Request], content: bytes) -> None:
        if len(content) < 8 or number == 0:
            raise Broken('a BEGIN_REQUEST is malformed')
        if request is not None:
            raise Broken(f'request {number} was begun twice')
        role, flags = records.BEGIN_BODY.unpack_from(content)
        if role != records.RESPONDER:
            return self.send(records.end_request(number, records.UNKNOWN_ROLE))
        if len(self._requests) >= self._capacity:
            return self.send(records.end_request(number, records.OVERLOADED))
        self._requests[number] = Request(self, number, flags)

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
            'FCGI_MPXS_CONNS': b'1' if self._multiplexes else b'0',
        }
        if self._multiplexes:
            known['ORIEL_WINDOW'] = b'%d' % records.WINDOW
        told = b''.join(pair(name.encode(), known[name]) for name in asked if name in known)
        self.send(records.record(records.GET_VALUES_RESULT, 0, told))
