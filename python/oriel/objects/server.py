"""
The threads of an object server. One of them leads: it reads all connections, and answers what is quick itself, which spares
the turn through another thread that costs more than the answer. Before it calls a method that is known to be slow it hands
the lead on; and where one turns out to be slow, or waits for content, the lead is taken from it. So no request waits for a
slow one, as long as there are threads; and there is one thread more than requests are answered at once, so that one can
always lead.
"""

from __future__ import annotations

import socket
import threading
import traceback
from _thread import allocate_lock
from time import perf_counter
from typing import Callable, FrozenSet, List, Optional, Protocol

from ..fastcgi.pairs import MalformedPairs
from ..fastcgi.records import BROKEN_OFF
from .connections import Connections
from .exchange import Exchange
from .lead import Lead, Token
from .link import Link
from .pace import Pace
from ..fastcgi.say import say

_BATCH = 0.001
"""Seconds for which an answer may wait for others to go with it."""


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
        self._threads = threads
        # Each thread that answers has one of them.
        self._slots: List[None] = [None] * threads
        self._lead = Lead()
        self._connections = Connections(listener, threads, web_servers, self._lead.step_down)
        self._arrived = self._connections.arrived
        self._corked: List[Link] = []
        self._over = False

    def run(self, ended: Callable[[], None]) -> None:
        """Starts the threads. @param ended: Called by the last of them."""
        running = [None] * (self._threads + 1)
        closing = allocate_lock()

        def work() -> None:
            try:
                self._work()
            finally:
                with closing:
                    running.pop()
                    last = not running
                if last:
                    self._lead.end()
                    self._connections.close()
                    ended()

        for index in range(self._threads + 1):
            threading.Thread(target=work, name=f'object-{index + 1}', daemon=True).start()
        threading.Thread(target=self._lead.watch, name='object-watch', daemon=True).start()

    def stop(self) -> None:
        """Takes nothing more. The threads end when what runs has ended. May be called within a signal handler."""
        self._connections.stop()

    def _work(self) -> None:
        while True:
            token = self._lead.take()
            if self._over or not self._serve(token):
                return self._lead.give()
            self._help()

    def _serve(self, token: Token) -> bool:
        """Leads until the lead is another's. False: the server is over."""
        connections = self._connections
        # What a thread has left that the lead was taken from.
        if self._corked and not self._uncork(token):
            return True
        while True:
            if not self._answer_all(token):
                return True
            if connections.stopped:
                self._over = True
                return False
            for link in connections.ready():
                if not self._read(link, token):
                    return True

    def _answer_all(self, token: Token) -> bool:
        """Answers what waits, as long as there are slots. Returns whether the lead is still ours."""
        arrived = self._arrived
        slots = self._slots
        began = perf_counter()
        while arrived and slots:
            try:
                slots.pop()
            except IndexError:
                break
            kept = self._answer(token)
            slots.append(None)
            if not kept:
                return False
            if self._corked and perf_counter() - began > _BATCH:
                if not self._uncork(token):
                    return False
                began = perf_counter()
        return not self._corked or self._uncork(token)

    def _answer(self, token: Token) -> bool:
        """Answers one that waits. Returns whether the lead is still ours."""
        exchange = self._next()
        job = self._prepared(exchange) if exchange is not None else None
        if exchange is None or job is None:
            return True
        if job.pace.slow:
            self._lead.give()
            self._run(job)
            return False
        exchange.token = token
        self._lead.lend(token)
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
                exchange = self._next()
                job = self._prepared(exchange) if exchange is not None else None
                if job is not None:
                    self._run(job)
            finally:
                # Before it looks again: who leads looks for a slot when it has put something there.
                slots.append(None)
        self._connections.leave()

    def _next(self) -> Optional[Exchange]:
        try:
            return self._arrived.popleft()
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
            say('oriel: a connection is closed: a name-value pair is not complete\n')
            link.forget(exchange)
            link.lose()
            link.hang_up()
            return None
        # Whatever it is, the thread that leads must go on.
        except Exception:
            exchange.complain(traceback.format_exc())
            exchange.break_off(BROKEN_OFF)
            return None

    def _run(self, job: Job) -> None:
        began = perf_counter()
        job.run()
        job.pace.took(perf_counter() - began)

    def _read(self, link: Link, token: Token) -> bool:
        """Returns whether the lead is still ours."""
        self._connections.read(link)
        if not link.answers:
            return True
        link.out.extend(link.answers)
        link.answers.clear()
        self._corked.append(link)
        return self._uncork(token)

    def _uncork(self, token: Token) -> bool:
        """Sends what waits. Returns whether the lead is still ours: a web server may take nothing."""
        corked = self._corked
        self._lead.lend(token)
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
