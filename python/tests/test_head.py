from __future__ import annotations

import unittest
from typing import Any, List, Tuple

from oriel.wsgi.head import read_head


class Heads(unittest.TestCase):
    def test_the_lines_are_made_and_the_length_is_known(self) -> None:
        head = read_head('200 OK', [('Content-Type', 'text/plain'), ('CONTENT-LENGTH', '12'), ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')])
        self.assertEqual(
            head.text, 'Status: 200 OK\r\nContent-Type: text/plain\r\nCONTENT-LENGTH: 12\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n'
        )
        self.assertEqual((head.length, head.empty), (12, False))

    def test_statuses_without_content(self) -> None:
        for status in ('204 No Content', '304 Not Modified'):
            self.assertTrue(read_head(status, []).empty)

    def test_good_values(self) -> None:
        for value in ('', 'a\tb', '\xe4\xf6\xa0\xad', 'a, b; c="d"'):
            self.assertIn(value, read_head('200 OK', [('X-A', value)]).text)

    def test_bad_statuses(self) -> None:
        cases: List[Any] = [
            b'200 OK', 200, None, '', 'OK', '200', '20 OK', '2000 OK', '099 x', '600 x', '100 Continue', '101 Switching', ' 200 OK',
            '200 OK\r\nX: y', '200 OK\n', '200 \x00', '200 \u0100', '\u0662\u0660\u0660 OK',
        ]  # fmt: skip
        for status in cases:
            with self.subTest(status=status), self.assertRaises((TypeError, ValueError)):
                read_head(status, [])

    def test_bad_headers(self) -> None:
        cases: List[Any] = [
            (('X', 'y'),), {'X': 'y'}, None, [('X', b'y')], [(b'X', 'y')], [('X', 1)], [('X', None)], [('X',)],
            [('X', 'a\r\nSet-Cookie: b')], [('X', 'a\nb')], [('X', 'a\rb')], [('X', 'a\0b')], [('X', '\x7f')], [('X', '\u20ac')],
            [('', 'a')], [('X Y', 'a')], [('X:', 'a')], [('X\r\nY', 'a')], [('\xe4', 'a')], [('X\n', 'a')],
            [('Content-Length', '-1')], [('Content-Length', '1 ')], [('Content-Length', '')], [('Content-Length', '\u0661')],
            [('Content-Length', '1'), ('content-length', '2')],
        ]  # fmt: skip
        for headers in cases:
            with self.subTest(headers=headers), self.assertRaises((TypeError, ValueError)):
                read_head('200 OK', headers)

    def test_fields_of_the_connection_are_for_the_server(self) -> None:
        for name in ('Connection', 'transfer-encoding', 'KEEP-ALIVE', 'TE', 'Trailers', 'Upgrade', 'Proxy-Authenticate', 'Status'):
            headers: List[Tuple[str, str]] = [(name, 'x')]
            with self.subTest(name), self.assertRaisesRegex(ValueError, 'for the server'):
                read_head('200 OK', headers)


if __name__ == '__main__':
    unittest.main()
