"""An object that is called directly, with no web server between."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple, Union

from ..fastcgi import records
from .channel import Channel, Failed, TimedOut
from .connection import AuthorizationRecord, Connection
from .errors import AuthenticationFailed, HttpError
from .names import check_object_name
from .outcome import DeclinedType, Reroute
from .place import parse_address
from .pool import Pool
from .reply import Head, Reply, read_head, response_of
from .request import Request
from .resource import is_method
from .response import Response
from .variables import plain_variables, whole_variables

Asked = Union[Request, str]
Outcome = Union[Response, DeclinedType, Reroute]


def bind(handle: str, name: str, *, timeout: Optional[float] = 60.0) -> Bound:
    """
    An object of an object server.
    @param handle: `fastcgi:unix:PATH` or `fastcgi:HOST:PORT`: what `publish` prints.
    @param name: That of the object.
    @param timeout: Seconds that it has to begin with its answer, and for each piece of it; None: for ever.
    Raises ValueError for a handle or a name that is none. Nobody is asked yet.
    """
    if not handle.startswith('fastcgi:'):
        raise ValueError(f'{handle!r} is no binding handle: expected fastcgi:unix:PATH or fastcgi:HOST:PORT')
    return Bound(handle, name, timeout)


class Bound:
    """
    Has the methods of the object: `bound.GET(request)`, and every other one of HTTP. Threads may share it. What the object
    raises as HttpError is raised; where there is no answer that is HttpError 502, 503 or 504.
    """

    def __init__(self, handle: str, name: str, timeout: Optional[float]) -> None:
        self.handle = handle
        self.name = check_object_name(name)
        address = parse_address(handle[len('fastcgi:') :])
        self._timeout = timeout
        self._pool = Pool(address, timeout)

    def __getattr__(self, method: str) -> Callable[..., Outcome]:
        if not is_method(method):
            raise AttributeError(f'{method!r} is no method of HTTP')
        return lambda request='/', connection=None: self.call(method, request, connection)

    def call(self, method: str, request: Asked = '/', connection: Optional[Connection] = None) -> Outcome:
        """
        Calls a method by its name. The content of the answer may come while it is read: read it, or close the answer.
        @param connection: On whose behalf: who the client is, and the user.
        """
        if isinstance(request, str):
            request = Request(request)
        channel = self._channel()
        if channel.whole:
            variables = whole_variables(self.name, method, request, connection, self._timeout)
        else:
            variables = plain_variables(self.name, method, request, connection)
        head, reply = self._ask(channel, variables, _content(request), records.RESPONDER)
        outcome = response_of(head, reply, method)
        if isinstance(outcome, HttpError):
            raise outcome
        return outcome

    def info(self) -> Dict[str, Any]:
        """What its server says of it. Raises HttpError 404 where there is no such object."""
        told = json.loads(self._ask_other('info', 'info', b'', 200))
        for found in told.get('objects', []):
            if found.get('name') == self.name:
                return dict(found)
        raise HttpError(404, f'{self.handle} has no object {self.name}')

    def authenticate_user(self, name: str, password: str) -> AuthorizationRecord:
        """Raises AuthenticationFailed."""
        asked = json.dumps({'name': name, 'password': password}).encode()
        try:
            told = json.loads(self._ask_other('authenticate', self.name, asked, 200))
            return AuthorizationRecord(told['name'], tuple(told['groups']))
        except HttpError as error:
            if error.status == 403:
                raise AuthenticationFailed(f'{name!r} or the password is not right') from None
            raise

    def authorize_user(
        self, who: Optional[AuthorizationRecord], request: Asked, connection: Optional[Connection] = None
    ) -> Dict[str, str]:
        """The variables that it says. Raises HttpError, Forbidden or AuthorizationRequired where it lets nobody in."""
        if isinstance(request, str):
            request = Request(request)
        user = {'name': who.name, 'groups': list(who.groups)} if who is not None else {}
        connection = Connection(json.loads(connection.facts()[0]) if connection is not None else {}, user)
        channel = self._channel(whole=True)
        variables = whole_variables(self.name, request.method, request, connection, self._timeout)
        head, reply = self._ask(channel, variables, iter(()), records.AUTHORIZER)
        outcome = response_of(head, reply, 'HEAD' if head.status == 200 else 'GET')
        if isinstance(outcome, HttpError):
            raise outcome
        if not isinstance(outcome, Response) or outcome.status != 200:
            raise HttpError(outcome.status if isinstance(outcome, Response) and outcome.status >= 400 else 403)
        outcome.close()
        return {
            name[9:]: value.encode('latin-1').decode('utf-8', 'replace')
            for name, value in outcome.headers.raw()
            if name.lower().startswith('variable-')
        }

    def log_request(self, record: Mapping[str, Any]) -> None:
        """Tells it of an exchange."""
        self.log_requests((record,))

    def log_requests(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Tells it of several at once."""
        lines = ''.join(json.dumps(record) + '\n' for record in records)
        self._ask_other('log', self.name, lines.encode(), 204)

    def close(self) -> None:
        """Closes the connections that rest. It may be used again."""
        self._pool.close()

    def __enter__(self) -> Bound:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # One whose handle was refused has no connections.
        if '_pool' in vars(self):
            self.close()

    def _ask_other(self, call: str, name: str, content: bytes, expected: int) -> bytes:
        channel = self._channel(whole=True)
        asked = Request(method='POST' if content else 'GET', body=content or None)
        variables = whole_variables(name, asked.method, asked, None, self._timeout)
        variables['ORIEL_CALL'] = call
        head, reply = self._ask(channel, variables, _content(asked), records.RESPONDER)
        answer = response_of(head, reply, 'GET')
        if isinstance(answer, HttpError):
            raise answer
        if not isinstance(answer, Response) or answer.status != expected:
            reply.close()
            status = answer.status if isinstance(answer, Response) and answer.status >= 400 else 502
            raise HttpError(status, f'{self.name} cannot be asked that: {call}')
        return answer.bytes()

    def _ask(
        self, channel: Channel, variables: Dict[str, str], content: Iterator[bytes], role: int
    ) -> Tuple[Head, Reply]:
        deadline = monotonic() + self._timeout if self._timeout is not None else None
        reply = Reply(channel, self._timeout, self._pool.keep)
        try:
            channel.begin(variables, content, role)
            return read_head(channel, deadline), reply
        except TimedOut:
            channel.abort()
            raise HttpError(504, f'{self.name} did not answer within {self._timeout} s') from None
        except Failed as error:
            channel.close()
            self._pool.forget()
            raise HttpError(502, f'{self.handle}: {error}') from None
        except BaseException:
            channel.abort()
            raise

    def _channel(self, whole: bool = False) -> Channel:
        """@param whole: The server must know of objects."""
        try:
            channel = self._pool.take()
        except Failed as error:
            raise HttpError(503, f'{self.handle}: {error}') from None
        if whole and not channel.whole:
            channel.close()
            raise HttpError(502, f'{self.handle} knows nothing of objects: it can be asked by methods of HTTP only')
        return channel


def _content(request: Request) -> Iterator[bytes]:
    if request.given is not None:
        return iter((request.given,) if request.given else ())
    return iter(request)
