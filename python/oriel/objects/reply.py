"""What an object server answers, as its caller reads it."""

from __future__ import annotations

import re
from time import monotonic
from typing import Callable, Iterator, NamedTuple, Optional, Union

from ..fastcgi.records import BROKEN_OFF, OVERLOADED, REQUEST_COMPLETE
from .channel import Channel, Failed
from .content import BodyInit
from .errors import AuthorizationRequired, Forbidden, HttpError
from .headers import Headers
from .outcome import Declined, DeclinedType, Reroute
from .response import Response

MOST_HEAD = 1 << 18
"""Bytes of a head."""
_end = re.compile(rb'\r?\n\r?\n').search
_TAKEN_OUT = ('status', 'oriel-answer', 'oriel-code', 'oriel-method')


class Head(NamedTuple):
    status: int
    reason: str
    headers: Headers


class BrokenOff(ConnectionError):
    """The answer ended before its end."""


class Reply:
    """The content of an answer, piece by piece as it comes."""

    def __init__(self, channel: Channel, timeout: Optional[float], keep: Callable[[Channel], None]) -> None:
        """@param keep: Takes the connection when the answer has ended well."""
        self.left: Optional[int] = None
        """Bytes that are to come, where the head says so."""
        self._channel: Optional[Channel] = channel
        self._timeout = timeout
        self._keep = keep
        self._trailers = Headers()

    def __iter__(self) -> Iterator[bytes]:
        """Raises BrokenOff."""
        return self

    def __next__(self) -> bytes:
        channel = self._channel
        if channel is None:
            raise StopIteration
        try:
            piece = channel.next(None if self._timeout is None else monotonic() + self._timeout)
        except Failed as error:
            self.close()
            raise BrokenOff(f'the answer broke off: {error}') from None
        except BaseException:
            self.close()
            raise
        if self.left is not None:
            self.left -= len(piece)
        if piece and (self.left is None or self.left >= 0):
            return piece
        if channel.status != REQUEST_COMPLETE or self.left:
            self.close()
            raise BrokenOff('the answer broke off')
        self._channel = None
        self._trailers = channel.trailers or self._trailers
        self._keep(channel)
        raise StopIteration

    def trailers(self) -> Headers:
        """Those behind the content, once it was read to its end."""
        return self._trailers

    @property
    def ended(self) -> bool:
        """Whether all of it is here."""
        return self._channel is None or self._channel.status is not None

    def close(self) -> None:
        """Gives up what is left: the object is told so."""
        channel = self._channel
        self._channel = None
        if channel is None:
            return
        if channel.status is None:
            channel.abort()
        else:
            channel.close()


def read_head(channel: Channel, deadline: Optional[float]) -> Head:
    """The head of the final answer. What is behind it stays in the channel. Raises Failed, TimedOut, HttpError 503."""
    data = b''
    while True:
        found = _end(data)
        if found is not None:
            head = _parsed(data[: found.start()])
            data = data[found.end() :]
            # RFC 9110 §15.2: others follow an informational one.
            if head.status >= 200:
                if data:
                    channel.stdout.appendleft(data)
                return head
            continue
        if len(data) > MOST_HEAD:
            raise Failed(f'the head of the answer has more than {MOST_HEAD} bytes')
        piece = channel.next(deadline)
        if not piece:
            if channel.status == OVERLOADED:
                channel.close()
                raise HttpError(503, 'it has more requests than it takes')
            word = 'broke off' if channel.status == BROKEN_OFF else 'ended'
            raise Failed(f'the answer {word} before its head was whole')
        data += piece


def _parsed(data: bytes) -> Head:
    """RFC 3875 §6."""
    headers = Headers()
    for line in data.decode('latin-1').replace('\r\n', '\n').split('\n'):
        name, colon, value = line.partition(':')
        try:
            if not colon:
                raise ValueError
            headers.append(name, value)
        except ValueError:
            raise Failed(f'the head of the answer has a line that is no field: {line!r}') from None
    code, _, reason = (headers.get('status') or '').partition(' ')
    status = 302 if not code and 'location' in headers else int(code) if re.fullmatch('[1-5][0-9][0-9]', code) else 200
    if code and str(status) != code:
        raise Failed(f'the status of the answer is {code!r}')
    return Head(status, reason, headers)


def response_of(head: Head, reply: Reply, method: str) -> Union[Response, DeclinedType, Reroute, HttpError]:
    """What the object returned, or raised."""
    headers = head.headers
    word = headers.get('oriel-answer')
    code = headers.get('oriel-code')
    rerouted_as = headers.get('oriel-method')
    for name in _TAKEN_OUT:
        headers.delete(name)
    if word is None:
        return _response(head, reply, method)
    try:
        detail = b''.join(reply).decode('utf-8', 'replace')
        if word == 'declined':
            return Declined
        if word == 'reroute':
            return Reroute(headers.get('location') or '', method=rerouted_as)
        if word == 'thrown':
            # Those of the words for the client, not of the error.
            for name in ('content-type', 'content-length'):
                headers.delete(name)
            return _thrown(head.status, detail or None, code, headers)
    except (ValueError, BrokenOff):
        pass
    return HttpError(502, f'it answered with an outcome that is none: {word}')


def _response(head: Head, reply: Reply, method: str) -> Union[Response, HttpError]:
    length = head.headers.get('content-length')
    bodiless = method == 'HEAD' or head.status in (204, 304)
    if not bodiless and length is not None:
        if not (length.isascii() and length.isdigit() and len(length) < 20):
            reply.close()
            return HttpError(502, f'its Content-Length is {length!r}')
        reply.left = int(length)
    body: BodyInit = reply
    if bodiless or reply.ended:
        try:
            body = b''.join(reply)
        except BrokenOff as error:
            return HttpError(502, str(error))
    made = Response(None if bodiless else body, head.status, head.headers, trailers=reply.trailers)
    made.reason = head.reason
    return made


def _thrown(status: int, detail: Optional[str], code: Optional[str], headers: Headers) -> HttpError:
    if status == 403 and code == 'forbidden':
        return Forbidden(detail, headers=headers)
    if status == 401 and code == 'authorization-required':
        return AuthorizationRequired(detail, headers=headers)
    return HttpError(status, detail, code=code, headers=headers)


