"""
Oriel's side in Python. Standard library only.

    import oriel
    class Hello(oriel.Resource):
        def GET(self, request, connection):
            return oriel.Response('Hello')
    oriel.publish('paul', {'hello': Hello()})
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Dict

if TYPE_CHECKING:
    from .fastcgi.gone import Gone as Gone
    from .objects.bind import Bound as Bound
    from .objects.bind import bind as bind
    from .objects.connection import Address as Address
    from .objects.connection import AuthorizationRecord as AuthorizationRecord
    from .objects.connection import Connection as Connection
    from .objects.connection import Tls as Tls
    from .objects.errors import AuthenticationFailed as AuthenticationFailed
    from .objects.errors import AuthorizationRequired as AuthorizationRequired
    from .objects.errors import Forbidden as Forbidden
    from .objects.errors import HttpError as HttpError
    from .objects.form import File as File
    from .objects.form import Form as Form
    from .objects.headers import Headers as Headers
    from .objects.outcome import Declined as Declined
    from .objects.outcome import Reroute as Reroute
    from .objects.publish import publish as publish
    from .objects.query import Query as Query
    from .objects.request import Request as Request
    from .objects.resource import Resource as Resource
    from .objects.response import Response as Response

_PLACES: Dict[str, str] = {
    'Gone': 'fastcgi.gone', 'Bound': 'objects.bind', 'bind': 'objects.bind', 'Address': 'objects.connection',
    'AuthorizationRecord': 'objects.connection', 'Connection': 'objects.connection', 'Tls': 'objects.connection',
    'AuthenticationFailed': 'objects.errors', 'AuthorizationRequired': 'objects.errors', 'Forbidden': 'objects.errors',
    'HttpError': 'objects.errors', 'File': 'objects.form', 'Form': 'objects.form', 'Headers': 'objects.headers',
    'Declined': 'objects.outcome', 'Reroute': 'objects.outcome', 'publish': 'objects.publish', 'Query': 'objects.query',
    'Request': 'objects.request', 'Resource': 'objects.resource', 'Response': 'objects.response',
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Loaded when it is asked for (PEP 562): the WSGI host needs none of it."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    found: object = getattr(importlib.import_module(f'{__name__}.{place}'), name)
    globals()[name] = found
    return found
