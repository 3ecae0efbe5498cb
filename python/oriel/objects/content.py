"""Content as it is given, and as it arrives."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, Optional, Union

from ..fastcgi.gone import Gone
from .headers import Headers

BodyInit = Union[str, bytes, bytearray, memoryview, Iterable[Union[bytes, str]], None]
BLOCK = 65528


class Content:
    """The content of a message, piece by piece as it arrives. It can be read once."""

    __slots__ = ('declared', 'used', '_read', '_trailers')

    def __init__(
        self,
        read: Callable[[], bytes],
        declared: Optional[int] = None,
        trailers: Callable[[], Optional[Headers]] = lambda: None,
    ) -> None:
        """@param read: The next piece, waited for; empty at the end. @param declared: Content-Length, where it is told."""
        self.declared = declared
        self.used = False
        """Whether somebody began to read."""
        self._read = read
        self._trailers = trailers

    @property
    def trailers(self) -> Headers:
        """The trailer fields (RFC 9110 §6.5), once the content was read to its end; else empty."""
        return (self._trailers() if self.used else None) or Headers()

    def __iter__(self) -> Iterator[bytes]:
        """Raises Gone where it ends too early: half a content never looks whole."""
        if self.used:
            raise RuntimeError('the content was read already')
        self.used = True
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        left = self.declared
        while True:
            piece = self._read()
            if not piece:
                if left:
                    raise Gone(f'the content ended {left} bytes before its Content-Length')
                return
            if left is not None:
                if len(piece) > left:
                    raise Gone(f'the content has {len(piece) - left} bytes more than its Content-Length')
                left -= len(piece)
            yield piece


def known(body: BodyInit) -> Optional[bytes]:
    """The bytes of a body that is there as a whole; None for one that is iterated."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode('utf-8')
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    return b'' if body is None else None


def iterated(body: Any) -> Iterator[bytes]:
    """The pieces of a body that is iterated, or a file. Raises TypeError for what is neither, or no bytes."""
    read: Any = getattr(body, 'read', None)
    if callable(read):
        # By lines, as a file is iterated, each would be sent alone.
        return _checked(iter(lambda: read(BLOCK), b''))
    if not hasattr(body, '__iter__'):
        raise TypeError(f'the content is {type(body).__name__}: expected str, bytes, an iterable of bytes, or None')
    return _checked(iter(body))


def _checked(pieces: Iterator[Any]) -> Iterator[bytes]:
    try:
        for piece in pieces:
            if isinstance(piece, str):
                piece = piece.encode('utf-8')
            elif not isinstance(piece, (bytes, bytearray, memoryview)):
                raise TypeError(f'a piece of the content is {type(piece).__name__}: expected bytes or str')
            if piece:
                yield bytes(piece)
    finally:
        close = getattr(pieces, 'close', None)
        if close is not None:
            close()


def once(data: bytes) -> Callable[[], bytes]:
    """Reads what is there, and then the end."""
    left = [data]
    return lambda: left.pop() if left else b''
