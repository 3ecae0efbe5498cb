"""A request as it comes, and how its answer goes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Dict, List

from ..fastcgi import records
from ..fastcgi.gone import Gone
from ..fastcgi.pairs import read_pairs
from ..fastcgi.records import HEAD, LARGEST, PADDING, VERSION

if TYPE_CHECKING:
    from .connection import Connection

_UNLIMITED = 1 << 62


class Request:
    """One of those on a connection. Only the thread that has the connection uses it."""

    __slots__ = (
        'connection', 'number', 'keep', 'windowed', 'room', 'params', 'params_size', 'pieces', 'held', 'input_ended',
        'complete', 'begun', 'gone', 'ended', '_read',
    )  # fmt: skip

    def __init__(self, connection: Connection, number: int, flags: int) -> None:
        self.connection = connection
        self.number = number
        self.keep = flags & records.KEEP_CONN != 0
        """Whether the connection stays when the request has ended (section 5.1)."""
        self.windowed = flags & records.WINDOWED != 0
        self.room = records.WINDOW if self.windowed else _UNLIMITED
        """Bytes that may be sent before the web server has read some of them."""
        self.params: List[bytes] = []
        self.params_size = 0
        self.pieces: Deque[bytes] = deque()
        """What came of the content and was not read yet."""
        self.held = 0
        """How many bytes that are."""
        self.input_ended = False
        self.complete = False
        """Whether all its variables are there."""
        self.begun = False
        """Whether the application has it."""
        self.gone = False
        """Whether nobody waits for its answer."""
        self.ended = False
        # Bytes that were read of the content, and not told yet.
        self._read = 0

    def read_params(self, environ: Dict[str, Any]) -> None:
        """Adds its variables. Raises MalformedPairs."""
        params = self.params
        read_pairs(params[0] if len(params) == 1 else b''.join(params), environ)
        self.params = []

    def take(self) -> bytes:
        """The next piece of the content, which is there."""
        piece = self.pieces.popleft()
        size = len(piece)
        self.held -= size
        self.connection.held -= size
        if self.windowed and not self.input_ended:
            self._read += size
            # By halves: a record for each piece would cost more than it brings.
            if self._read >= records.WINDOW // 2:
                self.connection.send(records.credit(self.number, self._read))
                self._read = 0
        return piece

    def stream(self, kind: int, data: bytes, behind: bytes = b'') -> None:
        """
        Sends some of STDOUT or STDERR, as far ahead as the web server will have it, and something behind that. Raises Gone.
        """
        size = len(data)
        if size <= self.room:
            self.room -= size
            if size <= LARGEST:
                head = HEAD.pack(VERSION, kind, self.number, size, -size & 7)
                return self.connection.send(head + data + PADDING[size & 7] + behind)
            return self.connection.send(records.stream(kind, self.number, data) + behind)
        view = memoryview(data)
        at = 0
        while at < size:
            self._await_room()
            piece = view[at : at + self.room]
            at += len(piece)
            self.room -= len(piece)
            rest = behind if at == size else b''
            self.connection.send(records.stream(kind, self.number, piece) + rest)

    def _await_room(self) -> None:
        while self.room <= 0:
            if self.gone:
                raise Gone('the client went away')
            self.connection.receive()

    def end(self, protocol_status: int) -> bool:
        """Ends it without the end of an answer. Returns whether the connection is still there."""
        connection = self.connection
        if not connection.lost:
            try:
                connection.send(records.end_request(self.number, protocol_status))
            except Gone:
                pass
        return not connection.lost

    def finish(self) -> None:
        """It has ended. What still comes of its content is dropped."""
        if self.ended:
            return
        self.ended = True
        self.connection.forget(self)
        self.pieces.clear()
