"""An object server: the process."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from types import FrameType
from typing import Callable, Mapping, Optional

from ..fastcgi.unix_socket import remove
from .call import Call
from .names import check_server_name
from .place import Place, take_place, web_servers
from .published import Objects
from .server import Server

GRACE = 10.0
"""Seconds that requests have to end."""
SWITCH = 0.001
"""
Seconds that one thread may compute while others would. With Python's own 5 ms, one object that computes took half of what all
others get done: 6,500 small requests a second, against 11,000.
"""


def publish(name: str, objects: Mapping[str, object], *, listen: Optional[str] = None, threads: int = 16) -> None:
    """
    Publishes objects under their names, and answers until SIGTERM or SIGINT: then what runs has 10 seconds to end, and a
    second signal ends it at once.
    @param name: That of the object server: `/echo@paul` is the object `echo` of `paul`.
    @param objects: Each an object, or a class of which one is made, with methods such as GET.
    @param listen: `unix:PATH` or `HOST:PORT`. Where it is left out Oriel, or whoever starts the program, says it; started by
      hand it is a Unix socket of this user, whose binding handle is printed.
    @param threads: Requests that are answered at once; 1 to 1024.
    Raises ValueError and TypeError for what cannot be published, OSError where the place is taken.
    """
    published = Objects(check_server_name(name), objects)
    if not isinstance(threads, int) or not 1 <= threads <= 1024:
        raise ValueError(f'threads is {threads!r}: expected a number from 1 to 1024')
    place = take_place(name, listen, os.environ)
    made = os.stat(place.path) if place.path is not None else None
    try:
        allowed = web_servers(os.environ) if place.path is None else None
        _serve(Server(lambda exchange: Call(published, exchange), place.listener, threads, allowed), place)
    finally:
        place.listener.close()
        if place.path is not None and made is not None:
            remove(place.path, made)


def _serve(server: Server, place: Place) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    ending = _Ending(server)
    signals = _Signals(ending.signalled, writer)
    switch = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        server.run(lambda: ending.ended(writer))
        if place.announced:
            print(place.handle, flush=True)
        # Not by a lock: a signal that came just before would be noticed when the lock is there.
        while not ending.over:
            select.select([reader], [], [])
            os.read(reader, 4096)
    finally:
        sys.setswitchinterval(switch)
        signals.restore()
        os.close(reader)
        os.close(writer)


class _Ending:
    def __init__(self, server: Server) -> None:
        self.over = False
        self._server = server
        self._signalled = False

    def signalled(self, number: int, frame: Optional[FrameType]) -> None:
        """Runs between two steps of the main thread, wherever that is: it takes no lock."""
        if self._signalled:
            os._exit(1)
        self._signalled = True
        threading.Thread(target=self._expire, daemon=True).start()
        self._server.stop()

    def ended(self, writer: int) -> None:
        self.over = True
        os.write(writer, b'.')

    def _expire(self) -> None:
        until = time.monotonic() + GRACE
        while not self.over:
            if time.monotonic() >= until:
                os.write(2, b'oriel: requests were still running when the time to stop was up\n')
                os._exit(1)
            time.sleep(0.05)


class _Signals:
    """Only the main thread may have them; elsewhere whoever started it ends the process."""

    def __init__(self, handler: Callable[[int, Optional[FrameType]], None], writer: int) -> None:
        self._before = {}
        self._wakes: Optional[int] = None
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, handler)
        self._wakes = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def restore(self) -> None:
        if self._wakes is None:
            return
        signal.set_wakeup_fd(self._wakes)
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


