"""The variables of a call, as its caller writes them."""

from __future__ import annotations

import json
from typing import Dict, Optional

from .connection import Connection
from .headers import is_token
from .path import split_target
from .request import Request


def whole_variables(
    name: str, method: str, request: Request, connection: Optional[Connection], timeout: Optional[float]
) -> Dict[str, str]:
    """The whole form. Raises ValueError for a request that has what no request may have."""
    path = f'{request.path}{request.search}'
    target = request.target
    variables = {'ORIEL_OBJECT': name, 'ORIEL_REQUEST': _head(method, target, request)}
    if request.mount:
        variables['ORIEL_MOUNT'] = request.mount
    if ''.join(part or '' for part in split_target(target)) != path:
        variables['ORIEL_PATH'] = path
    if request.authority != (request.headers.get('host') or ''):
        variables['ORIEL_AUTHORITY'] = request.authority
    if request.params:
        variables['ORIEL_PARAMS'] = json.dumps(dict(request.params))
    if request.secure:
        variables['HTTPS'] = 'on'
    facts, user = (connection or _DIRECT).facts()
    variables['ORIEL_CONNECTION'] = facts
    if user:
        variables['ORIEL_USER'] = user
    seconds = request.timeout if request.timeout is not None else timeout
    if seconds is not None:
        variables['ORIEL_TIMEOUT'] = str(int(seconds * 1000))
    return variables


def plain_variables(name: str, method: str, request: Request, connection: Optional[Connection]) -> Dict[str, str]:
    """The plain form: the variables of CGI (RFC 3875 §4.1)."""
    _head(method, request.target, request)
    connection = connection or _DIRECT
    host, _, port = request.authority.partition(':')
    variables = {
        'ORIEL_OBJECT': name,
        'GATEWAY_INTERFACE': 'CGI/1.1',
        'REQUEST_METHOD': method,
        'REQUEST_URI': request.target,
        'SCRIPT_NAME': request.mount,
        'PATH_INFO': request.rest,
        'QUERY_STRING': request.search[1:],
        'SERVER_PROTOCOL': f'HTTP/{request.version}',
        'SERVER_NAME': host or 'localhost',
        'SERVER_PORT': port or ('443' if request.secure else '80'),
        'SERVER_SOFTWARE': 'oriel',
        'REMOTE_ADDR': connection.client_address,
    }
    if request.secure:
        variables['HTTPS'] = 'on'
    if connection.user is not None:
        variables['REMOTE_USER'] = connection.user.name.encode('utf-8').decode('latin-1')
        variables['AUTH_TYPE'] = connection.auth_type or ''
    for field in request.headers.keys():
        if field in ('content-type', 'content-length'):
            variables[field.upper().replace('-', '_')] = request.headers[field]
        # RFC 3875 §4.1.18; CVE-2016-5385: HTTP_PROXY is read as the proxy to use.
        elif field not in ('authorization', 'proxy') and '_' not in field:
            variables[f'HTTP_{field.upper().replace("-", "_")}'] = request.headers[field]
    return variables


_DIRECT = Connection({'remote': ['', None], 'local': ['', None], 'secure': False})


def _head(method: str, target: str, request: Request) -> str:
    if not is_token(method):
        raise ValueError(f'{method!r} is no method')
    # A space or a line end would be another request.
    if not target or any(not '!' <= c <= '\xff' or c == '\x7f' for c in target):
        raise ValueError(f'{target!r} is no request target')
    fields = ''.join(f'{name}: {value}\r\n' for name, value in request.headers.raw())
    return f'{method} {target} HTTP/{request.version}\r\n{fields}'
