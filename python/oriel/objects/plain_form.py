"""The plain form of a request: the variables of CGI (RFC 3875), from any web server."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple
from urllib.parse import unquote

from .connection import Connection
from .errors import HttpError
from .exchange import Exchange
from .headers import Headers, is_token
from .path import canonical_path, path_of
from .request import Request
from .whole_form import content_of


def read_plain(variables: Dict[str, str], exchange: Exchange) -> Tuple[str, Request, Connection]:
    """The name of the object, and what it gets. Raises HttpError 400 for what is no request."""
    method = variables.get('REQUEST_METHOD', '')
    if not is_token(method):
        raise HttpError(400, 'The method is malformed.')
    target = variables.get('REQUEST_URI') or _target(variables)
    found = path_of(method, target)
    if found is None:
        raise HttpError(400, 'The path is malformed.')
    path, search = found
    protocol = variables.get('SERVER_PROTOCOL', 'HTTP/1.1')
    headers = _headers(variables)
    request = Request.received(
        method, target, path, search, protocol[5:], headers, content_of(exchange, headers), lambda: exchange.gone
    )
    request.authority = headers.get('host') or variables.get('SERVER_NAME') or ''
    request.secure = variables.get('HTTPS', '').lower() in ('on', '1')
    name: Optional[str] = variables.get('ORIEL_OBJECT')
    mount = _mount(variables, path)
    connection = Connection(_facts(variables, request.secure), _user(variables), protocol)
    if name is None:
        segment, request.mount = _named(path, mount)
        return segment, request, connection
    if mount is not None:
        request.mount = mount
    return name, request, connection


def _target(variables: Dict[str, str]) -> str:
    path = variables.get('SCRIPT_NAME', '') + variables.get('PATH_INFO', '')
    query = variables.get('QUERY_STRING', '')
    # These were decoded by the web server.
    path = path.replace('%', '%25').replace('?', '%3F') or '/'
    return f'{path}?{query}' if query else path


def _mount(variables: Dict[str, str], path: str) -> Optional[str]:
    """SCRIPT_NAME as far as it is the beginning of the path; None where it is not."""
    script = variables.get('SCRIPT_NAME', '').rstrip('/')
    if not script:
        return ''
    mount = canonical_path(script.replace('%', '%25'))
    if mount is not None and (path == mount or path.startswith(mount + '/')):
        return mount
    return None


def _named(path: str, mount: Optional[str]) -> Tuple[str, str]:
    """
    The object that the first segment behind the mount names, and the path of it. A SCRIPT_NAME that is the whole path, as
    nginx has it, is no mount.
    """
    if mount is None or path == mount:
        mount = ''
    segment = path[len(mount) + 1 :].partition('/')[0]
    return unquote(segment).partition('@')[0], f'{mount}/{segment}'


def _headers(variables: Dict[str, str]) -> Headers:
    """RFC 3875 §4.1.18. The case that a name was sent in is not known."""
    headers = Headers()
    fields = headers.raw()
    for name, value in variables.items():
        # nginx says those of the content in both ways.
        if name.startswith('HTTP_') and name not in ('HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH'):
            sent = name[5:].replace('_', '-').title()
        elif name in ('CONTENT_TYPE', 'CONTENT_LENGTH') and value:
            sent = 'Content-Type' if name == 'CONTENT_TYPE' else 'Content-Length'
        else:
            continue
        if is_token(sent):
            fields.append((sent, value.strip(' \t')))
    return headers


def _facts(variables: Dict[str, str], secure: bool) -> Dict[str, Any]:
    return {
        'remote': [variables.get('REMOTE_ADDR', ''), _port(variables.get('REMOTE_PORT', ''))],
        'local': [variables.get('SERVER_ADDR', ''), _port(variables.get('SERVER_PORT', ''))],
        'secure': secure,
        'name': variables.get('REMOTE_HOST'),
        'tls': {'protocol': variables.get('SSL_PROTOCOL'), 'cipher': variables.get('SSL_CIPHER')} if secure else None,
    }


def _user(variables: Dict[str, str]) -> Dict[str, Any]:
    name = variables.get('REMOTE_USER')
    if not name:
        return {}
    return {'name': name.encode('latin-1').decode('utf-8', 'replace'), 'type': variables.get('AUTH_TYPE')}


def _port(text: str) -> Optional[int]:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


