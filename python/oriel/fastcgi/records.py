"""The numbers of the FastCGI 1.0 specification (section 8), and its records as bytes."""

from __future__ import annotations

import struct
from typing import Dict, List

VERSION = 1
BEGIN_REQUEST = 1
ABORT_REQUEST = 2
END_REQUEST = 3
PARAMS = 4
STDIN = 5
STDOUT = 6
STDERR = 7
DATA = 8
GET_VALUES = 9
GET_VALUES_RESULT = 10
UNKNOWN_TYPE = 11
CREDIT = 64
"""Oriel's own: so many bytes of a stream were read, and as many more may come (4 bytes, big endian)."""
TRAILERS = 65
"""Oriel's own: the field lines behind a content (docs/objects-protocol.md)."""

RESPONDER = 1
AUTHORIZER = 2
KEEP_CONN = 1
WINDOWED = 2
"""Oriel's own flag: the streams of the request have at most `WINDOW` bytes under way, and those that were credited."""
WINDOW = 65536

REQUEST_COMPLETE = 0
OVERLOADED = 2
UNKNOWN_ROLE = 3
BROKEN_OFF = 64
"""Oriel's own, for a request with windows: what was sent is not the whole answer."""

HEAD = struct.Struct('>BBHHBx')
HEAD_SIZE = 8
BEGIN_BODY = struct.Struct('>HB5x')
END_RECORD = struct.Struct('>BBHHBxIB3x')

LARGEST = 65528
"""The most content that we put into a record: the largest there is that needs no padding."""

PADDING = tuple(bytes(-size % 8) for size in range(8))
"""What fills the content of a record up to 8 bytes (section 3.3), by its size modulo 8."""


def record(kind: int, request: int, content: bytes) -> bytes:
    """A record with its content, at most `LARGEST` bytes. One without content ends its stream."""
    size = len(content)
    padding = -size & 7
    return HEAD.pack(VERSION, kind, request, size, padding) + content + PADDING[size & 7]


def stream(kind: int, request: int, data: 'bytes | memoryview') -> bytes:
    """As many records as it takes."""
    view = memoryview(data)
    parts: 'List[bytes | memoryview]' = []
    for at in range(0, len(view), LARGEST):
        piece = view[at : at + LARGEST]
        size = len(piece)
        parts += (HEAD.pack(VERSION, kind, request, size, -size & 7), piece, PADDING[size & 7])
    return b''.join(parts)


def credit(request: int, size: int) -> bytes:
    return HEAD.pack(VERSION, CREDIT, request, 4, 4) + size.to_bytes(4, 'big') + PADDING[4]


def end_request(request: int, protocol_status: int) -> bytes:
    """Section 5.5."""
    return END_RECORD.pack(VERSION, END_REQUEST, request, 8, 0, 0, protocol_status)


class Endings(Dict[int, bytes]):
    """By request: the end of its STDOUT stream, and of the request, which went well."""

    def __missing__(self, request: int) -> bytes:
        ending = self[request] = record(STDOUT, request, b'') + end_request(request, REQUEST_COMPLETE)
        return ending


ENDINGS = Endings()
