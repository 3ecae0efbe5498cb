"""The web server's half of FastCGI, as plain as can be, for tests."""

from __future__ import annotations

import socket
import struct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from oriel.wsgi.connection import Connection
from oriel.wsgi.exchange import exchange, template
from oriel.fastcgi.gone import Gone

HEAD = struct.Struct('>BBHHBx')

PLAIN = {'REQUEST_METHOD': 'GET', 'SERVER_NAME': 'localhost', 'SERVER_PORT': '80', 'SERVER_PROTOCOL': 'HTTP/1.1', 'PATH_INFO': '/'}


def record(kind: int, content: bytes = b'', request: int = 1, padding: int = 0) -> bytes:
    return HEAD.pack(1, kind, request, len(content), padding) + content + b'x' * padding


def size(length: int) -> bytes:
    return bytes((length,)) if length < 128 else struct.pack('>I', length | 0x80000000)


def pairs(variables: Dict[str, str]) -> bytes:
    return b''.join(
        size(len(name.encode('latin-1'))) + size(len(value.encode('latin-1'))) + (name + value).encode('latin-1')
        for name, value in variables.items()
    )


def begin(request: int = 1, role: int = 1, keep: bool = True, windowed: bool = False) -> bytes:
    return record(1, struct.pack('>HB5x', role, keep | windowed << 1), request)


def variables(more: Optional[Dict[str, str]] = None, request: int = 1) -> bytes:
    content = pairs({**PLAIN, **(more or {})})
    records = [record(4, content[at : at + 65535], request, 3) for at in range(0, len(content), 65535)]
    return b''.join(records) + record(4, b'', request)


def stdin(body: bytes, request: int = 1) -> bytes:
    return b''.join(record(5, body[at : at + 65535], request, 5) for at in range(0, len(body), 65535))


def whole(more: Optional[Dict[str, str]] = None, body: bytes = b'', request: int = 1, keep: bool = True) -> bytes:
    if body:
        more = {'CONTENT_LENGTH': str(len(body)), **(more or {})}
    return begin(request, 1, keep) + variables(more, request) + stdin(body, request) + record(5, b'', request)


class Reply(NamedTuple):
    stdout: bytes
    stderr: str
    ends: List[Tuple[int, int, int]]
    """Of each END_REQUEST: request, appStatus, protocolStatus."""
    others: List[Tuple[int, bytes]]
    blocks: List[int]
    """How many bytes each record of STDOUT has."""

    @property
    def head(self) -> List[str]:
        return self.stdout.split(b'\r\n\r\n', 1)[0].decode('latin-1').split('\r\n')

    @property
    def body(self) -> bytes:
        return self.stdout.split(b'\r\n\r\n', 1)[1]


def read_reply(data: bytes) -> Reply:
    stdout, stderr = [], []
    ends: List[Tuple[int, int, int]] = []
    others: List[Tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        version, kind, request, length, padding = HEAD.unpack_from(data, at)
        content = data[at + 8 : at + 8 + length]
        assert version == 1 and len(content) == length, 'a record is cut'
        at += 8 + length + padding
        if kind == 6:
            stdout.append(content)
        elif kind == 7:
            stderr.append(content)
        elif kind == 3:
            app, protocol = struct.unpack('>IB3x', content)
            ends.append((request, app, protocol))
        else:
            others.append((kind, content))
    return Reply(b''.join(stdout), b''.join(stderr).decode(), ends, others, [len(one) for one in stdout])


class Served(NamedTuple):
    reply: Reply
    kept: bool


def serve(
    application: Any, data: bytes, hang_up: bool = False, capacity: int = 4, threads: int = 1, then: bytes = b''
) -> Served:
    """
    Has the application answer what a web server sends, in this thread.
    @param hang_up: It closes its side behind that.
    @param then: What it sends once the first request is the application's.
    """
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    ours.settimeout(20)
    theirs.settimeout(20)
    connection = Connection(theirs, capacity, threads == 1)
    ours.sendall(data)
    if hang_up:
        ours.shutdown(socket.SHUT_WR)
        assert not then
    else:
        # What would be waited for for ever shows.
        theirs.settimeout(5)
    kept = True
    base = template(threads, False)
    try:
        request = None
        while request is None:
            connection.receive()
            request = connection.next()
        if then:
            ours.sendall(then)
        while request is not None and kept:
            kept = exchange(application, base, request)
            request = connection.next()
    except Gone:
        kept = False
    finally:
        theirs.close()
        parts = []
        while True:
            try:
                part = ours.recv(1 << 20)
            except ConnectionResetError:
                break
            if not part:
                break
            parts.append(part)
        ours.close()
    return Served(read_reply(b''.join(parts)), kept)
