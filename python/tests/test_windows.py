"""Flow control between Oriel's ends: what is sent ahead of whoever reads it has bounds."""

from __future__ import annotations

import socket
import struct
import threading
import unittest
from typing import Any, Callable, Dict, Iterable, List

from oriel.wsgi.connection import Broken, Connection
from oriel.wsgi.exchange import exchange, template
from oriel.fastcgi.records import WINDOW

from .web_server import begin, read_reply, record, stdin, variables


def credit(size: int, request: int = 1) -> bytes:
    return record(64, struct.pack('>I', size), request)


def asking(request: int = 1, length: int = 0) -> bytes:
    more = {'CONTENT_LENGTH': str(length)} if length else None
    return begin(request, windowed=True) + variables(more, request)


class Peer:
    """A web server at the other end of a connection whose requests are served in a thread of their own."""

    def __init__(self, application: Callable[[Dict[str, Any], Any], Iterable[bytes]]) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        self.received = b''
        self.broken = False
        self._connection = Connection(theirs, 4, True)
        self._application = application
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        try:
            base = template(1, False)
            stays = True
            while stays:
                self._connection.receive()
                request = self._connection.next()
                while stays and request is not None:
                    stays = exchange(self._application, base, request)
                    request = self._connection.next()
        except OSError:
            pass
        except Broken:
            self.broken = True
        self._connection.close()

    def read(self, size: int) -> None:
        """Until so many bytes have come in all, heads of records included."""
        while len(self.received) < size:
            data = self.socket.recv(65536)
            assert data, f'it ended after {len(self.received)} bytes'
            self.received += data

    def end(self) -> bytes:
        self.socket.shutdown(socket.SHUT_WR)
        while True:
            data = self.socket.recv(65536)
            if not data:
                break
            self.received += data
        self.socket.close()
        self._thread.join()
        return self.received


class Windows(unittest.TestCase):
    def test_an_answer_waits_for_credit_and_other_requests_go_on(self) -> None:
        whole = bytes(range(256)) * 1024

        def application(environ: Dict[str, Any], start_response: Any) -> List[bytes]:
            start_response('200 OK', [])
            return [whole]

        peer = Peer(application)
        peer.socket.sendall(asking() + record(5))
        # What the window has, in two records, since one has 16 bits for its size; nothing behind it.
        peer.read(WINDOW + 16)
        self.assertEqual(len(peer.received), WINDOW + 16)
        self.assertEqual(len(read_reply(peer.received).stdout), WINDOW)
        # Another one, which is aborted while it waits: that is heard though this thread waits for credit.
        peer.socket.sendall(asking(2) + record(5, b'', 2) + record(2, b'', 2) + credit(1000))
        peer.read(WINDOW + 16 + 16 + 1000 + 8)
        reply = read_reply(peer.received)
        self.assertEqual((len(reply.stdout), reply.ends), (WINDOW + 1000, [(2, 0, 0)]))
        peer.socket.sendall(credit(1 << 20))
        reply = read_reply(peer.end())
        self.assertEqual(reply.body, whole)
        self.assertEqual(reply.ends, [(2, 0, 0), (1, 0, 0)])

    def test_who_waits_for_credit_learns_that_nobody_waits_for_the_answer(self) -> None:
        seen: List[str] = []

        def application(environ: Dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response('200 OK', [])
            try:
                yield b'x' * 10 * WINDOW
                yield b'more'
            finally:
                seen.append('closed')

        peer = Peer(application)
        peer.socket.sendall(asking() + record(5))
        peer.read(WINDOW)
        peer.socket.sendall(record(2))
        self.assertEqual(read_reply(peer.end()).ends, [(1, 0, 0)])
        self.assertEqual(seen, ['closed'])

    def test_content_that_was_read_is_credited(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> List[bytes]:
            size = 0
            while True:
                piece = environ['wsgi.input'].read(10000)
                if not piece:
                    break
                size += len(piece)
            start_response('200 OK', [])
            return [b'%d' % size]

        peer = Peer(application)
        whole = 5 * WINDOW
        peer.socket.sendall(asking(length=whole))
        sent, allowed = 0, WINDOW
        while sent < whole:
            peer.socket.sendall(stdin(b'x' * min(allowed - sent, whole - sent)))
            sent = min(allowed, whole)
            if sent < whole:
                before = allowed
                while allowed == before:
                    peer.read(len(peer.received) + 1)
                    told = [struct.unpack('>I', content)[0] for kind, content in read_reply(peer.received).others if kind == 64]
                    allowed = WINDOW + sum(told)
                self.assertLessEqual(allowed, sent + WINDOW)
        peer.socket.sendall(record(5))
        self.assertEqual(read_reply(peer.end()).body, b'%d' % whole)

    def test_more_content_than_the_window_allows_ends_the_connection(self) -> None:
        peer = Peer(lambda environ, start_response: [])
        peer.socket.sendall(begin(windowed=True) + stdin(b'x' * (WINDOW + 1)))
        peer.end()
        self.assertTrue(peer.broken)

    def test_an_answer_that_is_broken_off_is_told_so_and_the_connection_stays(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response('200 OK', [])
            yield b'half'
            raise ValueError('not all of it')

        peer = Peer(application)
        peer.socket.sendall(asking() + record(5) + asking(2) + record(5, b'', 2))
        reply = read_reply(peer.end())
        self.assertEqual(reply.ends, [(1, 0, 64), (2, 0, 64)])
        self.assertEqual(reply.stdout.count(b'half'), 2)


class Complaining(unittest.TestCase):
    def test_nothing_of_a_request_is_sent_behind_its_end(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> Iterable[bytes]:
            environ['wsgi.errors'].write('a line without its end')
            start_response('200 OK', [])
            return [b'answer']

        peer = Peer(application)
        peer.socket.sendall(asking() + record(5))
        data = peer.end()
        self.assertEqual(read_reply(data).stderr, 'a line without its end')
        self.assertEqual(data[-16:-14], b'\x01\x03', 'END_REQUEST is the last')


if __name__ == '__main__':
    unittest.main()
