from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from typing import Iterator, List, Optional, Tuple

from oriel.wsgi.ready import Epoll
from oriel.wsgi.server import Server

from .web_server import Reply, read_reply, record, whole

HOST = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'oriel', 'wsgi')

APPLICATION = '''
import os, sys, threading, time

def answer(start_response, text):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text.encode()]

def application(environ, start_response):
    path = environ['PATH_INFO']
    if path == '/thread':
        return answer(start_response, threading.current_thread().name)
    if path == '/path':
        import oriel
        return answer(start_response, '|'.join([sys.path[0], sys.path[-1], os.getcwd(), getattr(oriel, 'whose', 'ours')]))
    if path == '/wait':
        with open(environ['QUERY_STRING']) as fifo:
            return answer(start_response, fifo.read())
    print('said', path)
    return answer(start_response, path)
'''


def answer_of(connected: socket.socket) -> Reply:
    """What comes until a request has ended, or the connection."""
    data = b''
    while not (data[-16:-14] == b'\x01\x03' and data[-12:-8] == b'\0\x08\0\0'):
        part = connected.recv(65536)
        if not part:
            break
        data += part
    return read_reply(data)


class Host:
    def __init__(self, folder: str, *arguments: str, application: str = 'site_app', cwd: Optional[str] = None) -> None:
        self.path = os.path.join(folder, 'socket')
        self.process = subprocess.Popen(
            [sys.executable, HOST, application, '--socket', self.path, *arguments],
            cwd=cwd or folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def connect(self) -> socket.socket:
        while True:
            connected = socket.socket(socket.AF_UNIX)
            connected.settimeout(20)
            try:
                connected.connect(self.path)
                return connected
            except (FileNotFoundError, ConnectionRefusedError):
                connected.close()
                if self.process.poll() is not None:
                    raise AssertionError(f'it ended: {self.process.communicate()}') from None
                select.select([], [], [], 0.01)

    def ask(self, path: str, query: str = '') -> Reply:
        with self.connect() as connected:
            connected.sendall(whole({'PATH_INFO': path, 'QUERY_STRING': query}))
            return answer_of(connected)

    def end(self, signals: int = 1) -> Tuple[int, str, str]:
        for _ in range(signals):
            self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


class Processes(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = os.path.realpath(temporary.name)
        self.write('site_app.py', APPLICATION)

    def write(self, name: str, text: str) -> None:
        with open(os.path.join(self.folder, name), 'w') as file:
            file.write(text)

    @contextlib.contextmanager
    def host(self, *arguments: str, application: str = 'site_app') -> Iterator[Host]:
        host = Host(self.folder, *arguments, application=application)
        try:
            yield host
        finally:
            if host.process.poll() is None:
                host.process.kill()
            host.process.communicate(timeout=20)

    def fifo(self, name: str) -> str:
        path = os.path.join(self.folder, name)
        os.mkfifo(path)
        return path

    def test_it_serves_and_ends_in_peace_and_leaves_no_socket(self) -> None:
        for threads in ('1', '3'):
            with self.subTest(threads=threads), self.host('--threads', threads) as host:
                self.assertEqual(host.ask('/x').body, b'/x')
                self.assertEqual(host.end(), (0, 'said /x\n', ''))
                self.assertFalse(os.path.exists(host.path))

    def test_one_thread_is_the_main_one(self) -> None:
        with self.host() as host:
            self.assertEqual(host.ask('/thread').body, b'MainThread')
        with self.host('--threads', '2') as host:
            self.assertRegex(host.ask('/thread').body.decode(), '^wsgi-[12]$')

    def test_connections_that_rest_hold_no_thread(self) -> None:
        for threads in ('1', '2'):
            with self.subTest(threads=threads), self.host('--threads', threads) as host, contextlib.ExitStack() as stack:
                many = [stack.enter_context(host.connect()) for _ in range(20)]
                for connected in many * 3:
                    connected.sendall(whole({'PATH_INFO': '/y'}))
                    self.assertEqual(answer_of(connected).body, b'/y')

    def test_half_a_request_holds_no_thread(self) -> None:
        with self.host() as host, host.connect() as half:
            data = whole({'PATH_INFO': '/half'})
            half.sendall(data[:30])
            self.assertEqual(host.ask('/z').body, b'/z')
            half.sendall(data[30:])
            self.assertEqual(answer_of(half).body, b'/half')

    def test_threads_answer_at_the_same_time(self) -> None:
        first, second = self.fifo('first'), self.fifo('second')
        with self.host('--threads', '2') as host, host.connect() as one, host.connect() as other:
            one.sendall(whole({'PATH_INFO': '/wait', 'QUERY_STRING': first}))
            other.sendall(whole({'PATH_INFO': '/wait', 'QUERY_STRING': second}))
            # The later one first: opening its end waits until the application reads it.
            for path, connected in ((second, other), (first, one)):
                with open(path, 'w') as fifo:
                    fifo.write(path)
                self.assertEqual(answer_of(connected).body, path.encode())

    def test_a_request_that_runs_is_finished_and_no_further_one_is_taken(self) -> None:
        for threads in ('1', '2'):
            path = self.fifo(f'stop{threads}')
            with self.subTest(threads=threads), self.host('--threads', threads) as host:
                with host.connect() as resting, host.connect() as running:
                    running.sendall(whole({'PATH_INFO': '/wait', 'QUERY_STRING': path}))
                    with open(path, 'w') as fifo:
                        host.process.send_signal(signal.SIGTERM)
                        if threads == '2':
                            # The other thread tells that it has gone by closing what rests.
                            self.assertEqual(resting.recv(1), b'')
                            with socket.socket(socket.AF_UNIX) as late, self.assertRaises(ConnectionRefusedError):
                                late.connect(host.path)
                        self.assertIsNone(host.process.poll())
                        fifo.write('finished')
                    self.assertEqual(answer_of(running).body, b'finished')
                    self.assertEqual(host.process.wait(20), 0)

    def test_a_second_signal_ends_it_at_once_and_so_does_the_time(self) -> None:
        path = self.fifo('never')
        with self.host('--threads', '2') as host, host.connect() as running, host.connect() as resting:
            running.sendall(whole({'PATH_INFO': '/wait', 'QUERY_STRING': path}))
            with open(path, 'w'):
                host.process.send_signal(signal.SIGTERM)
                self.assertEqual(resting.recv(1), b'')
                host.process.send_signal(signal.SIGTERM)
                self.assertEqual(host.process.wait(20), 1)
        with self.host('--threads', '2', '--grace', '0.2') as host, host.connect() as running:
            running.sendall(whole({'PATH_INFO': '/wait', 'QUERY_STRING': path}))
            with open(path, 'w'):
                host.process.send_signal(signal.SIGTERM)
                out, err = host.process.communicate(timeout=20)
                self.assertEqual((host.process.returncode, 'time to stop was up' in err), (1, True))

    def test_an_application_that_cannot_be_imported_shows_why_and_no_socket(self) -> None:
        self.write('site_broken.py', 'import site_app\nraise ValueError("a broken setting")\n')
        for application, words in (
            ('site_broken:application', ['line 2', 'ValueError: a broken setting', 'site_broken could not be imported']),
            ('site_missing', ["there is no module 'site_missing'"]),
            ('site_app:nothing', ["site_app has no 'nothing'", 'application']),
        ):
            with self.subTest(application), self.host(application=application) as host:
                _, err = host.process.communicate(timeout=20)
                self.assertEqual(host.process.returncode, 3)
                for word in words:
                    self.assertIn(word, err)
                self.assertFalse(os.path.exists(host.path))

    def test_a_socket_of_one_that_died_is_taken_over_and_one_in_use_is_not(self) -> None:
        with self.host() as first:
            first.connect().close()
            first.process.kill()
            first.process.wait(20)
            with self.host() as second:
                self.assertEqual(second.ask('/a').body, b'/a')
                with self.host() as third:
                    _, err = third.process.communicate(timeout=20)
                    self.assertEqual((third.process.returncode, 'Address already in use' in err), (4, True))
                self.assertEqual(second.ask('/b').body, b'/b')

    def test_the_path_is_the_applications_own_and_so_is_a_module_oriel(self) -> None:
        packages = os.path.dirname(os.path.dirname(HOST))
        with self.host() as host:
            self.assertEqual(host.ask('/path').body.decode().split('|'), [self.folder, packages, self.folder, 'ours'])
        self.write('oriel.py', 'whose = "theirs"')
        self.write('select.py', 'raise ValueError("not this one")')
        with self.host() as host:
            self.assertEqual(host.ask('/path').body.decode().split('|')[3], 'theirs')

    def test_bad_arguments_are_told(self) -> None:
        cases: List[List[str]] = [['--threads', '0'], ['--threads', 'x'], ['--threads', '9999']]
        for arguments in cases:
            with self.subTest(arguments), self.host(*arguments) as host:
                _, err = host.process.communicate(timeout=20)
                self.assertEqual((host.process.returncode, 'is no number from 1 to 1024' in err), (2, True))

    def test_what_is_no_fastcgi_closes_its_connection_only(self) -> None:
        with self.host() as host:
            with host.connect() as other:
                other.sendall(b'GET / HTTP/1.1\r\n\r\n')
                with contextlib.suppress(ConnectionResetError):
                    self.assertEqual(other.recv(10), b'')
            self.assertEqual(host.ask('/still').body, b'/still')
            self.assertIn('is no FastCGI', host.end()[2])

    def test_nobody_needs_to_read_the_standard_error(self) -> None:
        for threads in ('1', '2'):
            with self.subTest(threads=threads), self.host('--threads', threads) as host:
                self.assertEqual(host.ask('/x').body, b'/x')
                assert host.process.stderr is not None
                host.process.stderr.close()
                for _ in range(3):
                    with host.connect() as connected:
                        connected.sendall(b'GARBAGE GARBAGE')
                        with contextlib.suppress(ConnectionResetError):
                            self.assertEqual(connected.recv(100), b'')
                self.assertEqual(host.ask('/y').body, b'/y')

    def test_values_are_told_by_a_process(self) -> None:
        with self.host('--threads', '5') as host, host.connect() as asking:
            asking.sendall(record(9, b'\x0e\x00FCGI_MAX_CONNS', 0))
            self.assertIn(b'FCGI_MAX_CONNS20', asking.recv(1000))


class Leaving(unittest.TestCase):
    def test_what_a_thread_that_leaves_has_closed_harms_no_other(self) -> None:
        for step, steps in (
            ('add', ['wait', 'add']),
            ('arm', ['wait', 'add', 'arm']),
            ('wait', ['wait', 'add', 'arm', 'wait', 'arm']),
        ):
            with self.subTest(step), tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
                path = os.path.join(folder, 'socket')
                listener.bind(path)
                listener.listen()
                server = Server(lambda environ, start_response: [], listener, {}, 2, 1)
                server._ready = leaving = _Leaving(server, listener.fileno(), step)
                with socket.socket(socket.AF_UNIX) as connected:
                    connected.connect(path)
                    server._serve()
                self.assertEqual((leaving.steps, listener.fileno()), (steps, -1))


class _Leaving(Epoll):
    """Another thread leaves within a step of the one under test: while it takes a connection, or is told of one."""

    def __init__(self, server: Server, listening: int, step: str) -> None:
        super().__init__(2)
        super().add(listening)
        self._server = server
        self._number = listening
        self._at = step
        self.steps: List[str] = []

    def _step(self, name: str, last: bool = True) -> None:
        self.steps.append(name)
        if name == self._at and last:
            self._server._stopping = True
            self._server._leave()

    def add(self, number: int) -> None:
        self._number = number
        self._step('add')
        super().add(number)

    def arm(self, number: int) -> None:
        self._step('arm')
        super().arm(number)

    def wait(self, seconds: float) -> List[Tuple[int, int]]:
        number = self._number
        self._step('wait', 'add' in self.steps)
        return [(number, 1)]


if __name__ == '__main__':
    unittest.main()
