"""Which of an object's methods HTTP may call (src/message/dispatch.ts)."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List

_method = re.compile(r'[A-Z][A-Z0-9-]*').fullmatch
_USUAL = ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')


class Resource:
    """
    The class that resources extend: a method of HTTP is a method of the same name, which gets the request and the connection
    and returns a Response, `Declined` or a Reroute. HEAD falls back to GET; OPTIONS and 405 are answered from what is there.
    Nothing that is not in capitals can be called by HTTP.
    """


def is_method(name: str) -> bool:
    """Whether a name is one that is looked for on a resource: `__init__`, `info` and the like never are."""
    return _method(name) is not None


def methods_of(resource: object) -> Dict[str, Callable[..., Any]]:
    """The methods that a class below `Resource` has defined."""
    found: Dict[str, Callable[..., Any]] = {}
    for kind in type(resource).__mro__:
        if kind is Resource or kind is object:
            continue
        for name in vars(kind):
            if is_method(name) and name not in found:
                method = getattr(resource, name)
                # `PUT = None` takes away what a class above has.
                if callable(method):
                    found[name] = method
    return found


def allowed(methods: Dict[str, Any]) -> List[str]:
    """For Allow (RFC 9110 §10.2.1)."""
    there = {*methods, 'OPTIONS'}
    if 'GET' in there:
        there.add('HEAD')
    return [name for name in _USUAL if name in there] + sorted(there.difference(_USUAL))
