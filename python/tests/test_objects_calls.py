from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import socket
import threading
import unittest
from typing import Any, Callable, Dict, Iterator, List, Optional

import oriel
from oriel.objects.published import VERSION

from .object_server import Served
from .web_server import record


class Counter(oriel.Resource):
    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()
        self.records: List[Any] = []

    def GET(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        with self.lock:
            self.count += 1
            return oriel.Response(str(self.count))

    def POST(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response(request.bytes(), headers={'Content-Type': request.headers.get('content-type') or 'none'})

    def ECHO(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response(iter(request), trailers=lambda: {'X-T': 'end'})

    def info(self) -> Dict[str, Any]:
        return {'description': 'counts'}

    def authenticate_user(self, name: str, password: str) -> oriel.AuthorizationRecord:
        if password != 'é':
            raise oriel.AuthenticationFailed
        return oriel.AuthorizationRecord(name, ['staff'])

    def authorize_user(
        self, who: Optional[oriel.AuthorizationRecord], request: oriel.Request, connection: oriel.Connection
    ) -> Any:
        if who is None:
            raise oriel.AuthorizationRequired('Log in.', headers={'X-Why': 'nobody'})
        if who.name == 'eve':
            raise oriel.Forbidden
        return {'anna': {'GROUP': 'é', 'PATH': request.path}, 'none': None, 'bad': 7, 'boom': {'A': 'a\r\nb'}}[who.name]

    def log_request(self, record: Dict[str, Any]) -> None:
        self.records.append(record['n'])


class Calls(Served):
    def setUp(self) -> None:
        super().setUp()
        self.counter = Counter()
        self.bound = self.bind(self.serve({'it': self.counter}))

    def answer(self, outcome: object) -> oriel.Response:
        assert isinstance(outcome, oriel.Response)
        return outcome

    def test_state_is_held_and_threads_share_it(self) -> None:
        threads = [threading.Thread(target=lambda: [self.bound.GET() for _ in range(50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.answer(self.bound.GET('/x')).text(), '401')

    def test_content_goes_both_ways(self) -> None:
        self.assertEqual(self.answer(self.bound.POST(oriel.Request('/', body='é'))).text(), 'é')
        self.assertEqual(self.answer(self.bound.POST(oriel.Request('/', body=bytes(3 << 20)))).bytes(), bytes(3 << 20))
        response = self.answer(self.bound.ECHO(oriel.Request('/', body=(b'ab' * 500 for _ in range(5000)))))
        self.assertEqual(len(response.bytes()), 5000000)
        assert response.trailers is not None
        self.assertEqual(oriel.Headers(response.trailers()).raw(), [('X-T', 'end')])

    def test_methods(self) -> None:
        self.assertEqual(self.answer(self.bound.HEAD()).headers.get('content-length'), '1')
        self.assertEqual(self.answer(self.bound.OPTIONS()).headers.get('allow'), 'GET, HEAD, POST, OPTIONS, ECHO')
        with self.assertRaises(oriel.HttpError) as caught:
            self.bound.call('info')
        self.assertEqual((caught.exception.status, caught.exception.headers.get('allow')), (405, 'GET, HEAD, POST, OPTIONS, ECHO'))
        with self.assertRaises(AttributeError):
            self.bound.get()

    def test_what_it_says_of_itself(self) -> None:
        self.assertEqual(
            self.bound.info(),
            {
                'name': 'it', 'methods': ['GET', 'HEAD', 'POST', 'OPTIONS', 'ECHO'], 'authorizer': True, 'authenticator': True,
                'logger': True, 'info': {'description': 'counts'},
            },
        )  # fmt: skip

    def test_authenticators(self) -> None:
        self.assertEqual(self.bound.authenticate_user('annä', 'é'), oriel.AuthorizationRecord('annä', ('staff',)))
        with self.assertRaises(oriel.AuthenticationFailed):
            self.bound.authenticate_user('anna', 'x')

    def test_authorizers(self) -> None:
        self.assertEqual(self.bound.authorize_user(oriel.AuthorizationRecord('anna'), '/a'), {'GROUP': 'é', 'PATH': '/a'})
        self.assertEqual(self.bound.authorize_user(oriel.AuthorizationRecord('none'), '/a'), {})
        with self.assertRaises(oriel.AuthorizationRequired) as required:
            self.bound.authorize_user(None, '/a')
        self.assertEqual((required.exception.detail, required.exception.headers.raw()), ('Log in.', [('X-Why', 'nobody')]))
        with self.assertRaises(oriel.Forbidden):
            self.bound.authorize_user(oriel.AuthorizationRecord('eve'), '/a')
        for name in ('bad', 'boom', 'other'):
            errors = io.StringIO()
            with self.assertRaises(oriel.HttpError) as caught, contextlib.redirect_stderr(errors):
                self.bound.authorize_user(oriel.AuthorizationRecord(name), '/a')
            self.assertEqual(caught.exception.status, 500)
            self.assertIn('Error', errors.getvalue())

    def test_loggers(self) -> None:
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.bound.log_requests([{'n': 1}, {}, {'n': 'x' * 100000}, {'n': 3}])
        self.assertEqual(self.counter.records, [1, 'x' * 100000, 3])
        self.assertIn('could not be logged', errors.getvalue())

    def test_what_is_not_there(self) -> None:
        path = self.serve({'plain': Below()})
        with self.assertRaises(oriel.HttpError) as caught:
            self.bind(path, 'nobody').GET()
        self.assertEqual(caught.exception.status, 404)
        plain = self.bind(path, 'plain')
        asks: List[Callable[[], object]] = [
            lambda: plain.authenticate_user('a', 'b'), lambda: plain.authorize_user(None, '/'), lambda: plain.log_request({}),
        ]  # fmt: skip
        for ask in asks:
            with self.assertRaises(oriel.HttpError) as caught:
                ask()
            self.assertEqual(caught.exception.status, 404)


class Below(oriel.Resource):
    def GET(self, request: oriel.Request, connection: oriel.Connection) -> object:
        outcomes: Dict[str, Callable[[], object]] = {
            'declined': lambda: oriel.Declined,
            'reroute': lambda: oriel.Reroute('/b?c', method='GET'),
            'read': lambda: (request.bytes(), oriel.Declined)[1],
            'nothing': lambda: None,
            'text': lambda: 'Hello',
            'exit': exit,
            'boom': lambda: 1 // 0,
            'short': lambda: oriel.Response('abc', headers={'Content-Length': '4'}),
            'long': lambda: oriel.Response('abc', headers={'Content-Length': '2'}),
            'half': lambda: oriel.Response(iter([b'ab']), headers={'Content-Length': '4'}),
            'more': lambda: oriel.Response(iter([b'ab', b'cd']), headers={'Content-Length': '3'}),
            'first': lambda: oriel.Response(failing(0)),
            'second': lambda: oriel.Response(failing(2)),
            'bad': lambda: oriel.Response('a', headers={'X-A': 'a\r\nB: c'}),
            'number': lambda: oriel.Response(7),  # type: ignore[arg-type]
            'numbers': lambda: oriel.Response([7]),  # type: ignore[list-item]
            'lengths': lambda: oriel.Response('a', headers={'Content-Length': ['1', '1']}),
            'teapot': teapot,
            'gone': lambda: b''.join(gone()),
        }
        return outcomes[request.path[1:]]()

    POST = GET


def failing(after: int) -> Iterator[bytes]:
    for _ in range(after):
        yield b'piece'
    raise RuntimeError('the source failed')


def teapot() -> oriel.Response:
    raise oriel.HttpError(418, 'Té.', code='tea pot', headers={'Retry-After': '1', 'Content-Length': '9', 'Oriel-Answer': 'x'})


def gone() -> Iterator[bytes]:
    raise oriel.Gone('of its own')
    yield b''


class Faults(Served):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.serve({'it': Below()})
        self.bound = self.bind(self.path)
        self.errors = io.StringIO()

    def ask(self, what: str, method: str = 'GET', body: Optional[str] = None) -> Any:
        with contextlib.redirect_stderr(self.errors):
            return self.bound.call(method, oriel.Request(f'/{what}', body=body))

    def test_outcomes_that_are_no_answers(self) -> None:
        self.assertIs(self.ask('declined'), oriel.Declined)
        rerouted = self.ask('reroute')
        self.assertEqual((rerouted.to, rerouted.method), ('/b?c', 'GET'))

    def test_what_fails_before_the_head_is_a_500_and_its_words_go_to_the_log(self) -> None:
        for what, words in (
            ('nothing', 'returned NoneType: expected an oriel.Response'), ('text', 'returned str'), ('exit', 'SystemExit'),
            ('boom', 'ZeroDivisionError'), ('short', 'has 3 bytes, and its Content-Length is 4'), ('long', 'Content-Length is 2'),
            ('first', 'the source failed'), ('bad', 'no field value may have'), ('number', 'the content is int'),
            ('numbers', 'a piece of the content is int'), ('lengths', 'once'),
        ):  # fmt: skip
            with self.subTest(what=what):
                self.errors = io.StringIO()
                with self.assertRaises(oriel.HttpError) as caught:
                    self.ask(what)
                self.assertEqual((caught.exception.status, caught.exception.detail), (500, None))
                self.assertIn(words, self.errors.getvalue())
                self.assertNotIn('oriel/objects', self.errors.getvalue())

    def test_a_declined_request_whose_content_was_read_is_an_error(self) -> None:
        with self.assertRaises(oriel.HttpError) as caught:
            self.ask('read', 'POST', 'abc')
        self.assertEqual(caught.exception.status, 500)

    def test_what_fails_within_the_content_never_looks_whole(self) -> None:
        for what, words in (('half', 'ended 2 bytes before'), ('more', '1 bytes more'), ('second', 'the source failed')):
            with self.subTest(what=what):
                self.errors = io.StringIO()
                with self.assertRaises((oriel.HttpError, ConnectionError)) as caught:
                    with contextlib.redirect_stderr(self.errors):
                        self.ask(what).bytes()
                if isinstance(caught.exception, oriel.HttpError):
                    self.assertEqual(caught.exception.status, 502)
                self.assertIn(words, self.errors.getvalue())
        # Windows were agreed on, so the connection is as good as before.
        self.assertIs(self.ask('declined'), oriel.Declined)

    def test_half_an_answer_ends_the_connection_of_other_web_servers(self) -> None:
        from .web_server import whole

        peer = self.peer(self.path)
        peer.send(whole({'REQUEST_URI': '/it/../second', 'ORIEL_OBJECT': 'it'}))
        reply = peer.reply()
        self.assertEqual((reply.body, reply.ends), (b'piecepiece', []))

    def test_what_was_raised_on_purpose(self) -> None:
        with self.assertRaises(oriel.HttpError) as caught:
            self.ask('teapot')
        error = caught.exception
        self.assertEqual((error.status, error.detail, error.code), (418, 'Té.', 'tea-pot'))
        self.assertEqual(error.headers.raw(), [('Retry-After', '1')])

    def test_a_gone_of_its_own_is_no_answer(self) -> None:
        with self.assertRaises(oriel.HttpError):
            self.ask('gone')

    def test_many_objects(self) -> None:
        shared = Counter()
        path = self.serve({f'o{number}': shared for number in range(10000)})
        for number in (0, 5000, 9999):
            answer = self.bind(path, f'o{number}').GET()
            assert isinstance(answer, oriel.Response)
            self.assertTrue(answer.ok)
        with self.assertRaises(oriel.HttpError):
            self.bind(path, 'o10000').GET()
        self.assertTrue(self.bind(path, 'o77').info()['authorizer'])

    def test_nothing_is_left_of_connections(self) -> None:
        def count() -> int:
            return len(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else 0

        with self.bind(self.path) as bound:
            bound.OPTIONS()
        before = count()
        for _ in range(20):
            with self.bind(self.path) as bound:
                bound.OPTIONS()
        peer = self.peer(self.path)
        peer.send(record(77, b'', 0))
        # The server has read the ends of the others before that.
        peer.record()
        peer.socket.close()
        gc.collect()
        self.assertLessEqual(count(), before + 1)


class OtherServers(unittest.TestCase):
    """What `bind` makes of those that answer something else."""

    def answered(self, *parts: bytes, values: Optional[bytes] = None, timeout: float = 20) -> Any:
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        self.asked: List[bytes] = []

        def serve() -> None:
            for index in range(2):
                connected, _ = listener.accept()
                with connected:
                    asked = connected.recv(65536)
                    # What is left unread when it is closed would take the answer with it.
                    while index == 1 and not asked.endswith(record(5)):
                        asked += connected.recv(65536)
                    self.asked.append(asked)
                    if index == 0:
                        connected.sendall(values or b'')
                        continue
                    for part in parts:
                        connected.sendall(part)
                    while timeout < 20 and connected.recv(65536):
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host, port = listener.getsockname()
        with oriel.bind(f'fastcgi:{host}:{port}', 'it', timeout=timeout) as bound:
            try:
                answer = bound.GET(oriel.Request('/m/x?y', headers={'X-A': ['1', '2'], 'Proxy': 'p', 'Authorization': 'a'}))
                assert isinstance(answer, oriel.Response)
                return answer.status, answer.headers.raw(), answer.bytes()
            except oriel.HttpError as error:
                return error.status
            except ConnectionError as error:
                return str(error)
            finally:
                thread.join(20)

    def test_the_plain_form_is_for_those_that_know_of_no_objects(self) -> None:
        end = record(6) + record(3, bytes(8))
        answer = self.answered(record(6, b'Status: 201 Made\nX-B: c\n\n'), record(6, b'abc'), end, values=record(10, b'', 0))
        self.assertEqual(answer, (201, [('X-B', 'c')], b'abc'))
        for piece in (b'ORIEL_OBJECTit', b'REQUEST_URI/m/x?y', b'HTTP_X_A1, 2', b'PATH_INFO/m/x', b'QUERY_STRINGy'):
            self.assertIn(piece, self.asked[1])
        for piece in (b'ORIEL_REQUEST', b'HTTP_PROXY', b'AUTHORIZATION'):
            self.assertNotIn(piece, self.asked[1])
        self.assertEqual(self.answered(record(6, b'Content-Type: a/b\r\n\r\n'), end), (200, [('Content-Type', 'a/b')], b''))

    def test_faults(self) -> None:
        head = record(6, b'Content-Length: 3\r\n\r\nab')
        for parts, status in (
            ((b'HTTP/1.1 400 Bad\r\n\r\n',), 502), ((record(3, b'\0\0\0\0\2\0\0\0'),), 503), ((record(3, bytes(8)),), 502),
            ((record(6, b'no field\r\n\r\n'),), 502), ((record(6, b'Status: 99\r\n\r\n'),), 502), ((), 502),
            ((record(6, b'a' * 60000),) * 6, 502), ((head + record(3, bytes(8)),), 502),
            ((record(6, b'Content-Length: x\r\n\r\n') + record(3, bytes(8)),), 502), ((record(3, b''),), 502),
            ((record(6, b'Oriel-Answer: what\r\n\r\n') + record(3, bytes(8)),), 502),
            ((record(6, b'Oriel-Answer: reroute\r\nLocation: x\r\n\r\n') + record(3, bytes(8)),), 502),
            ((record(6, b'Status: 200\r\nOriel-Answer: thrown\r\n\r\n') + record(3, bytes(8)),), 502),
        ):  # fmt: skip
            self.assertEqual(self.answered(*parts, values=record(10, b'', 0)), status, parts)
        self.assertIn('broke off', str(self.answered(head, values=record(10, b'', 0))))

    def test_one_that_says_nothing(self) -> None:
        self.assertEqual(self.answered(timeout=0.2, values=record(10, b'', 0)), 504)

    def test_nobody_there(self) -> None:
        with self.assertRaises(oriel.HttpError) as caught:
            oriel.bind('fastcgi:unix:/nowhere/at.all', 'it').GET()
        self.assertEqual(caught.exception.status, 503)

    def test_handles_that_are_none(self) -> None:
        for handle in ('', 'unix:/x', 'fastcgi:', 'fastcgi:unix:', 'fastcgi:host', 'fastcgi:host:99999', 'nats:x'):
            with self.assertRaises(ValueError):
                oriel.bind(handle, 'it')
        with self.assertRaises(ValueError):
            oriel.bind('fastcgi:unix:/x', '../x')


class Version(unittest.TestCase):
    def test_it_is_that_of_the_package(self) -> None:
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, 'package.json'), encoding='utf-8') as file:
            self.assertEqual(json.load(file)['version'], VERSION)


