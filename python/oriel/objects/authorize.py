"""The role Authorizer (FastCGI 1.0 §6.3): an object says who may."""

from __future__ import annotations

from .connection import Connection
from .errors import HttpError
from .headers import is_token
from .published import Published
from .request import Request
from .response import Response


def authorize(published: Published, request: Request, connection: Connection) -> Response:
    """200 where the object lets in. Raises HttpError, and whatever else the object raises: nobody comes in then."""
    ask = published.able('authorize_user')
    if ask is None:
        raise HttpError(404)
    said = ask(connection.user, request, connection)
    if said is not None and not isinstance(said, dict):
        kind = type(said).__name__
        raise TypeError(f'authorize_user of {published.name} returned {kind}: expected a dict of variables, or None')
    fields = []
    for name, value in (said or {}).items():
        if not isinstance(name, str) or not is_token(name) or not isinstance(value, str):
            raise TypeError(f'authorize_user of {published.name} said a variable that is none: {name!r}')
        # One character for each byte, as all values of fields.
        fields.append((f'Variable-{name}', value.encode('utf-8').decode('latin-1')))
    return Response(None, 200, fields)
