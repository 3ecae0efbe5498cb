"""An object server in this process, for tests, and a web server's connection with it."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
import unittest
from typing import Dict, Iterator, List, Mapping, Optional

from oriel.fastcgi.unix_socket import listen
from oriel.objects.bind import Bound, bind
from oriel.objects.call import Call
from oriel.objects.published import Objects
from oriel.objects.server import Server

from .web_server import HEAD, Reply, begin, pairs, read_reply, record

WHOLE = {'ORIEL_OBJECT': 'it', 'ORIEL_REQUEST': 'GET /it@paul HTTP/1.1\r\nHost: a\r\n'}


def call(more: Optional[Dict[str, str]] = None, request: int = 1, role: int = 1, windowed: bool = True) -> bytes:
    """The beginning of a request in the whole form, without its content."""
    variables = pairs({**WHOLE, **(more or {})})
    parts = [record(4, variables[at : at + 65535], request) for at in range(0, len(variables), 65535)]
    return begin(request, role, True, windowed) + b''.join(parts) + record(4, b'', request)


def whole_call(more: Optional[Dict[str, str]] = None, request: int = 1, role: int = 1, windowed: bool = True) -> bytes:
    return call(more, request, role, windowed) + record(5, b'', request)


def asks(target: str, method: str = 'GET', fields: str = '') -> Dict[str, str]:
    return {'ORIEL_REQUEST': f'{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}'}


class Peer:
    """A web server's connection."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self._rest = b''
        self._records: Dict[int, List[bytes]] = {}

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def record(self) -> 'Optional[tuple[int, int, bytes]]':
        """The next one: kind, request, all of its bytes. None at the end of the connection."""
        while True:
            if len(self._rest) >= 8:
                _, kind, number, length, padding = HEAD.unpack_from(self._rest)
                size = 8 + length + padding
                if len(self._rest) >= size:
                    found, self._rest = self._rest[:size], self._rest[size:]
                    return kind, number, found
            part = self.socket.recv(1 << 20)
            if not part:
                assert not self._rest, 'a record is cut'
                return None
            self._rest += part

    def reply(self, request: int = 1) -> Reply:
        """What comes of a request until it has ended, or the connection. What comes of others is kept."""
        mine = self._records.setdefault(request, [])
        while not (mine and mine[-1][1] == 3):
            found = self.record()
            if found is None:
                break
            self._records.setdefault(found[1], []).append(found[2])
        del self._records[request]
        return read_reply(b''.join(mine))

    def kept(self, request: int) -> List[bytes]:
        """The records that came of it while another reply was read."""
        return self._records.get(request, [])

    def ended(self) -> bool:
        """Waits for the end of the connection."""
        try:
            while self.record() is not None:
                pass
        except ConnectionResetError:
            pass
        return True


class Served(unittest.TestCase):
    """Starts object servers, and ends them and what is connected with them."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = os.path.realpath(temporary.name)

    def serve(self, objects: Mapping[str, object], threads: int = 4) -> str:
        """The path of its socket."""
        path = os.path.join(self.folder, f'{len(os.listdir(self.folder))}.sock')
        published = Objects('paul', objects)
        server = Server(lambda exchange: Call(published, exchange), listen(path), threads)
        ended = threading.Event()
        server.run(ended.set)

        def stop() -> None:
            server.stop()
            self.assertTrue(ended.wait(20), 'a thread of the object server has not ended')

        self.addCleanup(stop)
        return path

    def peer(self, path: str) -> Peer:
        peer = Peer(path)
        self.addCleanup(peer.socket.close)
        return peer

    def bind(self, path: str, name: str = 'it', timeout: Optional[float] = 20) -> Bound:
        bound = bind(f'fastcgi:unix:{path}', name, timeout=timeout)
        self.addCleanup(bound.close)
        return bound

    @contextlib.contextmanager
    def it(self, resource: object, threads: int = 4) -> Iterator[Bound]:
        yield self.bind(self.serve({'it': resource}, threads))
