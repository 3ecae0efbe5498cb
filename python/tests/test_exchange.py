from __future__ import annotations

import io
import sys
import tempfile
import unittest
from contextlib import redirect_stderr
from typing import Any, Callable, Dict, Iterable, Iterator, List
from wsgiref.validate import validator

from oriel.wsgi.files import FileWrapper

from .web_server import begin, record, serve, stdin, variables, whole

Environ = Dict[str, Any]
TEXT = [('Content-Type', 'text/plain')]


class Body:
    """An iterable that tells whether it was closed."""

    def __init__(self, blocks: Iterable[Any], on_close: Callable[[], None] = lambda: None) -> None:
        self.blocks = iter(blocks)
        self.taken = 0
        self.closed = 0
        self.on_close = on_close

    def __iter__(self) -> 'Body':
        return self

    def __next__(self) -> Any:
        block = next(self.blocks)
        self.taken += 1
        if isinstance(block, BaseException):
            raise block
        return block

    def close(self) -> None:
        self.closed += 1
        self.on_close()


def giving(body: Any, headers: Any = TEXT, status: Any = '200 OK') -> Any:
    def application(environ: Environ, start_response: Any) -> Any:
        start_response(status, list(headers))
        return body

    return application


class Answers(unittest.TestCase):
    def test_a_single_block_gets_its_length(self) -> None:
        for body in ([b'hello'], (b'hello',), [b'he', b'llo']):
            reply, kept = serve(giving(body), whole())
            self.assertEqual(reply.head, ['Status: 200 OK', 'Content-Type: text/plain', 'Content-Length: 5'])
            self.assertEqual((reply.body, reply.ends, kept, len(reply.blocks)), (b'hello', [(1, 0, 0)], True, 2))

    def test_the_end_goes_with_the_last_of_what_was_announced(self) -> None:
        def trouble() -> None:
            raise ValueError('too late')

        said = io.StringIO()
        five = [*TEXT, ('Content-Length', '5')]
        for body in (
            Body([b'he', b'llo']),
            Body([b'hello', b'more']),
            Body([b'hello', KeyError('x')]),
            Body([b'hello'], trouble),
        ):
            with redirect_stderr(said):
                reply, kept = serve(giving(body, five), whole())
            self.assertEqual((reply.body, reply.ends, kept, body.closed), (b'hello', [(1, 0, 0)], True, 1))
        self.assertIn('4 bytes are cut', said.getvalue())
        self.assertIn('KeyError', said.getvalue())
        self.assertIn('too late', said.getvalue())

    def test_an_empty_answer(self) -> None:
        for body in ([], [b''], (), iter([]), Body([b'', b''])):
            reply, _ = serve(giving(body), whole())
            self.assertEqual((reply.body, reply.ends), (b'', [(1, 0, 0)]))

    def test_each_block_is_sent_by_itself_and_empty_ones_send_nothing(self) -> None:
        body = Body([b'', b'one', b'', b'two', b'three'])
        reply, _ = serve(giving(body), whole())
        self.assertEqual(reply.body, b'onetwothree')
        self.assertEqual(reply.blocks[1:], [3, 5, 0])
        self.assertEqual(body.closed, 1)

    def test_no_head_is_sent_before_there_is_content(self) -> None:
        def application(environ: Environ, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', TEXT)
            yield b''
            try:
                raise ValueError
            except ValueError:
                start_response('503 Busy', TEXT, sys.exc_info())
            yield b'busy'

        reply, _ = serve(application, whole())
        self.assertEqual((reply.head[0], reply.body), ('Status: 503 Busy', b'busy'))

    def test_start_response_may_be_called_as_late_as_the_first_block(self) -> None:
        def application(environ: Environ, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', TEXT)
            yield b'late'

        self.assertEqual(serve(application, whole()).reply.body, b'late')

    def test_write_sends_at_once_and_before_what_is_returned(self) -> None:
        def application(environ: Environ, start_response: Any) -> List[bytes]:
            write = start_response('200 OK', TEXT)
            write(b'a')
            write(b'')
            write(b'b')
            return [b'c', b'd']

        reply, kept = serve(application, whole())
        self.assertEqual((reply.body, reply.blocks[1:], kept), (b'abcd', [1, 1, 1, 0], True))

    def test_large_blocks_are_cut_into_records(self) -> None:
        for size in (65527, 65528, 65529, 200_000, 1_000_000):
            data = bytes(range(256)) * (size // 256) + b'e' * (size % 256)
            for body in ([data], iter([data])):
                reply, _ = serve(giving(body), whole())
                self.assertEqual(reply.body, data)
                self.assertLessEqual(max(reply.blocks), 65535)
                self.assertEqual(reply.ends, [(1, 0, 0)])

    def test_answers_without_content_have_none(self) -> None:
        for method, status in (('HEAD', '200 OK'), ('GET', '204 No Content'), ('GET', '304 Not Modified')):
            for body in ([b'hello'], iter([b'hel', b'lo'])):
                with self.subTest(method=method, status=status, body=body):
                    reply, kept = serve(giving(body, status=status), whole({'REQUEST_METHOD': method}))
                    self.assertEqual((reply.body, kept, len(reply.head)), (b'', True, 2))
        headers = [('Content-Length', '5')]
        reply, kept = serve(giving([], headers), whole({'REQUEST_METHOD': 'HEAD'}))
        self.assertEqual((reply.head[1], reply.body, kept), ('Content-Length: 5', b'', True))

    def test_a_file_is_sent_from_where_it_stands(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(b'0123456789' * 30_000)
            file.seek(5)

            def application(environ: Environ, start_response: Any) -> Any:
                start_response('200 OK', TEXT)
                return environ['wsgi.file_wrapper'](file, 16)

            reply, _ = serve(application, whole())
            self.assertEqual(reply.body, (b'0123456789' * 30_000)[5:])
            self.assertTrue(file.closed)

    def test_what_is_like_a_file_is_sent_by_its_blocks(self) -> None:
        reply, _ = serve(giving(FileWrapper(io.BytesIO(b'abcde'), 2)), whole())
        self.assertEqual((reply.body, reply.blocks[1:4]), (b'abcde', [2, 1, 0]))


class Lengths(unittest.TestCase):
    def test_more_than_the_length_is_cut_and_told(self) -> None:
        for body in ([b'hello world'], iter([b'hel', b'lo wor', b'ld'])):
            reply, kept = serve(giving(body, [('Content-Length', '5')]), whole())
            self.assertEqual((reply.body, kept, reply.ends), (b'hello', True, [(1, 0, 0)]))
            self.assertEqual(reply.stderr.count('more content than its Content-Length'), 1)

    def test_less_than_the_length_is_no_answer(self) -> None:
        # Known before anything is sent, it is told; else the answer must not look whole.
        cases: List[Any] = [([b'hell'], True), ([], True), (Body([]), True), (iter([b'he', b'l']), False), (Body([b'hell']), False)]
        for body, told in cases:
            reply, kept = serve(giving(body, [('Content-Length', '5')]), whole())
            self.assertEqual((kept, reply.ends), (told, [(1, 0, 0)] if told else []))
            self.assertEqual(reply.head[0], 'Status: 500 Internal Server Error' if told else 'Status: 200 OK')
            self.assertIn('before its Content-Length', reply.stderr)


class Failures(unittest.TestCase):
    def failed(self, application: Any, words: str) -> None:
        reply, kept = serve(application, whole())
        self.assertEqual((reply.head[0], reply.ends, kept), ('Status: 500 Internal Server Error', [(1, 0, 0)], True))
        self.assertIn(words, reply.stderr)

    def test_an_exception_before_anything_was_sent_is_answered(self) -> None:
        def application(environ: Environ, start_response: Any) -> List[bytes]:
            raise KeyError('of the application')

        self.failed(application, "KeyError: 'of the application'")
        self.failed(giving(Body([b'', ValueError('in the first block')])), 'ValueError: in the first block')

    def test_the_traceback_begins_with_the_application(self) -> None:
        def application(environ: Environ, start_response: Any) -> List[bytes]:
            raise KeyError

        stderr = serve(application, whole()).reply.stderr
        self.assertNotIn('exchange.py', stderr.replace('test_exchange.py', ''))
        self.assertIn('in application', stderr)

    def test_an_application_that_ends_itself_ends_its_request_only(self) -> None:
        def application(environ: Environ, start_response: Any) -> List[bytes]:
            sys.exit(7)

        self.failed(application, 'SystemExit: 7')

    def test_what_pep_3333_forbids_is_answered_500(self) -> None:
        def twice(environ: Environ, start_response: Any) -> List[bytes]:
            start_response('200 OK', [])
            start_response('200 OK', [])
            return [b'x']

        self.failed(twice, 'second time without exc_info')
        self.failed(lambda environ, start_response: [b'x'], 'without a call of start_response')
        self.failed(lambda environ, start_response: iter([]), 'without a call of start_response')
        self.failed(lambda environ, start_response: None, 'NoneType')
        self.failed(giving(['text']), 'str')
        self.failed(giving(iter(['text'])), 'gave str for content: expected bytes')
        self.failed(giving('text'), 'gave str for content: expected bytes')
        self.failed(giving([bytearray(b'text')]), 'gave bytearray')
        self.failed(giving([b'x'], [('X', 'a\r\nb')]), 'characters that no header can have')
        self.failed(giving([b'x'], status='200'), "expected a text such as")

    def test_an_exception_within_the_answer_breaks_it_off(self) -> None:
        body = Body([b'first', ValueError('later')])
        reply, kept = serve(giving(body), whole())
        self.assertEqual((reply.body, reply.ends, kept, body.closed), (b'first', [], False, 1))
        self.assertIn('ValueError: later', reply.stderr)
        self.assertIn('broken off', reply.stderr)

    def test_an_error_that_comes_too_late_to_be_told_is_raised_again(self) -> None:
        def application(environ: Environ, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', TEXT)
            yield b'first'
            try:
                raise ValueError('original')
            except ValueError:
                start_response('500 Error', TEXT, sys.exc_info())
            yield b'second'

        reply, kept = serve(application, whole())
        self.assertEqual((reply.body, kept), (b'first', False))
        self.assertIn('ValueError: original', reply.stderr)

    def test_a_close_that_fails_is_told_and_changes_nothing(self) -> None:
        def fail() -> None:
            raise ValueError('in close')

        reply, kept = serve(giving(Body([b'all'], fail)), whole())
        self.assertEqual((reply.body, reply.ends, kept), (b'all', [(1, 0, 0)], True))
        self.assertIn('ValueError: in close', reply.stderr)

    def test_write_of_an_answer_that_has_ended_is_refused(self) -> None:
        kept: List[Any] = []

        def application(environ: Environ, start_response: Any) -> List[bytes]:
            kept.append(start_response('200 OK', TEXT))
            return [b'x']

        serve(application, whole())
        self.assertRaises(AssertionError, kept[0], b'later')


class Clients(unittest.TestCase):
    def test_an_aborted_request_is_closed_at_the_next_block_and_ended(self) -> None:
        body = Body(b'block' for _ in range(1000))
        reply, kept = serve(giving(body), whole(), then=record(2))
        self.assertEqual((reply.ends, kept, body.closed, reply.stderr), ([(1, 0, 0)], True, 1, ''))
        self.assertLess(body.taken, 5)

    def test_a_connection_that_is_gone_closes_too(self) -> None:
        body = Body(b'block' for _ in range(1000))
        _, kept = serve(giving(body), whole(), hang_up=True)
        self.assertEqual((kept, body.closed), (False, 1))
        self.assertLess(body.taken, 5)

    def test_the_application_learns_while_it_reads_that_the_client_went(self) -> None:
        seen: List[str] = []

        def application(environ: Environ, start_response: Any) -> List[bytes]:
            try:
                environ['wsgi.input'].read()
            except OSError as error:
                seen.append(str(error))
                raise
            return []

        data = begin() + variables({'CONTENT_LENGTH': '10'}) + stdin(b'half')
        reply, kept = serve(application, data, then=record(2))
        self.assertEqual((seen, kept, reply.ends), (['the client went away before it had sent all of the content'], True, [(1, 0, 0)]))
        _, kept = serve(application, data, hang_up=True)
        self.assertFalse(kept)

    def test_content_that_is_too_short_is_no_content(self) -> None:
        def application(environ: Environ, start_response: Any) -> List[bytes]:
            start_response('200 OK', TEXT)
            return [environ['wsgi.input'].read()]

        for body in (b'half', b''):
            reply, kept = serve(application, begin() + variables({'CONTENT_LENGTH': '10'}) + stdin(body) + record(5))
            self.assertEqual((reply.head[0], kept), ('Status: 500 Internal Server Error', True))
            self.assertIn('bytes before its end', reply.stderr)


class Contents(unittest.TestCase):
    def read(self, how: Callable[[Any], Any], data: bytes) -> Any:
        found: List[Any] = []

        def application(environ: Environ, start_response: Any) -> List[bytes]:
            found.append(how(environ['wsgi.input']))
            start_response('200 OK', TEXT)
            return []

        reply, kept = serve(application, data)
        self.assertEqual((reply.stderr, kept), ('', True))
        return found[0]

    def test_it_is_read_in_every_way(self) -> None:
        text = b'one\ntwo\n\nfour'
        streamed = begin() + variables({'CONTENT_LENGTH': str(len(text))}) + b''.join(stdin(text[i : i + 3]) for i in range(0, 13, 3))
        for data in (whole(body=text), streamed + record(5)):
            self.assertEqual(self.read(lambda it: it.read(), data), text)
            self.assertEqual(self.read(lambda it: [it.read(5), it.read(0), it.read(100), it.read(1)], data), [text[:5], b'', text[5:], b''])
            self.assertEqual(self.read(lambda it: [it.readline(), it.readline(2), it.readline(), it.readline(-1)], data), [b'one\n', b'tw', b'o\n', b'\n'])
            self.assertEqual(self.read(lambda it: it.readlines(), data), [b'one\n', b'two\n', b'\n', b'four'])
            self.assertEqual(self.read(lambda it: list(it), data), [b'one\n', b'two\n', b'\n', b'four'])

    def test_it_ends_with_its_length_even_where_more_comes(self) -> None:
        data = begin() + variables({'CONTENT_LENGTH': '3'}) + stdin(b'ab') + stdin(b'cdef') + record(5)
        self.assertEqual(self.read(lambda it: (it.read(), it.read()), data), (b'abc', b''))

    def test_the_end_of_the_stream_tells_where_there_is_no_length(self) -> None:
        data = begin() + variables() + stdin(b'ab') + stdin(b'cd') + record(5)
        self.assertEqual(self.read(lambda it: it.read(), data), b'abcd')

    def test_without_content_nothing_is_waited_for(self) -> None:
        self.assertEqual(self.read(lambda it: it.read(), whole()), b'')
        self.assertEqual(self.read(lambda it: it.read(), begin() + variables({'CONTENT_LENGTH': '0'})), b'')

    def test_pieces_are_there_when_they_come(self) -> None:
        data = begin() + variables({'CONTENT_LENGTH': '100'}) + stdin(b'first')
        self.assertEqual(self.read(lambda it: it.read1(50), data), b'first')

    def test_large_content_is_whole(self) -> None:
        data = bytes(range(256)) * 8000
        self.assertEqual(self.read(lambda it: b''.join(list(iter(lambda: bytes(it.read(10_007)), b''))), whole(body=data)), data)
        self.assertEqual(self.read(lambda it: it.read(), whole(body=data)), data)


class Environment(unittest.TestCase):
    def environ(self, more: Dict[str, str], threads: int = 1) -> Environ:
        seen: List[Environ] = []

        def application(environ: Environ, start_response: Any) -> List[bytes]:
            seen.append(environ)
            start_response('200 OK', TEXT)
            return []

        serve(application, whole(more), threads=threads)
        return seen[0]

    def test_what_pep_3333_wants_is_there(self) -> None:
        environ = self.environ({'HTTP_X': 'y'})
        self.assertIs(type(environ), dict)
        expected = {
            'SCRIPT_NAME': '', 'QUERY_STRING': '', 'wsgi.version': (1, 0), 'wsgi.url_scheme': 'http', 'wsgi.multithread': False,
            'wsgi.multiprocess': False, 'wsgi.run_once': False, 'HTTP_X': 'y', 'SERVER_NAME': 'localhost',
        }  # fmt: skip
        self.assertEqual({name: environ[name] for name in expected}, expected)
        self.assertTrue(self.environ({}, 2)['wsgi.multithread'])

    def test_the_scheme_is_that_of_the_client(self) -> None:
        for value, scheme in (('on', 'https'), ('ON', 'https'), ('1', 'https'), ('off', 'http'), ('', 'http')):
            self.assertEqual(self.environ({'HTTPS': value})['wsgi.url_scheme'], scheme)

    def test_a_mount_at_the_root_has_no_name(self) -> None:
        self.assertEqual(self.environ({'SCRIPT_NAME': '/'})['SCRIPT_NAME'], '')

    def test_paths_are_native_strings(self) -> None:
        self.assertEqual(self.environ({'PATH_INFO': '/\xc3\xa4'})['PATH_INFO'].encode('latin-1').decode(), '/\u00e4')

    def test_one_request_changes_nothing_for_the_next(self) -> None:
        seen: List[bool] = []

        def application(environ: Environ, start_response: Any) -> List[bytes]:
            seen.append('mine' in environ)
            environ['mine'] = environ['wsgi.version'] = 1
            start_response('200 OK', TEXT)
            return []

        serve(application, whole() + whole(request=2))
        self.assertEqual(seen, [False, False])


class Errors(unittest.TestCase):
    def test_whole_lines_are_sent_with_the_request(self) -> None:
        def application(environ: Environ, start_response: Any) -> List[bytes]:
            errors = environ['wsgi.errors']
            errors.write('half')
            errors.write(' and half\nthe ')
            errors.writelines(['rest\n', 'flushed'])
            errors.flush()
            print(' \u20ac \udcff', file=errors)
            errors.write('last')
            start_response('200 OK', TEXT)
            return [b'x']

        reply, _ = serve(application, whole())
        # The last one has no line end: it comes when the request has ended.
        self.assertTrue(reply.stderr.startswith('half and half\nthe rest\nflushed \u20ac \\udcff\n'), reply.stderr)

    def test_what_comes_when_the_request_has_ended_is_not_lost(self) -> None:
        kept: List[Any] = []

        def application(environ: Environ, start_response: Any) -> List[bytes]:
            kept.append(environ['wsgi.errors'])
            start_response('200 OK', TEXT)
            return []

        serve(application, whole())
        with redirect_stderr(io.StringIO()) as stderr:
            kept[0].write('later\n')
            kept[0].flush()
        self.assertEqual(stderr.getvalue(), 'later\n')


class Validator(unittest.TestCase):
    def test_wsgiref_finds_nothing_to_say(self) -> None:
        def application(environ: Environ, start_response: Any) -> Any:
            body = environ['wsgi.input']
            data = body.read(3) + body.readline() + b''.join(body.readlines()) + b''.join(body)
            environ['wsgi.errors'].write('a line\n')
            environ['wsgi.errors'].flush()
            if environ['PATH_INFO'] == '/write':
                start_response('200 OK', TEXT)(b'written ')
            else:
                start_response('200 OK', TEXT)
            return [data, b'.'] if environ['PATH_INFO'] == '/list' else Body([data, b'.'])

        for path in ('/list', '/blocks', '/write'):
            for body in (b'', b'one\ntwo\nthree', b'x\n' * 40_000):
                for method in ('GET', 'HEAD'):
                    data = whole({'PATH_INFO': path, 'REQUEST_METHOD': method, 'SERVER_PROTOCOL': 'HTTP/1.1'}, body)
                    reply, kept = serve(validator(application), data)
                    self.assertEqual((reply.stderr, reply.ends, kept), ('a line\n', [(1, 0, 0)], True), (path, method))


if __name__ == '__main__':
    unittest.main()
