from __future__ import annotations

import contextlib
import io
import json
import random
import threading
import time
from typing import Dict, Iterator, List

import oriel

from .object_server import Served, asks, call, whole_call
from .web_server import begin, pairs, record, stdin, variables, whole

WINDOW = 65536


class It(oriel.Resource):
    """Answers by what the path says."""

    def __init__(self) -> None:
        self.said: List[object] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.closed = threading.Event()

    def GET(self, request: oriel.Request, connection: oriel.Connection) -> object:
        found: object = getattr(self, request.path.rpartition('/')[2].replace('it@paul', 'hello'))(request, connection)
        return found

    def hello(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response('Hello.')

    def tell(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        user = connection.user
        return oriel.Response.json({
            'target': request.target, 'path': request.path, 'search': request.search, 'version': request.version,
            'mount': request.mount, 'rest': request.rest, 'params': request.params, 'authority': request.authority,
            'secure': request.secure, 'url': request.url, 'timeout': request.timeout, 'fields': request.headers.raw(),
            'remote': connection.remote, 'local': connection.local, 'client': connection.client_address,
            'clientSecure': connection.secure, 'name': connection.known_name, 'protocol': connection.protocol,
            'user': user and [user.name, user.groups], 'type': connection.auth_type, 'variables': connection.variables,
            'tls': connection.tls and [connection.tls.protocol, connection.tls.server_name, str(connection.tls.peer_certificate)],
            'body': request.body is None,
        })  # fmt: skip

    def inform(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        connection.inform(103, oriel.Headers({'Link': '</a>'}))
        connection.inform(100, oriel.Headers())
        return oriel.Response(None, 204)

    def lies(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response('a', 201, {
            'Status': '500', 'Oriel-Answer': 'declined', 'oriel-code': 'x', 'Connection': 'close', 'X-A': ['1', '2'],
            'Transfer-Encoding': 'chunked', 'Content-Type': 'text/x',
        }, reason='Made')  # fmt: skip

    def wait(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        self.begun.set()
        self.go.wait(20)
        return oriel.Response('waited')

    def stream(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        def pieces() -> Iterator[bytes]:
            try:
                while True:
                    self.begun.set()
                    yield b'x' * 1000
            except GeneratorExit:
                self.said.append(request.gone)
                self.closed.set()
                raise

        return oriel.Response(pieces())

    def trailers(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response(iter([b'ab', b'c']), trailers=lambda: {'X-Sum': '3'})

    def POST(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response.json([len(request.bytes()), request.trailers.raw()])

    def ECHO(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response(iter(request))


class TheWire(Served):
    def setUp(self) -> None:
        super().setUp()
        self.it_ = It()
        self.path = self.serve({'it': self.it_}, threads=3)
        self.web = self.peer(self.path)

    def ask(self, data: bytes) -> List[str]:
        self.web.send(data)
        return self.web.reply().head

    def test_it_says_what_it_understands(self) -> None:
        names = {name: '' for name in ('FCGI_MPXS_CONNS', 'ORIEL_WINDOW', 'ORIEL_OBJECTS', 'X', 'FCGI_MAX_REQS', 'FCGI_MAX_CONNS')}
        self.web.send(record(9, pairs(names), 0) + record(77, b'', 0))
        kind, _, told = self.web.record() or (0, 0, b'')
        self.assertEqual(kind, 10)
        for value in (b'ORIEL_OBJECTS1', b'ORIEL_WINDOW65536', b'FCGI_MPXS_CONNS1', b'FCGI_MAX_REQS51', b'FCGI_MAX_CONNS1024'):
            self.assertIn(value, told)
        self.assertEqual((self.web.record() or (0, 0, b''))[2][:9], b'\1\x0b\0\0\0\x08\0\0' + bytes((77,)))

    def test_the_whole_form_keeps_all_of_http(self) -> None:
        facts = {
            'remote': ['192.0.2.7', 50312], 'local': ['192.0.2.1', None], 'secure': True, 'name': 'é.example',
            'client': {'address': '2001:db8::1', 'secure': False},
            'tls': {'protocol': 'TLSv1.3', 'cipher': 'X', 'serverName': 'a', 'peerCertificate': 'AAE='},
        }  # fmt: skip
        user = {'name': 'annä', 'groups': ['staff', 'é'], 'type': 'Basic', 'variables': {'A': 'b'}}
        self.web.send(whole_call({
            'ORIEL_REQUEST': 'GET /m/x/../tell?a=/.. HTTP/2.0\r\nhost: h\r\nX-A: 1\r\nx-a:  \xe9 \r\n', 'ORIEL_MOUNT': '/m',
            'ORIEL_AUTHORITY': 'other:8', 'ORIEL_PARAMS': json.dumps({'id': 'é'}, ensure_ascii=False).encode().decode('latin-1'),
            'HTTPS': 'on', 'ORIEL_CONNECTION': json.dumps(facts, ensure_ascii=False).encode().decode('latin-1'),
            'ORIEL_USER': json.dumps(user, ensure_ascii=False).encode().decode('latin-1'), 'ORIEL_TIMEOUT': '1500',
        }))  # fmt: skip
        told = json.loads(self.web.reply().body)
        self.assertEqual(told, {
            'target': '/m/x/../tell?a=/..', 'path': '/m/tell', 'search': '?a=/..', 'version': '2.0', 'mount': '/m', 'rest': '/tell',
            'params': {'id': 'é'}, 'authority': 'other:8', 'secure': True, 'url': 'https://other:8/m/tell?a=/..', 'timeout': 1.5,
            'fields': [['host', 'h'], ['X-A', '1'], ['x-a', 'é']], 'remote': ['192.0.2.7', 50312], 'local': ['192.0.2.1', None],
            'client': '2001:db8::1', 'clientSecure': False, 'name': 'é.example', 'protocol': 'HTTP/2.0',
            'user': ['annä', ['staff', 'é']], 'type': 'Basic', 'variables': {'A': 'b'}, 'tls': ['TLSv1.3', 'a', "b'\\x00\\x01'"],
            'body': True,
        })  # fmt: skip

    def test_a_rewritten_path(self) -> None:
        self.web.send(whole_call({**asks('/old?x'), 'ORIEL_PATH': '/tell?y=1'}))
        told = json.loads(self.web.reply().body)
        self.assertEqual((told['target'], told['path'], told['search']), ('/old?x', '/tell', '?y=1'))

    def test_the_plain_form_names_the_object_by_a_variable_or_by_the_path(self) -> None:
        for more, mount, rest in (
            ({'ORIEL_OBJECT': 'it', 'SCRIPT_NAME': '/m', 'PATH_INFO': '/tell', 'REQUEST_URI': '/m/tell'}, '/m', '/tell'),
            ({'SCRIPT_NAME': '/m', 'PATH_INFO': '/it@paul/tell', 'REQUEST_URI': '/m/it@paul/tell'}, '/m/it@paul', '/tell'),
            ({'SCRIPT_NAME': '', 'PATH_INFO': '/it/a/tell'}, '/it', '/a/tell'),
            ({'SCRIPT_NAME': '/it@paul/tell', 'PATH_INFO': '', 'REQUEST_URI': '/it@paul/tell?x'}, '/it@paul', '/tell'),
            ({'REQUEST_URI': '/%69t%40x/tell', 'SCRIPT_NAME': '', 'PATH_INFO': ''}, '/it@x', '/tell'),
        ):
            self.web.send(whole({'REMOTE_ADDR': '192.0.2.7', 'REMOTE_USER': 'anna', 'HTTP_X_FORWARDED_HOST': 'f', **more}))
            reply = self.web.reply()
            self.assertEqual(reply.head[0], 'Status: 200 OK', more)
            told = json.loads(reply.body)
            self.assertEqual((told['mount'], told['rest']), (mount, rest))
            self.assertEqual((told['client'], told['user']), ('192.0.2.7', ['anna', []]))
            self.assertIn(['X-Forwarded-Host', 'f'], told['fields'])

    def test_fields_that_are_said_twice_are_there_once(self) -> None:
        both = {'CONTENT_TYPE': 'a/b', 'HTTP_CONTENT_TYPE': 'a/b', 'HTTP_CONTENT_LENGTH': '3', 'HTTP_X': 'y', 'HTTP_A B': 'c'}
        self.web.send(whole({'REQUEST_URI': '/it/tell', **both}, b'abc'))
        fields = [field for field in json.loads(self.web.reply().body)['fields'] if field[0] != 'Host']
        self.assertEqual(sorted(fields), [['Content-Length', '3'], ['Content-Type', 'a/b'], ['X', 'y']])

    def test_in_the_plain_form_all_answers_are_those_of_a_cgi_program(self) -> None:
        for path, status in (('/none/x', '404 Not Found'), ('/info/x', '404 Not Found'), ('/', '404 Not Found')):
            self.web.send(whole({'REQUEST_URI': path}))
            reply = self.web.reply()
            self.assertEqual(reply.head[0], f'Status: {status}')
            self.assertNotIn('Oriel', ''.join(reply.head))

    def test_an_object_cannot_answer_what_only_we_may(self) -> None:
        head = self.ask(whole_call(asks('/lies')))
        self.assertEqual(head, ['Status: 201 Made', 'X-A: 1', 'X-A: 2', 'Content-Type: text/x', 'Content-Length: 1'])

    def test_informational_answers_stand_before(self) -> None:
        self.web.send(whole_call(asks('/inform')))
        self.assertEqual(self.web.reply().stdout, b'Status: 103 Early Hints\r\nLink: </a>\r\n\r\nStatus: 204 No Content\r\n\r\n')

    def test_head_has_no_content(self) -> None:
        self.web.send(whole_call(asks('/hello', 'HEAD')))
        reply = self.web.reply()
        self.assertEqual((reply.head[0], reply.head[-1], reply.body), ('Status: 200 OK', 'Content-Length: 6', b''))
        self.web.send(whole_call(asks('/stream', 'HEAD')))
        self.assertEqual(self.web.reply().body, b'')

    def test_trailers_both_ways(self) -> None:
        self.web.send(whole_call(asks('/trailers')))
        reply = self.web.reply()
        self.assertEqual((reply.body, reply.others), (b'abc', [(65, b'X-Sum: 3\r\n')]))
        self.web.send(call(asks('/', 'POST')) + stdin(b'abc') + record(65, b'X-Sum: 3\r\n') + record(5))
        self.assertEqual(json.loads(self.web.reply().body), [3, [['X-Sum', '3']]])
        # Those who agreed on no windows know of no trailers.
        self.web.send(whole_call(asks('/trailers'), windowed=False))
        self.assertEqual(self.web.reply().others, [])

    def test_a_slow_request_holds_up_no_other_on_its_connection(self) -> None:
        self.web.send(whole_call(asks('/wait'), 1))
        self.assertTrue(self.it_.begun.wait(20))
        for _ in range(3):
            self.web.send(whole_call(asks('/hello'), 2))
            self.assertEqual(self.web.reply(2).body, b'Hello.')
        self.it_.go.set()
        self.assertEqual(self.web.reply(1).body, b'waited')

    def test_all_that_come_at_once_are_answered_though_all_threads_but_one_wait(self) -> None:
        self.web.send(b''.join(whole_call(asks('/wait'), number) for number in (1, 2)))
        self.web.send(b''.join(whole_call(asks('/hello'), number) for number in range(3, 40)))
        for number in range(3, 40):
            self.assertEqual(self.web.reply(number).body, b'Hello.')
        self.it_.go.set()
        self.assertEqual([self.web.reply(number).body for number in (1, 2)], [b'waited', b'waited'])

    def test_when_all_threads_wait_for_content_it_still_comes(self) -> None:
        for number in range(1, 7):
            self.web.send(call(asks('/', 'POST'), number))
        for number in range(6, 0, -1):
            self.web.send(stdin(b'abc', number) + record(5, b'', number))
        for number in range(1, 7):
            self.assertEqual(json.loads(self.web.reply(number).body)[0], 3)

    def test_a_reader_that_is_slow_gets_no_more_than_its_window(self) -> None:
        self.web.send(whole_call(asks('/stream'), 1))
        got = 0
        while got < 1000:
            kind, number, data = self.web.record() or (0, 0, b'')
            self.assertEqual((kind, number), (6, 1))
            got += int.from_bytes(data[4:6], 'big')
        self.web.send(whole_call(asks('/hello'), 2))
        self.assertEqual(self.web.reply(2).body, b'Hello.')
        got += sum(int.from_bytes(data[4:6], 'big') for data in self.web.kept(1))
        self.web.send(record(64, (5000).to_bytes(4, 'big'), 1))
        while got < WINDOW + 5000:
            got += int.from_bytes((self.web.record() or (0, 0, bytes(8)))[2][4:6], 'big')
        self.assertEqual(got, WINDOW + 5000)
        self.web.send(record(2, b'', 1))
        self.assertTrue(self.it_.closed.wait(20))
        self.assertEqual(self.it_.said, [True])

    def test_an_abort_is_answered_at_once_and_the_number_is_free(self) -> None:
        self.web.send(whole_call(asks('/wait'), 1))
        self.assertTrue(self.it_.begun.wait(20))
        self.web.send(record(2, b'', 1))
        self.assertEqual(self.web.reply(1).ends, [(1, 0, 0)])
        self.web.send(whole_call(asks('/hello'), 1))
        self.assertEqual(self.web.reply(1).body, b'Hello.')
        self.it_.go.set()
        # What the first one answers now is nobody's.
        self.web.send(whole_call(asks('/hello'), 1))
        self.assertEqual(self.web.reply(1).body, b'Hello.')

    def test_a_connection_that_ends_ends_its_requests(self) -> None:
        self.web.send(whole_call(asks('/stream'), 1))
        self.assertTrue(self.it_.begun.wait(20))
        self.web.socket.close()
        self.assertTrue(self.it_.closed.wait(20))

    def test_content_is_credited_as_it_is_read(self) -> None:
        self.web.send(call(asks('/', 'POST')) + stdin(bytes(60000)))
        kind, number, data = self.web.record() or (0, 0, b'')
        self.assertEqual((kind, number), (64, 1))
        self.assertGreaterEqual(int.from_bytes(data[8:12], 'big'), WINDOW // 2)
        self.web.send(record(5))
        self.assertEqual(json.loads(self.web.reply().body)[0], 60000)

    def test_without_windows_what_nobody_reads_is_left_in_the_connection(self) -> None:
        self.web.send(whole_call(asks('/wait'), 1))
        self.assertTrue(self.it_.begun.wait(20))
        sent = 0
        other = self.peer(self.path)
        other.send(call(asks('/wait', 'GET'), 1, windowed=False))
        other.socket.settimeout(0.5)
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                sent += other.socket.send(stdin(bytes(60000)))
        self.assertLess(sent, 8 << 20)
        self.it_.go.set()
        self.assertEqual(self.web.reply(1).body, b'waited')

    def test_a_large_content_goes_both_ways_without_windows(self) -> None:
        size = 6 << 20
        sender = threading.Thread(
            target=lambda: self.web.send(call(asks('/', 'ECHO'), windowed=False) + stdin(bytes(size)) + record(5))
        )
        sender.start()
        self.assertEqual(len(self.web.reply().body), size)
        sender.join()

    def test_connections_end_where_they_are_not_kept(self) -> None:
        self.web.send(begin(1, 1, False) + variables({'REQUEST_URI': '/it/hello'}) + record(5))
        self.assertEqual(self.web.reply().body, b'Hello.')
        self.assertTrue(self.web.ended())

    def test_roles_that_it_does_not_have(self) -> None:
        self.web.send(begin(1, 3))
        self.assertEqual(self.web.reply().ends, [(1, 0, 3)])

    def test_more_requests_than_can_be_are_refused(self) -> None:
        for number in range(1, 1030):
            self.web.send(begin(number))
        self.assertEqual(self.web.reply(1029).ends, [(1029, 0, 2)])
        self.web.send(b''.join(record(2, b'', number) for number in range(1, 1025)))
        self.assertEqual(self.web.reply(1024).ends, [(1024, 0, 0)])
        other = self.peer(self.path)
        other.send(whole_call(asks('/hello')))
        self.assertEqual(other.reply().body, b'Hello.')


class Chance(oriel.Resource):
    """Answers in all ways, after any time, with what it was asked."""

    def GET(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        how = request.query['how']
        if how in ('late', 'stream'):
            time.sleep(random.random() * 0.006)
        if how == 'thrown':
            raise oriel.HttpError(404, request.query['x'])
        if how == 'stream':
            return oriel.Response(iter([request.query['x']] * 3))
        return oriel.Response(request.query['x'])

    POST = GET


class Races(Served):
    def test_whatever_is_aborted_each_answer_is_its_own(self) -> None:
        web = self.peer(self.serve({'it': Chance()}, threads=3))
        chance = random.Random(11)
        free = list(range(1, 41))
        asked: Dict[int, str] = {}
        got: Dict[int, bytes] = {}
        whole = sent = 0
        while sent < 3000 or asked:
            while free and sent < 3000:
                number = free.pop()
                asked[number] = f'n{sent}n'
                got[number] = b''
                how = chance.choice(['now', 'now', 'now', 'late', 'stream', 'thrown'])
                web.send(whole_call(asks(f'/?how={how}&x={asked[number]}'), number))
                sent += 1
                if chance.random() < 0.2:
                    web.send(record(2, b'', chance.choice(list(asked))))
            kind, number, data = web.record() or (0, 0, b'')
            self.assertIn(number, asked)
            if kind == 6:
                got[number] += data[8 : 8 + int.from_bytes(data[4:6], 'big')]
            elif kind == 3:
                self.assertEqual(data[12], 0)
                said = asked.pop(number)
                body = got.pop(number).partition(b'\r\n\r\n')[2].decode()
                # An abort may come at any time; what is there is of this request in any case.
                self.assertIn(body, ('', said, said * 2, said * 3))
                whole += body != ''
                free.append(number)
        self.assertGreater(whole, 2000)


class Garbage(Served):
    def test_what_is_no_fastcgi_ends_its_connection_alone(self) -> None:
        it = It()
        path = self.serve({'it': it})
        self.addCleanup(it.go.set)
        other = self.peer(path)
        pieces = [
            b'GET / HTTP/1.1\r\n\r\n', b'\2' + bytes(7), record(1, b'', 1), record(1, bytes(8), 0), begin(1) + begin(1),
            begin(1) + record(4, b'\x05\x05abc') + record(4), begin(1) + record(4, b'\xff\xff\xff\xff\xff\xff\xff\xff') + record(4),
            call(asks('/', 'POST')) + record(64, b'a'), call(asks('/wait')) + stdin(bytes(WINDOW * 3)), record(9, b'\5', 0),
            begin(1) + b''.join(record(4, bytes(65535)) for _ in range(18)),
        ]  # fmt: skip
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            for piece in pieces:
                peer = self.peer(path)
                with contextlib.suppress(OSError):
                    peer.send(piece)
                self.assertTrue(peer.ended(), piece[:40])
            other.send(whole_call(asks('/hello')))
            self.assertEqual(other.reply().body, b'Hello.')
        self.assertIn('no FastCGI', errors.getvalue())

    def test_nobody_needs_to_read_the_standard_error(self) -> None:
        class Nobody(io.StringIO):
            def write(self, _: str) -> int:
                raise BrokenPipeError

        with contextlib.redirect_stderr(Nobody()):
            path = self.serve({'it': It()})
            for piece in (b'GET / HTTP/1.1\r\n\r\n', begin(1) + record(4, b'\x05') + record(4)):
                peer = self.peer(path)
                peer.send(piece)
                self.assertTrue(peer.ended())
            peer = self.peer(path)
            peer.send(whole_call(asks('/hello')))
            self.assertEqual(peer.reply().body, b'Hello.')

    def test_half_a_request_is_no_request(self) -> None:
        it = It()
        path = self.serve({'it': it})
        data = call(asks('/', 'POST', 'Content-Length: 3\r\n')) + stdin(b'ab')
        for size in range(0, len(data), 7):
            peer = self.peer(path)
            peer.send(data[:size])
            peer.socket.close()
        last = self.peer(path)
        last.send(whole_call(asks('/hello')))
        self.assertEqual(last.reply().body, b'Hello.')

    def test_requests_are_understood_however_they_are_cut(self) -> None:
        path = self.serve({'it': It()})
        data = call(asks('/', 'POST')) + record(5, b'abc', 1, 5) + record(5)
        for size in (1, 2, 7, 9, 31):
            peer = self.peer(path)
            for at in range(0, len(data), size):
                peer.send(data[at : at + size])
            self.assertEqual(json.loads(peer.reply().body)[0], 3)

    def test_what_is_no_json_is_refused(self) -> None:
        web = self.peer(self.serve({'it': It()}))
        for text in ('{', '[]', '[' * 100000, '\xff'):
            web.send(whole_call({'ORIEL_PARAMS': text}))
            self.assertEqual(web.reply().head[:2], ['Status: 400 Bad Request', 'Oriel-Answer: thrown'], text[:9])

    def test_what_is_no_request_is_refused(self) -> None:
        web = self.peer(self.serve({'it': It()}))
        lines = ('GET / HTTP/1.1\r\nA', 'GET / HTTP/1.1\r\nA : b', 'GET / HTTP/1.1\r\n b: c', 'GET / HTTP/1.1\r\nA: b\nC: d', 'GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 2')
        for text in (*lines, '', 'GET', 'GET  HTTP/1.1', 'G T / HTTP/1.1', 'GET / HTTP/1.1 x', 'GET /%00 HTTP/1.1', 'GET / FTP/1', 'G\0T / HTTP/1.1'):
            web.send(whole_call({'ORIEL_REQUEST': text + '\r\n'}))
            head = web.reply().head
            self.assertEqual(head[:2], ['Status: 400 Bad Request', 'Oriel-Answer: thrown'], text)


