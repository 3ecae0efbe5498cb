from __future__ import annotations

import socket
import unittest
from typing import Any, Dict, Iterable, List

from oriel.wsgi.connection import Broken, Connection
from oriel.fastcgi.pairs import MalformedPairs, read_pairs

from .web_server import HEAD, begin, pairs, read_reply, record, serve, size, stdin, variables, whole


def echo(environ: Dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = environ['wsgi.input'].read()
    start_response('200 OK', [('Content-Type', 'text/plain'), ('X-Path', environ['PATH_INFO'])])
    return [body]


class Pairs(unittest.TestCase):
    def test_names_and_values_of_all_sizes_are_read(self) -> None:
        given = {'': '', 'A': '', 'B' * 127: 'b' * 127, 'C' * 128: 'c' * 128, 'D': 'd' * 70000, 'E' * 300: '\xff\x00\n'}
        found: Dict[str, str] = {}
        read_pairs(pairs(given), found)
        self.assertEqual(found, given)

    def test_what_ends_within_a_pair_is_malformed(self) -> None:
        data = pairs({'NAME': 'value', 'N' * 128: 'v' * 200})
        ends = {0, len(pairs({'NAME': 'value'})), len(data)}
        for end in range(len(data)):
            with self.subTest(end=end):
                if end in ends:
                    read_pairs(data[:end], {})
                else:
                    self.assertRaises(MalformedPairs, read_pairs, data[:end], {})

    def test_a_size_beyond_the_end_is_malformed(self) -> None:
        for data in (b'\xff\xff\xff\xff\xff\xff\xff\xffab', size(1) + b'\xff\xff\xff\xffa', b'\x05\x00abcd'):
            self.assertRaises(MalformedPairs, read_pairs, data, {})


class Records(unittest.TestCase):
    def test_a_request_is_understood_in_pieces_of_any_size(self) -> None:
        data = whole({'PATH_INFO': '/a', 'HTTP_LONG': 'x' * 300}, b'content of it')
        for cut in range(1, len(data)):
            ours, theirs = socket.socketpair()
            connection = Connection(theirs, 1)
            ours.sendall(data[:cut])
            connection.receive()
            ours.sendall(data[cut:])
            connection.receive()
            request = connection.next()
            assert request is not None, cut
            environ: Dict[str, Any] = {}
            request.read_params(environ)
            self.assertTrue(request.input_ended, cut)
            self.assertEqual(b''.join(request.pieces), b'content of it', cut)
            self.assertEqual(environ['HTTP_LONG'], 'x' * 300)
            ours.close()
            theirs.close()

    def test_requests_behind_one_another_are_answered_in_turn(self) -> None:
        data = whole({'PATH_INFO': '/1'}, b'one', 1) + whole({'PATH_INFO': '/2'}, b'', 2) + whole({'PATH_INFO': '/3'}, b'three', 3)
        reply, kept = serve(echo, data)
        self.assertTrue(kept)
        self.assertEqual(reply.ends, [(1, 0, 0), (2, 0, 0), (3, 0, 0)])
        self.assertEqual(reply.stdout.count(b'Status: 200 OK'), 3)
        self.assertIn(b'X-Path: /3', reply.stdout)

    def test_variables_of_more_than_one_record_are_put_together(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> List[bytes]:
            start_response('200 OK', [])
            return [b'%d' % len(environ['HTTP_BIG'])]

        self.assertEqual(serve(application, whole({'HTTP_BIG': 'b' * 150000})).reply.body, b'150000')

    def test_content_that_nobody_read_does_not_reach_the_next_request(self) -> None:
        def application(environ: Dict[str, Any], start_response: Any) -> List[bytes]:
            start_response('200 OK', [])
            return [environ['wsgi.input'].read() if environ['PATH_INFO'] == '/2' else b'-']

        data = begin(1) + variables({'CONTENT_LENGTH': '6', 'PATH_INFO': '/1'}) + stdin(b'abc')
        data += stdin(b'def') + record(5) + whole({'PATH_INFO': '/2'}, b'next', 2)
        reply, _ = serve(application, data)
        self.assertEqual(reply.ends, [(1, 0, 0), (2, 0, 0)])
        self.assertTrue(reply.stdout.endswith(b'next'))

    def test_records_of_requests_at_the_same_time_are_told_apart(self) -> None:
        data = begin(1) + begin(2) + variables({'PATH_INFO': '/two'}, 2) + variables({'PATH_INFO': '/one'}, 1)
        data += stdin(b'to t', 2) + stdin(b'to one', 1) + stdin(b'wo', 2) + record(5, b'', 2) + record(5)
        reply, kept = serve(echo, data)
        self.assertEqual((reply.ends, kept), ([(2, 0, 0), (1, 0, 0)], True))
        two, one = reply.stdout.split(b'Status: 200 OK')[1:]
        self.assertTrue(b'/two' in two and two.endswith(b'to two'), two)
        self.assertTrue(b'/one' in one and one.endswith(b'to one'), one)

    def test_a_request_too_many_is_refused_and_does_no_harm(self) -> None:
        data = begin(1) + begin(2) + variables({'PATH_INFO': '/other'}, 2) + variables({'PATH_INFO': '/one'}, 1)
        data += stdin(b'wrong', 2) + record(5, b'', 2) + record(5)
        reply, kept = serve(echo, data, capacity=1)
        self.assertEqual(reply.ends, [(2, 0, 2), (1, 0, 0)])
        self.assertIn('X-Path: /one', reply.head)
        self.assertEqual(reply.body, b'')
        self.assertTrue(kept)

    def test_a_length_that_is_no_number_is_none(self) -> None:
        for length in ('\xb2', '9' * 5000, '-1', '1_0', ' 3'):
            reply, kept = serve(echo, begin() + variables({'CONTENT_LENGTH': length}) + stdin(b'abc') + record(5))
            self.assertEqual((reply.body, kept), (b'abc', True), length[:9])

    def test_a_connection_on_which_no_fastcgi_came_is_lost(self) -> None:
        ours, theirs = socket.socketpair()
        connection = Connection(theirs, 1)
        ours.sendall(begin() + begin())
        self.assertRaises(Broken, connection.receive)
        self.assertTrue(connection.lost)
        ours.close()
        theirs.close()

    def test_other_roles_are_refused(self) -> None:
        for role in (0, 2, 3, 77):
            reply, _ = serve(echo, begin(1, role) + variables() + record(5) + whole(request=2))
            self.assertEqual(reply.ends, [(1, 0, 3), (2, 0, 0)])

    def test_a_request_that_is_aborted_before_its_turn_is_ended_and_never_begun(self) -> None:
        for aborted in (begin(1) + record(2) + variables() + record(5), whole() + record(2)):
            reply, _ = serve(echo, aborted + whole(request=2))
            self.assertEqual(reply.ends, [(1, 0, 0), (2, 0, 0)])
            self.assertEqual(reply.stdout.count(b'Status'), 1)

    def test_the_connection_is_closed_where_that_is_asked_for(self) -> None:
        self.assertFalse(serve(echo, whole(keep=False)).kept)

    def test_values_are_told(self) -> None:
        asked = pairs({'FCGI_MAX_CONNS': '', 'FCGI_MPXS_CONNS': '', 'FCGI_MAX_REQS': '', 'ORIEL_WINDOW': '', 'OTHER': ''})
        capacity = {'FCGI_MAX_CONNS': '7', 'FCGI_MAX_REQS': '7'}
        for threads, more in ((1, {'FCGI_MPXS_CONNS': '1', 'ORIEL_WINDOW': '65536'}), (2, {'FCGI_MPXS_CONNS': '0'})):
            reply, _ = serve(echo, record(9, asked, 0, 4) + whole(), capacity=7, threads=threads)
            told: Dict[str, str] = {}
            [(kind, content)] = reply.others
            read_pairs(content, told)
            self.assertEqual((kind, told), (10, {**capacity, **more}))

    def test_management_records_that_are_not_known_are_named(self) -> None:
        reply, _ = serve(echo, record(99, b'abc', 0) + whole())
        self.assertEqual(reply.others, [(11, b'c\0\0\0\0\0\0\0')])

    def test_what_is_no_fastcgi_is_not_guessed_at(self) -> None:
        cases = {
            'version': HEAD.pack(2, 1, 1, 0, 0),
            'begun twice': begin(1) + begin(1),
            'no request': begin(0),
            'short begin': record(1, b'\0\1'),
            'pair cut': begin() + record(4, b'\x05\x05abc') + record(4),
            'values cut': record(9, b'\x05', 0),
            'endless variables': begin() + b''.join(record(4, b'\0\0' * 32000) for _ in range(20)),
        }
        for name, data in cases.items():
            with self.subTest(name), self.assertRaises(Broken):
                serve(echo, data, hang_up=True)


if __name__ == '__main__':
    unittest.main()
