"""The process: who listens, which thread serves what, and how it ends."""

from __future__ import annotations

import _thread
import os
import select
import signal
import socket
import threading
import time
from typing import Any, Callable, Dict

from ..fastcgi.gone import Gone
from ..fastcgi.say import say
from .connection import Broken, Connection
from .exchange import Application, exchange
from .ready import ready

# Requests that may wait here beside those that threads work on: who has done with one finds the next.
AHEAD = 15


class Server:
    """
    Threads that are free wait for all connections together, so one that rests holds none of them. A single thread is the
    main one: applications that know nothing of threads, and libraries that ask for the main thread, find what they expect.
    """

    def __init__(
        self, application: Application, listener: socket.socket, template: Dict[str, Any], threads: int, grace: float
    ) -> None:
        """@param grace: Seconds that requests have to end once the process is to stop."""
        self._application = application
        self._listener = listener
        self._template = template
        self._threads = threads
        self._grace = grace
        # Those that no thread has, by descriptor. Taking one out, a single step, is what makes it a thread's own.
        self._resting: Dict[int, Connection] = {}
        self._ready = ready(threads)
        self._stopping = False
        self._expiring = False
        self._ended = 0
        self._ending = threading.Lock()
        # Readable when a signal has come or a thread has ended, and when the threads are to end.
        self._signalled, self._signals = os.pipe()
        self._told, self._teller = os.pipe()
        for number in (self._signalled, self._signals):
            os.set_blocking(number, False)
        listener.setblocking(False)

    def run(self) -> None:
        """Serves until the process is told to stop, and all that runs has ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.set_wakeup_fd(self._signals, warn_on_full_buffer=False)
        self._ready.add(self._listener.fileno())
        if self._threads == 1:
            self._ready.add(self._signalled)
            self._serve()
            return self._await_expiring()
        self._ready.add(self._told)
        for index in range(self._threads):
            threading.Thread(target=self._work, name=f'wsgi-{index + 1}', daemon=True).start()
        self._wait(lambda: self._stopping or self._ended > 0)
        if not self._stopping:
            raise RuntimeError('a thread has ended')
        os.write(self._teller, b'.')
        self._wait(lambda: self._ended == self._threads)
        self._await_expiring()

    def _work(self) -> None:
        try:
            self._serve()
        finally:
            with self._ending:
                self._ended += 1
            os.write(self._signals, b'.')

    def _wait(self, over: Callable[[], bool]) -> None:
        """Not by a lock: a signal that came just before would be noticed when the lock is there."""
        while not over():
            select.select([self._signalled], [], [])
            self._hear()

    def _hear(self) -> None:
        """Whatever signal it was: Python has called its handler meanwhile."""
        try:
            os.read(self._signalled, 4096)
        except BlockingIOError:
            pass

    def _stop(self, number: int, frame: object) -> None:
        """Runs between two steps of the main thread, wherever that is: it takes no lock."""
        if self._stopping:
            os._exit(1)
        self._stopping = True
        _thread.start_new_thread(self._expire, ())

    def _await_expiring(self) -> None:
        """A thread that begins while the interpreter ends crashes it (seen with 3.11)."""
        while not self._expiring:
            time.sleep(0.001)

    def _expire(self) -> None:
        self._expiring = True
        time.sleep(self._grace)
        os.write(2, b'oriel.wsgi: requests were still running when the time to stop was up\n')
        os._exit(1)

    def _serve(self) -> None:
        wait = self._ready.wait
        take = self._resting.pop
        listening = self._listener.fileno()
        while True:
            events = wait(0 if self._stopping else -1)
            served = False
            for number, _ in events:
                connection = take(number, None)
                if connection is not None:
                    served = True
                    self._read(connection)
                elif number == listening:
                    self._accept()
                elif number == self._signalled:
                    self._hear()
                else:
                    # It stays readable, for the other threads too.
                    self._arm(number)
            if self._stopping and not served and not self._accept():
                return self._leave()

    def _accept(self) -> bool:
        """Takes the connections that wait. Returns whether there were any."""
        some = False
        while True:
            try:
                connected, _ = self._listener.accept()
            except BlockingIOError:
                break
            except OSError as error:
                if self._stopping:
                    return some
                # No descriptor is left: one that closes will make room.
                say(f'oriel.wsgi: a connection could not be taken: {error.strerror}\n')
                time.sleep(0.1)
                break
            some = True
            connected.setblocking(True)
            connection = Connection(connected, self._threads + AHEAD, self._threads == 1)
            self._resting[connection.number] = connection
            self._arm(connection.number, new=True)
        if not self._stopping:
            self._arm(self._listener.fileno())
        return some

    def _arm(self, number: int, new: bool = False) -> None:
        try:
            if new:
                self._ready.add(number)
            else:
                self._ready.arm(number)
        except (OSError, ValueError):
            # Between two steps of this thread, another one that leaves has closed it.
            if not self._stopping:
                raise

    def _leave(self) -> None:
        """
        Nothing more has come. Who connects now, or has a connection that rests, finds it closed and goes elsewhere, while
        other threads still answer.
        """
        self._listener.close()
        while self._resting:
            try:
                self._resting.popitem()[1].close()
            except KeyError:
                return

    def _read(self, connection: Connection) -> None:
        """There is something to read, which is waited for no longer than that."""
        try:
            connection.receive()
            request = connection.next()
            while request is not None:
                if not exchange(self._application, self._template, request):
                    return connection.close()
                request = connection.next()
        except (Gone, ConnectionError):
            return connection.close()
        except Broken as error:
            say(f'oriel.wsgi: a connection is closed, since what came is no FastCGI: {error}\n')
            return connection.close()
        self._resting[connection.number] = connection
        self._arm(connection.number)
