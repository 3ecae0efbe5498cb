"""What is asked of an object server beside requests (ORIEL_CALL)."""

from __future__ import annotations

import json
import traceback
from typing import Any, Callable, Dict

from .errors import AuthenticationFailed, HttpError
from .exchange import Exchange
from .published import Objects
from .response import Response
from ..fastcgi.say import say

MOST_CREDENTIALS = 1 << 16
"""Bytes of a name and a password."""


def answer_other(objects: Objects, variables: Dict[str, str], exchange: Exchange) -> Response:
    """404 where there is no such object, or it cannot be asked that. Raises Gone, and what the object raises."""
    call = variables['ORIEL_CALL']
    name = variables.get('ORIEL_OBJECT', '')
    if call == 'info':
        return Response.json(objects.info())
    published = objects.find(name)
    if published is not None and call == 'log':
        log = published.able('log_request')
        if log is not None:
            return _log(log, exchange)
    if published is not None and call == 'authenticate':
        authenticate = published.able('authenticate_user')
        if authenticate is not None:
            return _authenticate(authenticate, exchange)
    return Response(None, 404)


def _log(log: Callable[[Any], object], exchange: Exchange) -> Response:
    """JSON lines, each of which is told when it is there."""
    rest = b''
    while True:
        piece = exchange.read()
        lines = (rest + piece).split(b'\n')
        # What is behind the last line end is a line once nothing more comes.
        rest = lines.pop() if piece else b''
        for line in lines:
            if line.strip():
                _tell(log, line)
        if not piece:
            return Response(None, 204)


def _tell(log: Callable[[Any], object], line: bytes) -> None:
    try:
        log(json.loads(line))
    # One record that fails must not lose the others.
    except Exception:
        say(f'oriel: a record could not be logged:\n{traceback.format_exc()}')


def _authenticate(authenticate: Callable[[str, str], Any], exchange: Exchange) -> Response:
    said = b''
    while True:
        piece = exchange.read()
        said += piece
        if not piece:
            break
        if len(said) > MOST_CREDENTIALS:
            raise HttpError(413)
    try:
        told = json.loads(said)
        name, password = told['name'], told['password']
    except (ValueError, KeyError, TypeError):
        raise HttpError(400, 'name and password are expected, as JSON.') from None
    if not isinstance(name, str) or not isinstance(password, str):
        raise HttpError(400, 'name and password are texts.')
    try:
        found = authenticate(name, password)
    except AuthenticationFailed:
        return Response(None, 403)
    groups = getattr(found, 'groups', None)
    known = getattr(found, 'name', None)
    if not isinstance(known, str) or isinstance(groups, str) or groups is None:
        # What is no record lets nobody in.
        raise TypeError(f'authenticate_user returned {type(found).__name__}: expected an oriel.AuthorizationRecord')
    return Response.json({'name': known, 'groups': [str(group) for group in groups]})
