"""One call of an object: found, made, answered."""

from __future__ import annotations

import os
import traceback
from typing import Any, Dict, List, Optional, Tuple, Union

from ..fastcgi.gone import Gone
from ..fastcgi.records import AUTHORIZER
from .answer import Answer, CutShort
from .authorize import authorize
from .connection import Connection
from .errors import HttpError
from .exchange import Exchange
from .other_calls import answer_other
from .outcome import Declined, Reroute
from .pace import Pace
from .plain_form import read_plain
from .published import Method, Objects, Published
from .request import Request
from .response import Response
from .whole_form import read_whole

_HERE = os.path.dirname(os.path.abspath(__file__))
Found = Tuple[Published, Request, Connection]


class Call:
    """A request that came, and what answers it."""

    __slots__ = (
        'pace', '_exchange', '_variables', '_whole', '_answer', '_objects', '_found', '_method', '_refused', '_authorizes',
    )  # fmt: skip

    def __init__(self, objects: Objects, exchange: Exchange) -> None:
        """Raises MalformedPairs."""
        self._objects = objects
        self._exchange = exchange
        variables = self._variables = exchange.read_params()
        # A server that knows of nothing else answers as a CGI program does.
        self._whole = 'ORIEL_REQUEST' in variables
        self._authorizes = exchange.role == AUTHORIZER
        self._answer = Answer(exchange, False)
        self._found: Optional[Found] = None
        self._method: Optional[Method] = None
        self._refused: Optional[HttpError] = None
        self.pace: Pace = objects.nobody
        if 'ORIEL_CALL' in variables:
            published = objects.find(variables.get('ORIEL_OBJECT', ''))
            if published is not None:
                self.pace = published.pace
            return
        try:
            self._find(variables)
        except HttpError as error:
            self._refused = error
        # What is no JSON: a caller that does not keep to the protocol.
        except (ValueError, RecursionError) as error:
            self._refused = HttpError(400, str(error))

    def _find(self, variables: Dict[str, str]) -> None:
        exchange = self._exchange
        if self._whole:
            name = variables.get('ORIEL_OBJECT', '')
            request, connection = read_whole(variables, exchange, self._inform)
        else:
            name, request, connection = read_plain(variables, exchange)
        if request.method == 'HEAD':
            self._answer = Answer(exchange, True)
        published = self._objects.find(name)
        if published is None:
            raise HttpError(404)
        self._found = published, request, connection
        self.pace = published.pace
        if not self._authorizes:
            self._method = published.methods.get(request.method)
            if self._method is not None:
                self.pace = self._method.pace

    def run(self) -> None:
        try:
            self._run()
        except Gone as error:
            self._gone(error)
        # SystemExit too: one request must not end the process under all others.
        except BaseException as error:
            self._failed(error)

    def _run(self) -> None:
        if self._refused is not None:
            raise self._refused
        found = self._found
        if found is None:
            return self._answer.send(answer_other(self._objects, self._variables, self._exchange))
        published, request, connection = found
        if self._authorizes:
            return self._answer.send(authorize(published, request, connection))
        method = self._method
        if method is not None:
            reply = method.call(request, connection)
        else:
            reply = _without(published, request)
        if isinstance(reply, Response):
            self._answer.send(reply)
        else:
            self._send_outcome(reply, published, request)

    def _send_outcome(self, reply: Any, published: Published, request: Request) -> None:
        if reply is Declined:
            if request.body_used:
                raise TypeError(f'{published.name} declined a request whose content it had read')
            if self._whole:
                return self._answer.send_outcome(404, 'declined')
            raise HttpError(404)
        if isinstance(reply, Reroute):
            fields: List[Tuple[str, str]] = [('Location', reply.to)]
            if self._whole:
                if reply.method is not None:
                    fields.append(('Oriel-Method', reply.method))
                return self._answer.send_outcome(200, 'reroute', fields)
            # A local redirect (RFC 3875 §6.2.2), which has no status.
            return self._exchange.end(f'Location: {reply.to}\r\n\r\n'.encode('latin-1'))
        raise TypeError(
            f'{request.method} of {published.name} returned {type(reply).__name__}: expected an oriel.Response'
        )

    def _failed(self, error: BaseException) -> None:
        exchange = self._exchange
        thrown = isinstance(error, HttpError)
        if not thrown or self._answer.begun:
            exchange.complain(_text_of(error))
        if exchange.ended:
            return
        if self._answer.begun:
            exchange.complain('the answer is broken off: its head was sent already\n')
            return self._answer.break_off()
        try:
            self._send_error(error if isinstance(error, HttpError) else HttpError(500))
        except Gone:
            self._answer.break_off()
        except BaseException as again:
            exchange.complain(_text_of(again))
            self._answer.break_off()

    def _send_error(self, error: HttpError) -> None:
        if self._whole:
            fields = [field for field in error.headers.raw() if field[0].lower() not in _OF_CONTENT]
            if error.code is not None:
                fields.append(('Oriel-Code', _code(error.code)))
            return self._answer.send_outcome(error.status, 'thrown', fields, error.detail or '')
        self._answer.send(Response(f'{error}\n', error.status, error.headers))

    def _gone(self, error: Gone) -> None:
        """Nobody waits; unless the content ended too early, which is the fault of who asks."""
        if self._exchange.gone or self._exchange.ended or self._answer.begun:
            return self._answer.break_off()
        self._failed(HttpError(400, f'The content cannot be read: {error}.'))

    def _inform(self, status: int, headers: Any) -> None:
        self._answer.inform(status, headers)


# Those that tell of a content that the error does not have, and those that only the caller may read.
_OF_CONTENT = frozenset(('content-length', 'transfer-encoding', 'status', 'oriel-answer', 'oriel-code', 'oriel-method'))


def _without(published: Published, request: Request) -> Response:
    """RFC 9110 §9.3.7, §15.5.6."""
    allow = {'Allow': ', '.join(published.allow)}
    if not published.methods:
        raise HttpError(404)
    if request.method == 'OPTIONS':
        return Response(None, 204, allow)
    raise HttpError(405, f'{request.method} is not possible here.', headers=allow)


def _code(code: str) -> str:
    return ''.join(c if '!' <= c <= '~' else '-' for c in code)


def _text_of(error: Union[BaseException, CutShort]) -> str:
    if isinstance(error, CutShort):
        return f'{error}\n'
    full = traceback.TracebackException.from_exception(error)
    # Ours are of no interest: where the object was called, and what it called.
    frames = [frame for frame in full.stack if os.path.dirname(os.path.abspath(frame.filename)) != _HERE]
    full.stack = traceback.StackSummary.from_list(frames)
    return ''.join(full.format())
