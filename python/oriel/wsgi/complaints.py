"""`wsgi.errors`: what an application says beside its answer, for the log."""

from __future__ import annotations

import sys
from _thread import get_ident
from typing import Iterable

from . import records
from .connection import Connection, Gone


class Complaints:
    """
    Sends whole lines at once, with the request that they belong to. What another thread writes, or anybody when the
    request has ended, goes to the standard error of the process.
    """

    __slots__ = ('_connection', '_request', '_thread', '_line')

    encoding = 'utf-8'

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._request = connection.request
        self._thread = get_ident()
        self._line = ''

    def write(self, text: str) -> int:
        if self._connection.request != self._request or get_ident() != self._thread:
            return sys.stderr.write(text)
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
        connection = self._connection
        if connection.gone or connection.request != self._request:
            sys.stderr.write(text)
            return
        try:
            for at in range(0, len(data), records.LARGEST):
                connection.send(records.record(records.STDERR, self._request, data[at : at + records.LARGEST]))
        except Gone:
            sys.stderr.write(text)
