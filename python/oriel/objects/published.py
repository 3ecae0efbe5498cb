"""The objects of a server, and what it says of itself."""

from __future__ import annotations

import json
import traceback
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from .names import check_object_name
from .pace import Pace
from .resource import allowed, methods_of
from ..fastcgi.say import say

VERSION = '0.1.0'
SOFTWARE = f'oriel/{VERSION}'


class Method(NamedTuple):
    call: Callable[..., Any]
    pace: Pace


class Published:
    """An object under its name."""

    __slots__ = ('name', 'resource', 'methods', 'allow', 'pace')

    def __init__(self, name: str, resource: object) -> None:
        """Raises ValueError for the name, and TypeError for what is no object that can be called."""
        self.name = check_object_name(name)
        self.resource = resource() if isinstance(resource, type) else resource
        methods = methods_of(self.resource)
        self.methods: Dict[str, Method] = {method: Method(call, Pace()) for method, call in methods.items()}
        if 'GET' in methods:
            self.methods.setdefault('HEAD', self.methods['GET'])
        self.allow = allowed(methods)
        self.pace = Pace()
        """That of calls that are no method of HTTP, and of what is answered without the object."""
        if not methods and not any(self.able(name) for name in ('authorize_user', 'authenticate_user', 'log_request')):
            raise TypeError(
                f'{name} cannot be published: {type(self.resource).__name__} has no method such as GET, and none of '
                'authorize_user, authenticate_user, log_request'
            )

    def able(self, name: str) -> Optional[Callable[..., Any]]:
        """The method of that name, where the object has one."""
        found = getattr(self.resource, name, None)
        return found if callable(found) else None


class Objects:
    """All objects of a server."""

    def __init__(self, server: str, objects: Mapping[str, object]) -> None:
        """Raises ValueError and TypeError."""
        self.server = server
        self._objects = {name: Published(name, resource) for name, resource in objects.items()}
        self.nobody = Pace()
        """The pace of what is answered without an object."""

    def find(self, name: str) -> Optional[Published]:
        return self._objects.get(name)

    def info(self) -> Dict[str, Any]:
        """The answer to the call `info`."""
        return {
            'server': self.server,
            'software': SOFTWARE,
            'objects': [_told(published) for published in self._objects.values()],
        }


def _told(published: Published) -> Dict[str, Any]:
    told: Dict[str, Any] = {'name': published.name, 'methods': published.allow if published.methods else []}
    for name, able in (('authorizer', 'authorize_user'), ('authenticator', 'authenticate_user'), ('logger', 'log_request')):
        if published.able(able) is not None:
            told[name] = True
    info = published.able('info')
    if info is None:
        return told
    try:
        said = info()
        json.dumps(said, allow_nan=False)
        if not isinstance(said, dict):
            raise TypeError(f'info() returned {type(said).__name__}: expected dict')
        told['info'] = said
    # One that fails must not hide all others.
    except Exception:
        say(f'oriel: {published.name} cannot say anything of itself:\n{traceback.format_exc()}')
    return told


