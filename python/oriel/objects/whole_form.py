"""The whole form of a request: nothing of HTTP is lost."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from .connection import Connection
from .content import Content
from .errors import HttpError
from .exchange import Exchange
from .headers import Headers, is_token
from .path import path_of
from .request import Request

# RFC 9112 §5
_flawless = re.compile(r"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*").fullmatch
Inform = Callable[[int, Headers], None]


def read_whole(variables: Dict[str, str], exchange: Exchange, inform: Optional[Inform]) -> Tuple[Request, Connection]:
    """Raises HttpError 400 for what is no request."""
    line, _, lines = variables['ORIEL_REQUEST'].partition('\r\n')
    parts = line.split(' ')
    if len(parts) != 3 or not is_token(parts[0]) or not parts[2].startswith('HTTP/'):
        raise HttpError(400, 'The request line is malformed.')
    method, target, protocol = parts
    # A caller is believed; but a line that is none would be another field to the next one who reads it.
    if not _flawless(lines):
        raise HttpError(400, 'A field line is malformed.')
    rewritten = variables.get('ORIEL_PATH')
    found = path_of(method, target if rewritten is None else rewritten)
    if found is None:
        raise HttpError(400, 'The path is malformed.')
    path, search = found
    headers = Headers.from_lines(lines)
    request = Request.received(
        method, target, path, search, protocol[5:], headers, content_of(exchange, headers), lambda: exchange.gone
    )
    authority = variables.get('ORIEL_AUTHORITY')
    request.authority = authority if authority is not None else headers.get('host', '') or ''
    request.mount = variables.get('ORIEL_MOUNT', '')
    params = variables.get('ORIEL_PARAMS')
    if params:
        request.params = _params(params)
    timeout = variables.get('ORIEL_TIMEOUT', '')
    if timeout.isdigit() and timeout.isascii() and len(timeout) < 12:
        request.timeout = int(timeout) / 1000
    request.secure = 'HTTPS' in variables
    connection = Connection(
        variables.get('ORIEL_CONNECTION', ''),
        variables.get('ORIEL_USER', ''),
        protocol,
        inform if protocol != 'HTTP/1.0' else None,
    )
    return request, connection


def content_of(exchange: Exchange, headers: Headers) -> Optional[Content]:
    """None where it is known already that there is none."""
    if exchange.input_ended and not exchange.pieces:
        # The content of a request to which there is none is whole, unless it was to have one.
        if not exchange.came and headers.get('content-length', '0') == '0':
            return None
    lengths = set(headers.getall('content-length'))
    declared: Optional[int] = None
    if lengths:
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit()) or len(length) > 15:
            raise HttpError(400, 'Content-Length is no number.')
        declared = int(length)
    return Content(exchange.read, declared, exchange.trailers)


def _params(text: str) -> Mapping[str, str]:
    found: Any = json.loads(text.encode('latin-1'))
    if not isinstance(found, dict):
        raise HttpError(400, 'The parameters of the route are malformed.')
    return {name: str(value) for name, value in found.items()}
