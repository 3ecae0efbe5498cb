"""A request (src/message/request.ts)."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator, Mapping, Optional
from urllib.parse import unquote

from .content import BodyInit, Content, iterated, known, once
from .errors import HttpError
from .form import Form, read_form
from .headers import Headers, HeadersInit
from .path import split_target
from .query import Query

Bytes = bytes
_NO_PARAMS: Mapping[str, str] = {}


class Request:
    """A request. What is costly is made when somebody asks for it."""

    __slots__ = (
        'method', 'target', 'path', 'search', 'version', 'authority', 'secure', 'headers', 'body', 'mount', 'params', 'timeout',
        'given', '_gone', '_query',
    )  # fmt: skip

    def __init__(
        self,
        target: str = '/',
        *,
        method: str = 'GET',
        headers: Optional[HeadersInit] = None,
        body: BodyInit = None,
    ) -> None:
        """
        @param target: A path with an optional query, or an absolute URL.
        Raises ValueError for a target or a field that is none.
        """
        scheme, mark, rest = target.partition('://')
        fields = Headers(headers)
        path, search = split_target(target)
        if not path or any(c <= ' ' or c > '~' for c in target):
            raise ValueError(f'{target!r} is no path and no URL')
        if mark and not target.startswith('/') and 'host' not in fields:
            fields.append('Host', rest.split('/')[0].split('?')[0])
        self.given = known(body)
        """The bytes of content that are there as a whole."""
        if isinstance(body, str) and 'content-type' not in fields:
            fields.append('Content-Type', 'text/plain;charset=UTF-8')
        if body is not None and self.given is not None and 'content-length' not in fields:
            fields.append('Content-Length', str(len(self.given)))
        content: Optional[Content] = None
        if self.given is not None and body is not None:
            content = Content(once(self.given))
        elif body is not None:
            pieces = iterated(body)
            content = Content(lambda: next(pieces, b''))
        self._fill(method, target if target.startswith('/') else path + search, path, search, '1.1', fields, content)
        self.authority = fields.get('host', '') or ''
        self.secure = scheme == 'https'

    def _fill(
        self, method: str, target: str, path: str, search: str, version: str, headers: Headers, body: Optional[Content]
    ) -> None:
        self.method = method
        self.target = target
        """As the client sent it (RFC 9112 §3.2)."""
        self.path = path
        """The canonical path; `*` for OPTIONS *, empty for CONNECT."""
        self.search = search
        """The query with its `?`, or the empty text."""
        self.version = version
        """1.0, 1.1 or 2.0"""
        self.headers = headers
        self.body = body
        """The content; None where there is none."""
        self.authority = ''
        """Host and port as the client named them."""
        self.secure = False
        self.mount = ''
        """The literal part of the route's pattern before its `*`, or the path of the object."""
        self.params = _NO_PARAMS
        """The parameters of the route, decoded."""
        self.timeout: Optional[float] = None
        """Seconds for which the caller waits for the head of the answer; None: for ever."""
        self._gone: Callable[[], bool] = _never
        self._query: Optional[Query] = None

    @classmethod
    def received(
        cls,
        method: str,
        target: str,
        path: str,
        search: str,
        version: str,
        headers: Headers,
        body: Optional[Content],
        gone: Callable[[], bool],
    ) -> 'Request':
        """One that came, all of which was checked."""
        made = cls.__new__(cls)
        made.given = None
        made._fill(method, target, path, search, version, headers, body)
        made._gone = gone
        return made

    @property
    def url(self) -> str:
        """The absolute URL (RFC 9110 §7.1), of the canonical path."""
        return f'http{"s" if self.secure else ""}://{self.authority or "localhost"}{self.path}{self.search}'

    @property
    def rest(self) -> str:
        """The canonical path behind the mount."""
        return self.path[len(self.mount) :]

    @property
    def query(self) -> Query:
        if self._query is None:
            self._query = Query.parse(self.search[1:])
        return self._query

    @property
    def cookies(self) -> Dict[str, str]:
        """By name, decoded; of several of a name the first one (RFC 6265 §5.4)."""
        found: Dict[str, str] = {}
        for piece in (self.headers.get('cookie') or '').split(';'):
            name, equals, value = piece.strip(' \t').partition('=')
            if equals and name.strip(' \t') not in found:
                value = value.strip(' \t')
                if len(value) > 1 and value[0] == value[-1] == '"':
                    value = value[1:-1]
                found[name.strip(' \t')] = unquote(value)
        return found

    @property
    def gone(self) -> bool:
        """Whether nobody waits for the answer any more. One that works for long looks at it now and then."""
        return self._gone()

    @property
    def body_used(self) -> bool:
        """Whether somebody began to read the content."""
        return self.body is not None and self.body.used

    @property
    def trailers(self) -> Headers:
        """The trailer fields, once the content was read to its end; else empty."""
        return Headers() if self.body is None else self.body.trailers

    def __iter__(self) -> Iterator[Bytes]:
        """The content, piece by piece as it arrives. Raises Gone where it ends too early."""
        return iter(()) if self.body is None else iter(self.body)

    def bytes(self) -> Bytes:
        """All of the content. Raises Gone where it ends too early."""
        return b''.join(self)

    def text(self) -> str:
        return self.bytes().decode('utf-8', 'replace')

    def json(self) -> Any:
        """Raises HttpError 400 where the content is no JSON."""
        try:
            return json.loads(self.bytes())
        # RecursionError: what is nested without end.
        except (ValueError, RecursionError):
            raise HttpError(400, 'The body is not JSON.') from None

    def form(self) -> Form:
        """The form in the content, all of it. Raises HttpError 400 and 415 where it is none."""
        return read_form(self.headers.get('content-type') or '', self.bytes())

    def __repr__(self) -> str:
        return f'<Request {self.method} {self.target}>'


def _never() -> bool:
    return False
