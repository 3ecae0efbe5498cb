"""One answer: start_response, and what is sent."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from ..fastcgi.gone import Gone
from ..fastcgi.records import ENDINGS, STDOUT
from .complaints import Complaints
from .head import Head, read_head
from .request import Request


class Misuse(AssertionError):
    """The application does not keep to PEP 3333."""


class CutShort(Exception):
    """The application gave less content than it had announced."""


class Answer:
    """Sends nothing before there is content, or the answer has ended (PEP 3333, "Handling the Content-Length Header")."""

    __slots__ = ('sent', '_request', '_head', '_bodiless', '_left', '_complaints', '_warned')

    def __init__(self, request: Request, method: Any, complaints: Complaints) -> None:
        self.sent = False
        """Whether the head was sent."""
        self._request = request
        self._head: Optional[Head] = None
        self._bodiless = method == 'HEAD'
        # Bytes of content that are to come; -1 where nobody has said.
        self._left = -1
        self._complaints = complaints
        self._warned = False

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info is not None:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                # It would hold all frames of the traceback in a circle.
                exc_info = None
        elif self._head is not None:
            raise Misuse('start_response was called a second time without exc_info')
        self._head = read_head(status, headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Sends a block at once. Raises Gone where nobody waits for it."""
        if not isinstance(data, bytes):
            raise TypeError(f'the application gave {type(data).__name__} for content: expected bytes')
        if not data:
            return
        request = self._request
        if request.ended:
            # All that the head had announced was sent already.
            if self._left == 0:
                return self._warn(len(data))
            raise Misuse('write was called when the answer had ended')
        if self.sent:
            if request.connection.client_left(request):
                raise Gone('the client went away')
            data = self._allowed(data)
            if data:
                self._send(data)
            return
        head = self._begin(-1)
        data = self._allowed(data)
        self._send(head + data)

    def _send(self, data: bytes) -> None:
        """
        Where this was the last of the content that the head has announced, the end goes with it: whatever the application
        does behind it, the client has its answer. Not while content of the request may still come: that is for this request.
        """
        request = self._request
        if self._left != 0 or not request.input_ended or request.pieces:
            return request.stream(STDOUT, data)
        self._end(data)

    def _end(self, data: bytes) -> None:
        request = self._request
        # Behind its end nothing more of it may be sent.
        self._complaints.flush()
        request.stream(STDOUT, data, ENDINGS[request.number])
        request.finish()

    def send_whole(self, blocks: Sequence[bytes]) -> None:
        """Sends all of the content, and the end, in one go."""
        if self.sent:
            for block in blocks:
                self.write(block)
            self.check_end()
            return self.end()
        data = blocks[0] if len(blocks) == 1 else b''.join(blocks)
        if not isinstance(data, bytes):
            raise TypeError(f'the application gave {type(data).__name__} for content: expected bytes')
        head = self._begin(len(data))
        data = self._allowed(data)
        if self._left > 0:
            # Nothing was sent yet.
            self.sent = False
            self._cut_short()
        self._end(head + data)

    def check_end(self) -> None:
        """All of the content was given. Raises CutShort, and Misuse where there is no head."""
        if not self.sent:
            return self._send_head_alone()
        if self._left > 0:
            self._cut_short()

    def end(self) -> None:
        request = self._request
        if request.ended:
            return
        self._complaints.flush()
        request.connection.send(ENDINGS[request.number])
        request.finish()

    def fail(self) -> None:
        """The application failed before anything was sent."""
        self._head = None
        self._left = -1
        self.start_response('500 Internal Server Error', [('Content-Type', 'text/plain; charset=utf-8')])
        self.send_whole((b'Internal Server Error\n',))

    def _send_head_alone(self) -> None:
        head = self._begin(0)
        if self._left > 0:
            self.sent = False
            self._cut_short()
        self._request.stream(STDOUT, head)

    def _cut_short(self) -> None:
        raise CutShort(f'the content ended {self._left} bytes before its Content-Length')

    def _begin(self, size: int) -> bytes:
        """The head as it is sent. @param size: That of the content, where all of it is there; else -1."""
        head = self._head
        if head is None:
            raise Misuse('the application gave content, or ended, without a call of start_response')
        text, length, empty = head
        if empty:
            self._bodiless = True
        if not self._bodiless:
            if length >= 0:
                self._left = length
            elif size >= 0:
                text += f'Content-Length: {size}\r\n'
        self.sent = True
        return (text + '\r\n').encode('latin-1')

    def _allowed(self, data: bytes) -> bytes:
        """As much of the content as the answer may have."""
        if self._bodiless:
            return b''
        left = self._left
        if left >= 0:
            if len(data) > left:
                self._warn(len(data) - left)
                data = data[:left]
            self._left = left - len(data)
        return data

    def _warn(self, more: int) -> None:
        if self._warned:
            return
        self._warned = True
        self._complaints.write(f'the application gave more content than its Content-Length: {more} bytes are cut\n')
