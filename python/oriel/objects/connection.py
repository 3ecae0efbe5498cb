"""Where a request came from (src/message/connection.ts)."""

from __future__ import annotations

import base64
import json
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from .headers import Headers


class AuthorizationRecord(NamedTuple):
    """Who somebody is, as an authenticator says (authorize.isl)."""

    name: str
    groups: Sequence[str] = ()


class Address(NamedTuple):
    """An end of a socket; of a Unix socket there is no port."""

    address: str
    port: Optional[int]


class Tls(NamedTuple):
    protocol: str
    """TLSv1.2, TLSv1.3"""
    cipher: str
    server_name: Optional[str]
    """The name that the client asked for by SNI."""
    peer_certificate: Optional[bytes]
    """The client's certificate in DER, where it sent one and a listed authority had signed it."""


class Connection:
    """Made for each request: its user ends with it. Identity is this object, never a field of the request."""

    __slots__ = ('protocol', '_facts', '_user', '_inform')

    def __init__(
        self,
        facts: 'str | Dict[str, Any]' = '',
        user: 'str | Dict[str, Any]' = '',
        protocol: str = 'HTTP/1.1',
        inform: Optional[Callable[[int, Headers], None]] = None,
    ) -> None:
        """@param facts: ORIEL_CONNECTION. @param user: ORIEL_USER. Both are taken apart when somebody asks."""
        self.protocol = protocol
        """HTTP/1.0, HTTP/1.1, HTTP/2.0"""
        self._facts = facts
        self._user = user
        self._inform = inform

    @property
    def remote(self) -> Address:
        """The other end of the socket: the client, or the proxy before the web server."""
        return _address(self._told().get('remote'))

    @property
    def local(self) -> Address:
        return _address(self._told().get('local'))

    @property
    def client_address(self) -> str:
        """The address of the real client: that of the socket, unless a trusted proxy tells another."""
        client = self._told().get('client')
        return _text(client.get('address')) if isinstance(client, dict) else self.remote.address

    @property
    def secure(self) -> bool:
        """Whether the client spoke TLS, to the web server or to a trusted proxy."""
        told = self._told()
        client = told.get('client')
        return bool((client if isinstance(client, dict) else told).get('secure', False))

    @property
    def known_name(self) -> Optional[str]:
        """The client's name, where it was looked up."""
        name = self._told().get('name')
        return name if isinstance(name, str) else None

    @property
    def tls(self) -> Optional[Tls]:
        tls = self._told().get('tls')
        if not isinstance(tls, dict):
            return None
        name = tls.get('serverName')
        certificate = tls.get('peerCertificate')
        return Tls(
            _text(tls.get('protocol')),
            _text(tls.get('cipher')),
            name if isinstance(name, str) else None,
            base64.b64decode(certificate) if isinstance(certificate, str) else None,
        )

    @property
    def user(self) -> Optional[AuthorizationRecord]:
        """Who the guard let in; None where nobody logged in."""
        told = self._told_of_user()
        name = told.get('name')
        groups = told.get('groups')
        if not isinstance(name, str):
            return None
        return AuthorizationRecord(name, tuple(_text(group) for group in groups) if isinstance(groups, list) else ())

    @property
    def auth_type(self) -> Optional[str]:
        """By which scheme the user was identified, such as Basic."""
        kind = self._told_of_user().get('type')
        return kind if isinstance(kind, str) else None

    @property
    def variables(self) -> Dict[str, str]:
        """What the authorizer that let the request in said beside."""
        found = self._told_of_user().get('variables')
        return {name: _text(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def inform(self, status: int, headers: Headers) -> None:
        """
        Sends an informational answer, such as 103 Early Hints, ahead of the final one, where that can be. 100 and 101 are
        the server's to say: they are dropped.
        """
        if self._inform is not None and 101 < status < 200:
            self._inform(status, headers)

    def _told(self) -> Dict[str, Any]:
        if isinstance(self._facts, str):
            self._facts = _object(self._facts)
        return self._facts

    def _told_of_user(self) -> Dict[str, Any]:
        if isinstance(self._user, str):
            self._user = _object(self._user)
        return self._user

    def facts(self) -> 'tuple[str, str]':
        """ORIEL_CONNECTION and ORIEL_USER, to hand them on."""
        user = self._told_of_user()
        return json.dumps(self._told()), json.dumps(user) if user else ''


def _object(text: str) -> Dict[str, Any]:
    if not text:
        return {}
    # The variables were read as one character for each byte; this is UTF-8.
    found = json.loads(text.encode('latin-1'))
    if not isinstance(found, dict):
        raise ValueError('the caller told of the connection in a way that is no JSON object')
    return found


def _address(told: Any) -> Address:
    pair: List[Any] = told if isinstance(told, list) else []
    port = pair[1] if len(pair) > 1 else None
    return Address(_text(pair[0]) if pair else '', port if isinstance(port, int) else None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ''
