"""All connections of web servers, for the thread that leads."""

from __future__ import annotations

import os
import socket
from collections import deque
from typing import Callable, Deque, Dict, FrozenSet, List, Optional

from ..fastcgi.gone import Gone
from ..fastcgi.records import WINDOW
from .exchange import Exchange
from .incoming import Broken
from .lead import Token
from .link import Link, Owner
from .readiness import Readiness
from ..fastcgi.say import say

MOST_REQUESTS = 1024
"""Requests that are taken, those that wait included; web servers that ask are told of fewer."""
AHEAD = 48
"""Requests that may wait here beside those that threads answer, so that whoever has done with one finds the next."""


class Connections:
    def __init__(
        self,
        listener: socket.socket,
        threads: int,
        web_servers: Optional[FrozenSet[str]],
        step_down: Callable[[Token], None],
    ) -> None:
        self.arrived: Deque[Exchange] = deque()
        """Requests whose variables are complete, and which no thread has."""
        self._listener = listener
        self._listening = False
        self._web_servers = web_servers
        self._active: List[int] = []
        self._links: Dict[int, Link] = {}
        self._looks: Deque[Link] = deque()
        self._stopping = False
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
        self._owner = Owner(self.arrived, self._active, self._accepts, step_down, self._look, values)

    @property
    def stopped(self) -> bool:
        """Whether nothing more comes, and all that came was answered."""
        return self._stopping and not self._active and not self.arrived

    def ready(self) -> List[Link]:
        """Waits for connections that have something to read, and does on the way what else is to be done."""
        if not self._listening and not self._stopping:
            self._listen(True)
        links = []
        for number, _ in self._ready.wait(-1.0 if self._listening or self._stopping else 0.1):
            link = self._links.get(number)
            if link is not None:
                links.append(link)
            elif number == self._wake_reader:
                self._hear()
            else:
                self._accept()
        return links

    def read(self, link: Link) -> None:
        """Reads what there is, and closes a connection that has ended."""
        # One that was closed since it was told to be ready.
        if link.lost:
            return self._drop(link)
        try:
            link.receive()
        except Gone:
            return self._drop(link)
        except Broken as error:
            say(f'oriel: a connection is closed, since what came is no FastCGI: {error}\n')
            # It is still among those that are asked for.
            link.paused = False
            return self._drop(link)
        if link.paused:
            self._ready.remove(link.number)

    def stop(self) -> None:
        """Takes nothing more. May be called within a signal handler."""
        self._stopping = True
        self._wake()

    def leave(self) -> None:
        """A thread has done with what there was: it may have been the last."""
        if self._stopping:
            self._wake()

    def close(self) -> None:
        """When no thread is left."""
        self._listener.close()
        for link in list(self._links.values()):
            self._drop(link)
        self._ready.close()
        os.close(self._wake_reader)
        writer = self._wake_writer
        self._wake_writer = -1
        os.close(writer)

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
                say(f'oriel: a connection could not be taken: {error.strerror}\n')
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
        if self._links.get(link.number) is not link:
            return
        del self._links[link.number]
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
            if self._links.get(link.number) is not link:
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
