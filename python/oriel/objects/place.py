"""Where an object server listens: docs/python-objects.md, "Its place"."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import tempfile
from typing import FrozenSet, Mapping, NamedTuple, Optional

from ..fastcgi.unix_socket import listen as listen_unix


class Place(NamedTuple):
    listener: socket.socket
    handle: str
    """What `bind`, and a config of Oriel, take."""
    path: Optional[str]
    """That of a Unix socket which is ours, to be removed at the end."""
    announced: bool
    """Whether whoever started the program cannot know it, and is told."""


def take_place(name: str, listen: Optional[str], environment: Mapping[str, str]) -> Place:
    """Raises OSError, ValueError for an address that is none, and what says what to do where the place is taken."""
    if listen is not None:
        return _at(listen)
    if environment.get('ORIEL_PUBLISH'):
        path = environment.get('SOCKET', '')
        if not path:
            raise ValueError('ORIEL_PUBLISH is there, but not the path of a socket, SOCKET: both are set by Oriel')
        return _unix(path, False)
    inherited = _inherited()
    if inherited is not None:
        return inherited
    place = _unix(os.path.join(_folder(environment), f'{name}.sock'), True)
    os.chmod(place.path or '', 0o600)
    return place


def web_servers(environment: Mapping[str, str]) -> Optional[FrozenSet[str]]:
    """FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 §3.2); None for all."""
    told = environment.get('FCGI_WEB_SERVER_ADDRS')
    return frozenset(part.strip() for part in told.split(',')) if told else None


def parse_address(address: str) -> 'str | tuple[str, int]':
    """The path of `unix:PATH`, or host and port of `HOST:PORT`. Raises ValueError."""
    if address.startswith('unix:') and len(address) > 5 and '\0' not in address:
        return address[5:]
    host, _, port = address.rpartition(':')
    if host.startswith('[') and host.endswith(']'):
        host = host[1:-1]
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError(f'{address!r} is no address: expected unix:PATH or HOST:PORT')
    return host, int(port)


def _at(address: str) -> Place:
    parsed = parse_address(address)
    if isinstance(parsed, str):
        return _unix(parsed, False)
    family, _, _, _, bound = socket.getaddrinfo(*parsed, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(bound)
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    host, port = listener.getsockname()[:2]
    return Place(listener, f'fastcgi:{f"[{host}]" if ":" in host else host}:{port}', None, parsed[1] == 0)


def _unix(path: str, announced: bool) -> Place:
    try:
        listener = listen_unix(path)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(
                error.errno, f'{path}: another process serves there: end that one, or choose another name, or `listen`'
            ) from None
        raise OSError(error.errno, f'cannot listen on {path}: {error.strerror or error}') from None
    return Place(listener, f'fastcgi:unix:{path}', path, announced)


def _inherited() -> Optional[Place]:
    """A socket on descriptor 0 that listens (FastCGI 1.0 §2.2), as spawn-fcgi and mod_fcgid hand it over."""
    try:
        if not stat.S_ISSOCK(os.fstat(0).st_mode):
            return None
        listener = socket.socket(fileno=os.dup(0))
    except OSError:
        return None
    accepting = 1
    if sys.platform == 'linux':
        accepting = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    try:
        # §2.2: that of a connection has a peer.
        listener.getpeername()
        accepting = 0
    except OSError:
        pass
    if not accepting:
        listener.close()
        return None
    return Place(listener, 'fastcgi:', None, False)


def _folder(environment: Mapping[str, str]) -> str:
    """A folder that nobody else can write to: who could would answer in our name."""
    base = environment.get('XDG_RUNTIME_DIR')
    folder = os.path.join(base, 'oriel') if base else os.path.join(tempfile.gettempdir(), f'oriel-{os.getuid()}')
    os.makedirs(folder, 0o700, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not this user's alone: say where to listen, as in listen='unix:/path/to/socket'")
    return folder
