"""The content of a request, as `wsgi.input`."""

from __future__ import annotations

import io
from typing import BinaryIO, Optional

from ..fastcgi.gone import Gone
from .connection import READ_SIZE
from .request import Request


class Content(io.RawIOBase):
    """Reads the content while it arrives, and never beyond its end. Raises Gone where it ends before."""

    def __init__(self, request: Request, size: Optional[int]) -> None:
        """@param size: CONTENT_LENGTH; None: the end of the stream tells."""
        self._request = request
        self._left = size
        self._piece = memoryview(b'')

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._piece:
            self._piece = memoryview(self._next())
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size

    def readall(self) -> bytes:
        pieces = [bytes(self._piece)]
        self._piece = memoryview(b'')
        while True:
            piece = self._next()
            if not piece:
                return b''.join(pieces)
            pieces.append(piece)

    def _next(self) -> bytes:
        """The next piece, waited for; empty at the end."""
        left = self._left
        request = self._request
        if left == 0:
            return b''
        if request.ended:
            raise Gone('the request has ended: its content is read before that')
        while not request.pieces:
            if request.gone:
                raise Gone('the client went away before it had sent all of the content')
            if request.input_ended:
                return self._ended(left)
            request.connection.receive()
        piece = request.take()
        if left is not None:
            piece = piece[:left]
            self._left = left - len(piece)
        return piece

    def _ended(self, left: Optional[int]) -> bytes:
        if left is None:
            return b''
        raise Gone(f'the content ended {left} bytes before its end (CONTENT_LENGTH)')


def content_of(request: Request, length: str) -> BinaryIO:
    """The content of the request that came. @param length: CONTENT_LENGTH, empty for none."""
    if request.input_ended and not request.pieces:
        if length in ('', '0'):
            return io.BytesIO()
    elif length == '0':
        return io.BytesIO()
    # isdigit alone knows digits that int does not, and int no number of thousands of digits.
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else None
    pieces = request.pieces
    # What is there at once needs no reading.
    if request.input_ended and len(pieces) == 1 and (size is None or size <= len(pieces[0])):
        return io.BytesIO(request.take()[:size])
    return io.BufferedReader(Content(request, size), READ_SIZE)
