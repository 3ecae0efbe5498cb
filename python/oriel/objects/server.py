"""
The threads of an object server. One of them leads: it reads all connections, and answers what is quick itself, which spares
the turn through another thread that costs more than the answer. Before it calls a method that is known to be slow it hands
the lead on; and where one turns out to be slow, or waits for content, the lead is taken from it. So no request waits for a
slow one, as long as there are threads; and there is one thread more than requests are answered at once, so that one can
always lead.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from _thread import allocate_lock
from collections import deque
from time import perf_counter
from typing import Callable, Deque, Dict, FrozenSet, List, Optional, Protocol

from ..fastcgi.gone import Gone
from ..fastcgi.pairs import MalformedPairs
from ..fastcgi.records import WINDOW
from .exchange import Exchange
from .link import Broken, Link, Owner
from .pace import Pace
from .readiness import Readiness

TICK = 0.002
"""Seconds after which the lead is taken from a thread that has not returned."""
_REST = 50
"""Ticks without a request, after which nobody looks any more."""
_BATCH = 0.001
"""Seconds for which an answer may wait for others to go with it."""
MOST_REQUESTS = 1024
"""Requests that are taken, those that wait included; web servers that ask are told of fewer."""
AHEAD = 48
"""Requests that may wait here beside those that threads answer, so that whoever has done with one finds the next."""


class Job(Protocol):
    """A request whose object was found. Answers it, and raises nothing."""

    pace: Pace

    def run(self) -> None: ...


class Server:
    def __init__(
        self,
        prepare: Callable[[Exchange], Job],
        listener: socket.socket,
        threads: int,
        web_servers: Optional[FrozenSet[str]] = None,
    ) -> None:
        """
        @param prepare: Finds what answers. Raises MalformedPairs.
        @param threads: Requests that are answered at once.
        @param web_servers: Addresses from which one may connect by TCP; None for all.
        """
        self._prepare = prepare
        self._listener = listener
        self._web_servers = web_servers
        self._lead = allocate_lock()
        self._slots: List[None] = [None] * threads
        self._threads = threads
        self._arrived: Deque[Exchange] = deque()
        self._active: List[int] = []
        self._links: Dict[int, Link] = {}
        self._looks: Deque[Link] = deque()
        self._corked: List[Link] = []
        # Of the thread that leads. There is one entry while it may not come back soon: who takes it out has the lead.
        self._token: List[None] = []
        self._turn = 0
        self._resting = False
        self._rest = allocate_lock()
        self._rest.acquire()
        self._stopping = False
        self._listening = False
        self._over = False
        self._wake_reader, self._wake_writer = os.pipe()
        for number in (self._wake_reader, self._wake_writer):
            os.set_blocking(number, False)
        listener.setblocking(False)
        self._ready = Readiness()
        self._ready.add(self._wake_reader)
        values = {
            'FCGI_MAX_CONNS': b'%d' % MOST_REQUESTS,
            'FCGI_MAX_REQS': b'%d' % (threads + AHEAD),
            'FCGI_MPXS_CONNS': b'1',
            'ORIEL_WINDOW': b'%d' % WINDOW,
            'ORIEL_OBJECTS': b'1',
        }
        self._owner = Owner(self._arrived, self._active, self._accepts, self._step_down, self._look, values)

    def run(self, ended: Callable[[], None]) -> None:
        """Starts the threads. @param ended: Called by the last of them."""
        running = [None] * (self._threads + 1)

        def work() -> None:
            try:
                self._work()
            finally:
                with closing:
                    running.pop()
                    last = not running
                if last:
                    self._close()
                    ended()

        closing = allocate_lock()
        for index in range(self._threads + 1):
            threading.Thread(target=work, name=f'object-{index + 1}', daemon=True).start()
        threading.Thread(target=self._watch, name='object-watch', daemon=True).start()

    def stop(self) -> None:
        """Takes nothing more. The threads end when what runs has ended. May be called within a signal handler."""
        self._stopping = True
        self._wake()

    def _work(self) -> None:
        lead = self._lead
        while True:
            lead.acquire()
            if self._over or not self._take_lead():
                lead.release()
                return
            self._help()

    def _take_lead(self) -> bool:
        """Leads until the lead is another's. False: the server is over."""
        token: List[None] = []
        self._token = token
        arrived = self._arrived
        slots = self._slots
        if self._corked and not self._uncork(token):
            return True
        while True:
            began = perf_counter()
            while arrived and slots:
                try:
                    slots.pop()
                except IndexError:
                    break
                kept = self._answer_first(token)
                slots.append(None)
                if not kept:
                    return True
                if self._corked and perf_counter() - began > _BATCH:
                    if not self._uncork(token):
                        return True
                    began = perf_counter()
            if self._corked and not self._uncork(token):
                return True
            if self._stopping and not self._active and not arrived:
                self._over = True
                return False
            if not self._listening and not self._stopping:
                self._listen(True)
                wait = -1.0 if self._listening else 0.1
            else:
                wait = -1.0
            for number, _ in self._ready.wait(wait):
                link = self._links.get(number)
                if link is not None:
                    if not self._read(link, token):
                        return True
                elif number == self._wake_reader:
                    self._hear()
                else:
                    self._accept()

    def _help(self) -> None:
        """Answers what waits, without the lead."""
        arrived = self._arrived
        slots = self._slots
        while arrived:
            try:
                slots.pop()
            except IndexError:
                break
            try:
                job = self._next()
                if job is not None:
                    self._run(job)
            finally:
                # Before it looks again: who leads looks for a slot when it has put something there.
                slots.append(None)
        if self._stopping:
            self._wake()

    def _answer_first(self, token: List[None]) -> bool:
        """Answers one that waits. Returns whether the lead is still ours."""
        try:
            exchange = self._arrived.popleft()
        except IndexError:
            return True
        job = self._prepared(exchange)
        if job is None:
            return True
        if job.pace.slow:
            self._lead.release()
            self._run(job)
            return False
        exchange.token = token
        self._lend(token)
        self._run(job)
        link = exchange.link
        try:
            token.pop()
        except IndexError:
            link.flush()
            if exchange.corked:
                link.release()
            return False
        if exchange.corked:
            if link not in self._corked:
                self._corked.append(link)
            # It is sent before anything else that might close the connection.
            link.release()
        return True

    def _next(self) -> Optional[Job]:
        try:
            return self._prepared(self._arrived.popleft())
        except IndexError:
            return None

    def _prepared(self, exchange: Exchange) -> Optional[Job]:
        link = exchange.link
        if exchange.gone or link.lost:
            link.forget(exchange)
            return None
        try:
            return self._prepare(exchange)
        except MalformedPairs:
            print('oriel: a connection is closed: a name-value pair is not complete', file=sys.stderr)
            link.forget(exchange)
            link.lose()
            link.hang_up()
            return None

    def _run(self, job: Job) -> None:
        began = perf_counter()
        job.run()
        job.pace.took(perf_counter() - began)

    def _lend(self, token: List[None]) -> None:
        self._turn += 1
        token.append(None)
        if self._resting:
            self._resting = False
            try:
                self._rest.release()
            except RuntimeError:
                # It looks already.
                pass

    def _step_down(self, token: List[None]) -> None:
        try:
            token.pop()
        except IndexError:
            return
        self._lead.release()

    def _watch(self) -> None:
        """Takes the lead from a thread that does not return."""
        seen = -1
        still = 0
        while not self._over:
            time.sleep(TICK)
            if self._turn != seen:
                seen = self._turn
                still = 0
                continue
            still += 1
            self._step_down(self._token)
            if still > _REST:
                self._resting = True
                if self._turn == seen:
                    self._rest.acquire()
                self._resting = False
                still = 0

    def _uncork(self, token: List[None]) -> bool:
        """Sends what waits. Returns whether the lead is still ours: a web server may take nothing."""
        corked = self._corked
        self._lend(token)
        while corked:
            try:
                link = corked.pop()
            except IndexError:
                break
            link.flush()
        try:
            token.pop()
        except IndexError:
            return False
        return True

    def _read(self, link: Link, token: List[None]) -> bool:
        """Returns whether the lead is still ours."""
        try:
            link.receive()
        except Gone:
            self._drop(link)
            return True
        except Broken as error:
            print(f'oriel: a connection is closed, since what came is no FastCGI: {error}', file=sys.stderr)
            self._drop(link)
            return True
        if link.paused:
            self._ready.remove(link.number)
        if not link.answers:
            return True
        for answer in link.answers:
            link.out.append(answer)
        link.answers.clear()
        self._corked.append(link)
        return self._uncork(token)

    def _accepts(self) -> bool:
        return not self._stopping and len(self._active) < MOST_REQUESTS

    def _accept(self) -> None:
        # It may have been closed since it was told to be ready.
        while self._listening:
            try:
                connected, address = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                # No descriptor is left: one that closes will make room.
                print(f'oriel: a connection could not be taken: {error.strerror}', file=sys.stderr)
                return self._listen(False)
            allowed = self._web_servers
            if allowed is not None and isinstance(address, tuple) and address[0] not in allowed:
                connected.close()
                continue
            link = Link(connected, self._owner)
            self._links[link.number] = link
            self._ready.add(link.number)

    def _listen(self, on: bool) -> None:
        if on != self._listening:
            self._listening = on
            (self._ready.add if on else self._ready.remove)(self._listener.fileno())

    def _drop(self, link: Link) -> None:
        if self._links.pop(link.number, None) is None:
            return
        if not link.paused:
            self._ready.remove(link.number)
        link.close()

    def _look(self, link: Link) -> None:
        self._looks.append(link)
        self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._wake_writer, b'.')
        except OSError:
            # It is full, which wakes as well; or all is over.
            pass

    def _hear(self) -> None:
        try:
            os.read(self._wake_reader, 4096)
        except BlockingIOError:
            pass
        while self._looks:
            link = self._looks.popleft()
            if link.number not in self._links or self._links[link.number] is not link:
                continue
            if link.lost or (link.closing and not link.active):
                self._drop(link)
            elif link.paused:
                link.paused = False
                self._ready.add(link.number)
        if self._stopping:
            if self._listening:
                self._listen(False)
                self._listener.close()
            for link in list(self._links.values()):
                link.closing = True
                if not link.active:
                    self._drop(link)

    def _close(self) -> None:
        self._resting = False
        try:
            self._rest.release()
        except RuntimeError:
            pass
        self._listener.close()
        for link in list(self._links.values()):
            self._drop(link)
        self._ready.close()
        os.close(self._wake_reader)
        writer = self._wake_writer
        self._wake_writer = -1
        os.close(writer)
