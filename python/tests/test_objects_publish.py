from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import unittest
from typing import Callable, Dict, Iterator, List, Optional

import oriel

from .object_server import Peer, asks, whole_call
from .web_server import whole

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PROGRAM = '''
import sys, time, oriel

class Echo(oriel.Resource):
    def GET(self, request, connection):
        if 'fifo' in request.query:
            with open(request.query['fifo']) as fifo:
                return oriel.Response(fifo.read())
        return oriel.Response(request.query.get('x', 'none'))
    POST = GET

if __name__ == '__main__':
    oriel.publish('paul', {'it': Echo()}, %s)
    print('ended')
'''


class Program:
    """An object server that a person, or a program, has started."""

    def __init__(self, folder: str, arguments: str = '', environment: Optional[Dict[str, str]] = None, stdin: int = subprocess.DEVNULL) -> None:
        self.runtime = os.path.join(folder, 'run')
        os.makedirs(self.runtime, exist_ok=True)
        path = os.path.join(folder, 'program.py')
        with open(path, 'w') as file:
            file.write(PROGRAM % arguments)
        self.process: 'subprocess.Popen[str]' = subprocess.Popen(
            [sys.executable, '-B', path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={'PYTHONPATH': ROOT, 'PATH': os.environ['PATH'], 'XDG_RUNTIME_DIR': self.runtime, **(environment or {})},
            stdin=stdin,
        )  # fmt: skip

    def handle(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().rstrip('\n')
        assert line, self.process.communicate()
        return line

    def end(self, *signals: int) -> 'tuple[int, str, str]':
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


class Places(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = os.path.realpath(temporary.name)

    @contextlib.contextmanager
    def program(
        self, arguments: str = '', environment: Optional[Dict[str, str]] = None, stdin: int = subprocess.DEVNULL
    ) -> Iterator[Program]:
        program = Program(self.folder, arguments, environment, stdin)
        try:
            yield program
        finally:
            if program.process.poll() is None:
                program.process.kill()
            program.process.communicate(timeout=30)

    def says(self, handle: str, text: str = 'a') -> None:
        with oriel.bind(handle, 'it', timeout=20) as bound:
            answer = bound.GET(f'/?x={text}')
            assert isinstance(answer, oriel.Response)
            self.assertEqual(answer.text(), text)

    def wait_for(self, path: str, program: Program) -> None:
        while True:
            with socket.socket(socket.AF_UNIX) as peer:
                if peer.connect_ex(path) == 0:
                    return
            self.assertIsNone(program.process.poll())
            select.select([], [], [], 0.01)

    def test_by_hand_it_prints_what_bind_takes(self) -> None:
        with self.program() as program:
            handle = program.handle()
            path = os.path.join(program.runtime, 'oriel', 'paul.sock')
            self.assertEqual(handle, f'fastcgi:unix:{path}')
            self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700)
            self.says(handle)
            self.assertEqual(program.end(), (0, 'ended\n', ''))
            self.assertFalse(os.path.exists(path))

    def test_without_a_folder_for_sockets_of_users_it_makes_one(self) -> None:
        with self.program('', {'XDG_RUNTIME_DIR': '', 'TMPDIR': self.folder}) as program:
            handle = program.handle()
            self.assertEqual(handle, f'fastcgi:unix:{self.folder}/oriel-{os.getuid()}/paul.sock')
            self.says(handle)
            program.end(signal.SIGINT)

    def test_a_folder_that_is_not_of_this_user_is_refused(self) -> None:
        path = os.path.join(self.folder, f'oriel-{os.getuid()}')
        for by_name in (True, False):
            if by_name:
                os.symlink(self.folder, path)
            else:
                os.unlink(path)
                os.mkdir(path)
                os.chmod(path, 0o770)
            with self.program('', {'XDG_RUNTIME_DIR': '', 'TMPDIR': self.folder}) as program:
                _, err = program.process.communicate(timeout=30)
                self.assertEqual(program.process.returncode, 1)
                self.assertIn("is not this user's alone", err)

    def test_a_socket_that_is_served_is_left_alone_and_a_stale_one_replaced(self) -> None:
        with self.program() as first:
            handle = first.handle()
            with self.program() as second:
                _, err = second.process.communicate(timeout=30)
                self.assertEqual(second.process.returncode, 1)
                self.assertIn('another process serves there', err)
            self.says(handle)
            first.end(signal.SIGKILL)
        with self.program() as third:
            self.says(third.handle())

    def test_addresses(self) -> None:
        path = os.path.join(self.folder, 'its.sock')
        with self.program("listen='127.0.0.1:0'") as program:
            handle = program.handle()
            self.assertTrue(handle.startswith('fastcgi:127.0.0.1:'), handle)
            self.says(handle)
            self.assertEqual(program.end()[0], 0)
        # Who says where it is need not be told.
        with self.program(f'listen={"unix:" + path!r}') as program:
            self.wait_for(path, program)
            self.says(f'fastcgi:unix:{path}')
            self.assertEqual(program.end(), (0, 'ended\n', ''))

    def test_web_servers_elsewhere_are_not_let_in(self) -> None:
        with self.program("listen='127.0.0.1:0'", {'FCGI_WEB_SERVER_ADDRS': '192.0.2.1, 192.0.2.2'}) as program:
            host, port = program.handle()[len('fastcgi:') :].split(':')
            with socket.create_connection((host, int(port)), 20) as connected:
                self.assertEqual(connected.recv(1), b'')

    def test_oriel_says_the_place(self) -> None:
        path = os.path.join(self.folder, 'private.sock')
        with self.program('', {'ORIEL_PUBLISH': '1', 'SOCKET': path}) as program:
            self.wait_for(path, program)
            self.says(f'fastcgi:unix:{path}')
            self.assertEqual(program.end(), (0, 'ended\n', ''))

    def test_a_socket_on_descriptor_0(self) -> None:
        for family in (socket.AF_UNIX, socket.AF_INET):
            with socket.socket(family, socket.SOCK_STREAM) as listener:
                listener.bind(os.path.join(self.folder, 'zero.sock') if family == socket.AF_UNIX else ('127.0.0.1', 0))
                listener.listen()
                with self.program(stdin=listener.fileno()) as program:
                    name = listener.getsockname()
                    self.says('fastcgi:' + (f'unix:{name}' if isinstance(name, str) else f'{name[0]}:{name[1]}'))
                    self.assertEqual(program.end(), (0, 'ended\n', ''))

    def test_what_cannot_be_published(self) -> None:
        refused: List[Callable[[], None]] = [
            lambda: oriel.publish('root', {}), lambda: oriel.publish('a', {'info': object()}), lambda: oriel.publish('a/b', {}),
            lambda: oriel.publish('a', {}, threads=0), lambda: oriel.publish('a', {}, listen='nowhere'),
        ]  # fmt: skip
        for publish in refused:
            with self.assertRaises(ValueError):
                publish()
        with self.assertRaisesRegex(TypeError, 'has no method such as GET'):
            oriel.publish('a', {'b': object()})

    def test_it_ends_when_what_runs_has_ended(self) -> None:
        fifo = os.path.join(self.folder, 'fifo')
        os.mkfifo(fifo)
        with self.program() as program:
            path = program.handle()[len('fastcgi:unix:') :]
            peer = Peer(path)
            with peer.socket:
                peer.send(whole_call(asks(f'/?fifo={fifo}')))
                # It has begun when it reads.
                with open(fifo, 'w') as writer:
                    program.process.send_signal(signal.SIGTERM)
                    # Nobody else is taken any more.
                    while True:
                        other = socket.socket(socket.AF_UNIX)
                        with other:
                            other.settimeout(20)
                            if other.connect_ex(path) != 0:
                                break
                            with contextlib.suppress(OSError):
                                other.recv(1)
                    peer.send(whole_call(asks('/'), 2))
                    self.assertEqual(peer.reply(2).ends, [(2, 0, 2)])
                    writer.write('last')
                self.assertEqual(peer.reply(1).body, b'last')
                self.assertTrue(peer.ended())
            out, err = program.process.communicate(timeout=30)
            self.assertEqual((program.process.returncode, out, err), (0, 'ended\n', ''))

    def test_a_second_signal_ends_it_at_once(self) -> None:
        fifo = os.path.join(self.folder, 'fifo')
        os.mkfifo(fifo)
        with self.program() as program:
            peer = Peer(program.handle()[len('fastcgi:unix:') :])
            with peer.socket:
                peer.send(whole_call(asks(f'/?fifo={fifo}')))
                with open(fifo, 'w'):
                    program.process.send_signal(signal.SIGTERM)
                    peer.send(whole(request=2))
                    peer.reply(2)
                    self.assertEqual(program.end()[0], 1)


class TheModule(unittest.TestCase):
    def test_the_wsgi_host_loads_nothing_of_objects(self) -> None:
        script = textwrap.dedent('''
            import sys, oriel, oriel.wsgi.command
            print([name for name in sys.modules if name.startswith('oriel.objects')])
        ''')
        done = subprocess.run([sys.executable, '-B', '-c', script], cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertEqual(done.stdout, b'[]\n')
