"""One answer, as it goes to whoever called (docs/objects-protocol.md, "The answer")."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Tuple

from ..fastcgi.gone import Gone
from ..fastcgi.records import BROKEN_OFF, REQUEST_COMPLETE, STDOUT
from .content import iterated, known
from .exchange import Exchange
from .headers import Headers, check_field_name
from .response import Response
from .status import reason_phrase

# Those of the connection are the server's; `Status` would be taken for the status line; the others an object cannot say.
_NOT_THEIRS = frozenset((
    'connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'status', 'oriel-answer',
    'oriel-code', 'oriel-method',
))  # fmt: skip
_BODILESS = (204, 304)


class CutShort(Exception):
    """The content is not as long as its Content-Length."""


class _StatusLines(Dict[int, str]):
    def __missing__(self, status: int) -> str:
        line = self[status] = f'Status: {status} {reason_phrase(status)}'.rstrip() + '\r\n'
        return line


_STATUS_LINES = _StatusLines()


class Answer:
    """Sends nothing before there is content, or the answer has ended."""

    __slots__ = ('begun', '_exchange', '_bodiless')

    def __init__(self, exchange: Exchange, bodiless: bool) -> None:
        """@param bodiless: Whether nobody is to get the content, as of HEAD (RFC 9110 §9.3.2)."""
        self.begun = False
        self._exchange = exchange
        self._bodiless = bodiless

    def inform(self, status: int, headers: Headers) -> None:
        """An informational answer (RFC 9110 §15.2); nothing once the final one has begun."""
        if not self.begun and not self._exchange.ended:
            self._exchange.write(STDOUT, f'{_STATUS_LINES[status]}{_lines(headers)[0]}\r\n'.encode('latin-1'))

    def send(self, response: Response) -> None:
        """Raises Gone; CutShort, ValueError and TypeError for what is no answer; and what the content raises."""
        status = response.status
        if response.reason:
            head = f'Status: {status} {response.reason}\r\n'
        else:
            head = _STATUS_LINES[status]
        if response._headers is None:
            length = -1
            if response._type:
                head += f'Content-Type: {response._type}\r\n'
        else:
            lines, length = _lines(response.headers)
            head += lines
        body = response.body
        data = known(body)
        bodiless = self._bodiless or status in _BODILESS
        if data is None:
            return self._send_iterated(head, length, response, bodiless)
        size = len(data)
        if length < 0:
            if status not in _BODILESS:
                head += f'Content-Length: {size}\r\n'
        elif length != size and not bodiless:
            raise CutShort(f'the content has {size} bytes, and its Content-Length is {length}')
        self.begun = True
        head += '\r\n'
        self._exchange.end(head.encode('latin-1') if bodiless else head.encode('latin-1') + data)

    def send_outcome(self, status: int, word: str, fields: Iterable[Tuple[str, str]] = (), detail: str = '') -> None:
        """What is no answer. @param word: `declined`, `reroute` or `thrown`."""
        self.begun = True
        head = f'{_STATUS_LINES[status]}Oriel-Answer: {word}\r\n'
        for name, value in fields:
            head += f'{name}: {value}\r\n'
        self._exchange.end(f'{head}\r\n'.encode('latin-1') + detail.encode('utf-8', 'replace'))

    def break_off(self) -> None:
        """Half of it was sent."""
        self._exchange.break_off(REQUEST_COMPLETE if self._exchange.gone else BROKEN_OFF)

    def _send_iterated(self, head: str, length: int, response: Response, bodiless: bool) -> None:
        exchange = self._exchange
        body = response.body
        pieces = iterated(body)
        try:
            if bodiless:
                self.begun = True
                self._close(pieces, body)
                return exchange.end(f'{head}\r\n'.encode('latin-1'))
            # Where it fails before its first piece there is a better answer.
            data = f'{head}\r\n'.encode('latin-1')
            left = length
            for piece in pieces:
                if left >= 0:
                    left = _left(left, len(piece))
                self.begun = True
                exchange.write(STDOUT, data + piece if data else piece)
                data = b''
            if left > 0:
                raise CutShort(f'the content ended {left} bytes before its Content-Length')
            trailers = b''
            if response.trailers is not None and exchange.windowed:
                trailers = _lines(Headers(response.trailers()))[0].encode('latin-1')
        finally:
            # However it went, and before the end is sent: what it still does belongs to this request.
            self._close(pieces, body)
        self.begun = True
        exchange.end(data, trailers)

    def _close(self, pieces: Any, body: Any) -> None:
        for one in (pieces, body):
            close = getattr(one, 'close', None)
            if close is None:
                continue
            try:
                close()
            except Gone:
                pass
            # The answer is whole, or known not to be: this changes nothing about it.
            except BaseException as error:
                self._exchange.complain(f'{type(error).__name__} when the content was closed: {error}\n')


def _left(left: int, size: int) -> int:
    if size > left:
        raise CutShort(f'the content has {size - left} bytes more than its Content-Length')
    return left - size


def _lines(headers: Headers) -> Tuple[str, int]:
    """The field lines, and Content-Length, -1 where it is not there. Raises ValueError where that is no number."""
    text = ''
    length: Optional[int] = None
    for name, value in headers.raw():
        lower = check_field_name(name)
        if lower in _NOT_THEIRS:
            continue
        text += f'{name}: {value}\r\n'
        if lower == 'content-length':
            if not (value.isascii() and value.isdigit()) or len(value) > 18 or length is not None:
                raise ValueError(f'Content-Length is {value!r}: expected one number, once')
            length = int(value)
    return text, -1 if length is None else length
