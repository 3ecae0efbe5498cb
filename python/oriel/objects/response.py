"""An answer (src/message/response.ts)."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Iterator, Optional, Type, overload
from urllib.parse import quote

from .content import BodyInit, iterated, known
from .headers import Headers, HeadersInit, check_field_value

Bytes = bytes
_uri = re.compile(r'[\x21-\x7e]*').fullmatch


class _Json:
    @overload
    def __get__(self, response: None, owner: Type[Response]) -> Callable[..., Response]: ...
    @overload
    def __get__(self, response: Response, owner: Type[Response]) -> Callable[[], Any]: ...
    def __get__(self, response: Optional[Response], owner: Type[Response]) -> Callable[..., Any]:
        if response is None:
            return _in_json
        read = response.bytes
        return lambda: json.loads(read())


def _in_json(value: Any, status: int = 200, headers: Optional[HeadersInit] = None) -> Response:
    """An answer in JSON. Raises TypeError and ValueError for a value that JSON cannot say."""
    made = Response(json.dumps(value, ensure_ascii=False, allow_nan=False), status, headers)
    made._type = 'application/json'
    return made


class Response:
    """An answer. Raises ValueError for a status that no answer has, and for a bad field."""

    __slots__ = ('status', 'reason', 'body', 'trailers', '_headers', '_type')

    def __init__(
        self,
        body: BodyInit = None,
        status: int = 200,
        headers: Optional[HeadersInit] = None,
        *,
        reason: str = '',
        trailers: Optional[Callable[[], HeadersInit]] = None,
    ) -> None:
        """
        @param body: str, bytes, None, or what is iterated while it is sent: a generator of bytes, an open file.
        @param status: 200 to 599.
        @param headers: A mapping, or pairs.
        @param reason: The reason phrase; the registered one where it is left out.
        @param trailers: Called behind content that was iterated: the fields to be sent there (RFC 9110 §6.5).
        """
        if status != 200 and (not isinstance(status, int) or not 200 <= status <= 599):
            raise ValueError(f'the status of an answer is 200 to 599, not {status!r}')
        self.status = status
        self.reason = check_field_value('the reason phrase', reason) if reason else ''
        self.body = body
        self.trailers = trailers
        self._headers = None if headers is None else Headers(headers)
        # What the content is, where no field says it.
        self._type = 'text/plain;charset=UTF-8' if isinstance(body, str) else ''

    @property
    def headers(self) -> Headers:
        """The fields, free to change."""
        fields = self._headers
        if fields is None:
            fields = self._headers = Headers()
        if self._type:
            if 'content-type' not in fields:
                fields.append('Content-Type', self._type)
            self._type = ''
        return fields

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status < 300

    json = _Json()
    """`Response.json(value, status, headers)` makes an answer in JSON; `response.json()` reads one."""

    @staticmethod
    def redirect(to: str, status: int = 302) -> 'Response':
        """@param to: A path or an absolute URL. Raises ValueError unless the status is 301, 302, 303, 307 or 308."""
        if status not in (301, 302, 303, 307, 308):
            raise ValueError(f'{status} is not the status of a redirect')
        location = to if _uri(to) else quote(to, safe="%!#$&'()*+,/:;=?@[]~")
        return Response(None, status, {'Location': location})

    def __iter__(self) -> Iterator[Bytes]:
        """The content, piece by piece."""
        data = known(self.body)
        if data is not None:
            return iter((data,) if data else ())
        return iterated(self.body)

    def bytes(self) -> Bytes:
        """All of the content."""
        return b''.join(self)

    def text(self) -> str:
        return self.bytes().decode('utf-8', 'replace')

    def close(self) -> None:
        """Gives up what is left of the content: of an answer that comes, its object is told so."""
        close = getattr(self.body, 'close', None)
        if close is not None:
            close()

    def __enter__(self) -> 'Response':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f'<Response {self.status}>'
