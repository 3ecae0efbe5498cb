"""`wsgi.errors`: what an application says beside its answer, for the log."""

from __future__ import annotations

from _thread import get_ident
from typing import Iterable

from ..fastcgi import records
from ..fastcgi.gone import Gone
from ..fastcgi.say import say
from .request import Request


class Complaints:
    """
    Sends whole lines at once, with the request that they belong to. What another thread writes, or anybody when the
    request has ended, goes to the standard error of the process.
    """

    __slots__ = ('_request', '_thread', '_line')

    encoding = 'utf-8'

    def __init__(self, request: Request) -> None:
        self._request = request
        self._thread = get_ident()
        self._line = ''

    def write(self, text: str) -> int:
        if self._request.ended or get_ident() != self._thread:
            say(text)
            return len(text)
        self._line += text
        end = self._line.rfind('\n') + 1
        if end > 0:
            self._send(self._line[:end])
            self._line = self._line[end:]
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self._line and get_ident() == self._thread:
            line = self._line
            self._line = ''
            self._send(line)

    def _send(self, text: str) -> None:
        data = text.encode('utf-8', 'backslashreplace')
        request = self._request
        if request.gone or request.ended:
            say(text)
            return
        try:
            request.stream(records.STDERR, data)
        except Gone:
            say(text)
