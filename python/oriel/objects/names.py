"""What objects and object servers may be called."""

from __future__ import annotations

import re

_name = re.compile(r'[A-Za-z0-9_\-~][A-Za-z0-9_\-.~]{0,99}').fullmatch
_RULE = 'letters, digits, "_", "-", "." and "~", at most 100, not beginning with "." and without ".."'


def check_object_name(name: object) -> str:
    """Raises ValueError."""
    return _check(name, 'an object', 'info', 'what an object server says of itself')


def check_server_name(name: object) -> str:
    """Raises ValueError."""
    return _check(name, 'an object server', 'root', 'the site itself')


def _check(name: object, what: str, taken: str, by: str) -> str:
    if not isinstance(name, str) or not _name(name) or '..' in name:
        raise ValueError(f'{name!r} cannot be the name of {what}: a name has {_RULE}')
    if name == taken:
        raise ValueError(f'{name!r} cannot be the name of {what}: it is the name of {by}')
    return name
