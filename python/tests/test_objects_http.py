from __future__ import annotations

import io
import os
import random
import unittest
from typing import Any, List, Tuple

import oriel
from oriel.objects.content import Content
from oriel.objects.names import check_object_name, check_server_name
from oriel.objects.path import canonical_path, split_target
from oriel.objects.resource import allowed, methods_of


class Fields(unittest.TestCase):
    def test_they_keep_case_order_and_repetition(self) -> None:
        fields = oriel.Headers([('X-B', '1'), ('x-a', '2'), ('x-b', '3')])
        self.assertEqual(fields.raw(), [('X-B', '1'), ('x-a', '2'), ('x-b', '3')])
        self.assertEqual(fields.get('X-b'), '1, 3')
        self.assertEqual(fields.getall('x-B'), ['1', '3'])
        self.assertEqual(fields.items(), [('x-b', '1, 3'), ('x-a', '2')])
        self.assertEqual(dict(fields), {'x-b': '1, 3', 'x-a': '2'})

    def test_they_change(self) -> None:
        fields = oriel.Headers({'A': ['1', '2'], 'B': '3'})
        fields['a'] = ' 4 '
        fields.append('B', '5')
        del fields['c']
        self.assertEqual(fields.raw(), [('B', '3'), ('a', '4'), ('B', '5')])
        self.assertIn('b', fields)
        self.assertNotIn('c', fields)
        self.assertRaises(KeyError, lambda: fields['c'])

    def test_cookies_are_joined_as_such_and_set_cookie_never(self) -> None:
        self.assertEqual(oriel.Headers({'cookie': ['a=1', 'b=2']}).get('Cookie'), 'a=1; b=2')
        self.assertEqual(oriel.Headers({'Set-Cookie': ['a', 'b']}).items(), [('set-cookie', 'a'), ('set-cookie', 'b')])

    def test_nothing_that_could_split_a_message_is_accepted(self) -> None:
        for value in ('a\r\nb: c', 'a\nb', 'a\rb', 'a\0', '\x7f', '\u0141'):
            with self.assertRaises(ValueError):
                oriel.Headers({'A': value})
        for name in ('', 'a b', 'a:', 'a\r\n', 'é'):
            with self.assertRaises(ValueError):
                oriel.Headers({name: 'a'})
        with self.assertRaises(TypeError):
            oriel.Headers({'A': [1]})  # type: ignore[arg-type]


class Paths(unittest.TestCase):
    def test_they_have_one_spelling(self) -> None:
        for path, canonical in (
            ('/', '/'), ('/a/b', '/a/b'), ('/a//b', '/a/b'), ('/a/./b/..', '/a/'), ('/../..', '/'), ('/%61%21', '/a!'),
            ('/a%2fb', '/a%2Fb'), ('/a b', '/a%20b'), ('/é', '/%C3%A9'), ('/%c3%a9', '/%C3%A9'), ('/%2e%2e/a', '/a'),
            ('/.a', '/.a'), ('/a/', '/a/'), ('/{', '/%7B'),
        ):  # fmt: skip
            self.assertEqual(canonical_path(path), canonical, path)
        for path in ('', 'a', '/%', '/%zz', '/%0', '/%00', '/\0', '/\\', '/%5c'):
            self.assertIsNone(canonical_path(path), path)

    def test_a_canonical_path_stays_as_it_is(self) -> None:
        chance = random.Random(7)
        for _ in range(3000):
            text = '/' + ''.join(chance.choice('/.%2eEfF5c0aé \\~!?') for _ in range(chance.randrange(12)))
            once = canonical_path(text)
            if once is not None:
                self.assertEqual(canonical_path(once), once, text)
                self.assertNotRegex(once, r'//|/\.\.?(/|$)|[\\\0 ]')

    def test_targets_have_four_forms(self) -> None:
        self.assertEqual(split_target('/a/../b?c=/..'), ('/b', '?c=/..'))
        self.assertEqual(split_target('http://h:1/a?b'), ('/a', '?b'))
        self.assertEqual(split_target('http://h?b'), ('/', '?b'))
        self.assertEqual(split_target('*'), ('*', ''))
        self.assertEqual(split_target('h:443'), ('', ''))


class Requests(unittest.TestCase):
    def test_a_query_has_several_values_of_a_name(self) -> None:
        query = oriel.Request('/?a=1&b=%C3%A9+x&a=2&c').query
        self.assertEqual(query['a'], '1')
        self.assertEqual(query.getall('a'), ['1', '2'])
        self.assertEqual(query.pairs(), [('a', '1'), ('b', 'é x'), ('a', '2'), ('c', '')])
        self.assertEqual(dict(query), {'a': '1', 'b': 'é x', 'c': ''})
        self.assertEqual(query.get('d', 'none'), 'none')
        self.assertEqual(repr(query), "Query([('a', '1'), ('b', 'é x'), ('a', '2'), ('c', '')])")

    def test_cookies(self) -> None:
        request = oriel.Request('/', headers={'Cookie': 'a=1; b="x%20y"; a=2; c'})
        self.assertEqual(request.cookies, {'a': '1', 'b': 'x y'})

    def test_one_that_is_made_says_of_its_content_what_it_is(self) -> None:
        request = oriel.Request('https://h:8/a?b', body='é')
        self.assertEqual((request.url, request.path, request.search), ('https://h:8/a?b', '/a', '?b'))
        self.assertEqual(request.headers.get('content-length'), '2')
        self.assertEqual(request.text(), 'é')
        self.assertTrue(request.body_used)
        with self.assertRaises(RuntimeError):
            request.bytes()
        for target in ('', 'a', '/a b', '/a\r\n', '/%'):
            with self.assertRaises(ValueError):
                oriel.Request(target)

    def test_json(self) -> None:
        self.assertEqual(oriel.Request('/', body='{"a": 1}').json(), {'a': 1})
        for body in ('{', '', '[' * 100000):
            with self.assertRaises(oriel.HttpError) as caught:
                oriel.Request('/', body=body).json()
            self.assertEqual(caught.exception.status, 400)

    def test_a_content_of_the_wrong_length_never_looks_whole(self) -> None:
        for size in (1, 3):
            pieces = [b'ab', b'']
            with self.assertRaises(oriel.Gone):
                list(Content(lambda: pieces.pop(0), size))


class Forms(unittest.TestCase):
    def form(self, body: bytes, kind: str = 'multipart/form-data; boundary="x y"') -> oriel.Form:
        return oriel.Request('/', headers={'Content-Type': kind}, body=body).form()

    def test_urlencoded(self) -> None:
        form = self.form(b'a=1&b=%C3%A9&a=+', 'Application/X-www-form-urlencoded; charset=utf-8')
        self.assertEqual(form.pairs(), [('a', '1'), ('b', 'é'), ('a', ' ')])

    def test_what_stands_round_the_parts_is_no_part(self) -> None:
        part = b'Content-Disposition: form-data; name="a"\r\n\r\nx--x y\r\n'
        form = self.form(b'before --x y\r\n--x y\r\n' + part + b'--x y--behind\r\n--x y\r\n' + part + b'--x y--')
        self.assertEqual(form.pairs(), [('a', 'x--x y')])

    def test_files(self) -> None:
        form = self.form(
            b'--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xc3\xa9\r\n--x y \r\n'
            b'content-disposition: form-data; name="f"; filename="a%22b.txt"\r\nContent-Type: text/x\r\n\r\n\0\r\n\r\n--x y--\r\n'
        )
        self.assertEqual(form.pairs(), [('a', 'é')])
        self.assertEqual(form.files, [oriel.File('f', 'a"b.txt', 'text/x', b'\0\r\n')])
        self.assertEqual(form.file('f'), form.files[0])
        self.assertIsNone(form.file('a'))

    def test_what_is_no_form(self) -> None:
        part = b'--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
        for body, kind, status in (
            (b'{}', 'application/json', 415),
            (b'', 'multipart/form-data', 400),
            (b'', 'multipart/form-data; boundary=x', 400),
            (part, 'multipart/form-data; boundary="x y"', 400),
            (b'--x y\r\n\r\n\r\n--x y--', 'multipart/form-data; boundary="x y"', 400),
            (b'--x y\r\nA: ' + b'b' * 9000 + b'\r\n\r\n\r\n--x y--', 'multipart/form-data; boundary="x y"', 400),
            (part * 1001 + b'--x y--', 'multipart/form-data; boundary="x y"', 413),
        ):
            with self.assertRaises(oriel.HttpError) as caught:
                self.form(body, kind)
            self.assertEqual(caught.exception.status, status, body[:80])

    def test_any_bytes_are_a_form_or_an_error_of_the_client(self) -> None:
        chance = random.Random(3)
        pieces = [b'--x y', b'\r\n', b'--', b'Content-Disposition: form-data; name="a"', b'\r\n\r\n', b'; filename="b"', os.urandom(3)]
        for _ in range(2000):
            body = b''.join(chance.choice(pieces) for _ in range(chance.randrange(14)))
            try:
                self.form(body)
            except oriel.HttpError as error:
                self.assertIn(error.status, (400, 413))


class Responses(unittest.TestCase):
    def test_json_is_made_and_read(self) -> None:
        response = oriel.Response.json({'é': 1}, 201)
        self.assertEqual((response.status, response.headers.get('content-type')), (201, 'application/json'))
        self.assertEqual(response.json(), {'é': 1})
        with self.assertRaises(ValueError):
            oriel.Response.json(float('nan'))

    def test_redirects(self) -> None:
        self.assertEqual(oriel.Response.redirect('/é x%20', 303).headers.get('location'), '/%C3%A9%20x%20')
        with self.assertRaises(ValueError):
            oriel.Response.redirect('/', 200)

    def test_what_no_answer_can_be(self) -> None:
        for status in (100, 600, 0, '200'):
            with self.assertRaises(ValueError):
                oriel.Response(None, status)  # type: ignore[arg-type]
        with self.assertRaises(ValueError):
            oriel.Response(None, 200, reason='a\r\nb')
        with self.assertRaises(ValueError):
            oriel.HttpError(200)
        with self.assertRaises(TypeError):
            list(oriel.Response(7))  # type: ignore[arg-type]
        for to in ('a', '/a b', '/a\r\nb', '/é'):
            with self.assertRaises(ValueError):
                oriel.Reroute(to)

    def test_content_of_all_kinds(self) -> None:
        kinds: List[Tuple[Any, bytes]] = [
            ('é', b'\xc3\xa9'), (b'a', b'a'), (bytearray(b'a'), b'a'), (None, b''), (['a', b'b'], b'ab'), (io.BytesIO(b'ab\nc'), b'ab\nc'),
        ]  # fmt: skip
        for body, expected in kinds:
            self.assertEqual(oriel.Response(body).bytes(), expected)


class Base(oriel.Resource):
    def GET(self, request: oriel.Request, connection: oriel.Connection) -> oriel.Response:
        return oriel.Response('')

    PUT = GET

    def info(self) -> None: ...

    def Get(self) -> None: ...

    CONSTANT = 7


class Below(Base):
    PUT = None  # type: ignore[assignment]

    def PROPFIND(self) -> None: ...


class Methods(unittest.TestCase):
    def test_only_methods_in_capitals_can_be_called(self) -> None:
        self.assertEqual(sorted(methods_of(Base())), ['GET', 'PUT'])
        self.assertEqual(sorted(methods_of(Below())), ['GET', 'PROPFIND'])
        self.assertEqual(allowed(methods_of(Below())), ['GET', 'HEAD', 'OPTIONS', 'PROPFIND'])
        self.assertEqual(methods_of(oriel.Resource()), {})

    def test_names(self) -> None:
        for name in ('echo', 'a-b_c.d~', '1', 'a' * 100, 'root'):
            self.assertEqual(check_object_name(name), name)
        self.assertEqual(check_server_name('info'), 'info')
        for bad in ('', '.a', 'a..b', '..', 'a/b', 'a@b', 'a\0', 'a' * 101, 'é', 'a\n', 'info', None):
            with self.assertRaises(ValueError):
                check_object_name(bad)
        with self.assertRaisesRegex(ValueError, 'root'):
            check_server_name('root')


class Module(unittest.TestCase):
    def test_every_name_is_there(self) -> None:
        for name in oriel._PLACES:
            self.assertTrue(callable(getattr(oriel, name)) or name == 'Declined', name)
        self.assertRaises(AttributeError, lambda: getattr(oriel, 'nothing'))
