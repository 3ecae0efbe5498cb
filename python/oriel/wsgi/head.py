"""The head of an answer, as start_response gets it (PEP 3333, "The start_response() Callable")."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
# A field value (RFC 9110, section 5.5) as a native string: control characters could begin another field.
_VALUE = re.compile(r'[\t\x20-\x7e\x80-\xff]*').fullmatch
_STATUS = re.compile(r'[2-5][0-9][0-9] [\t\x20-\x7e\x80-\xff]*').fullmatch

# PEP 3333, "Other HTTP Features": those of the connection are the server's. `Status` would be taken for the status line.
_NOT_THEIRS = frozenset(
    ('connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailers', 'transfer-encoding',
     'upgrade', 'status')
)  # fmt: skip

_names: Dict[str, str] = {}
_KEPT = 512
"""How many names of fields, which were found good, are remembered."""


class Head(NamedTuple):
    text: str
    """The lines of the head, without the empty one."""
    length: int
    """Content-Length; -1 where it is not given."""
    empty: bool
    """Whether an answer of this status has no content (RFC 9110, section 6.4.1)."""


def read_head(status: Any, headers: Any) -> Head:
    """Raises TypeError and ValueError for what PEP 3333 does not allow."""
    if not isinstance(status, str):
        raise TypeError(f'the status is {_kind(status)}: expected a str such as "200 OK"')
    if not _STATUS(status):
        raise ValueError(f'the status is {status!r}: expected a text such as "200 OK"')
    if not isinstance(headers, list):
        raise TypeError(f'the headers are {_kind(headers)}: expected a list of (name, value)')
    text = f'Status: {status}\r\n'
    length = -1
    for name, value in headers:
        lower = _names.get(name)
        if lower is None:
            lower = _checked_name(name)
        # The usual ones need no look at each character.
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            _check_value(name, value)
        text += f'{name}: {value}\r\n'
        if lower == 'content-length':
            if not (value.isascii() and value.isdigit()) or length not in (-1, int(value)):
                raise ValueError(f'Content-Length is {value!r}: expected one number')
            length = int(value)
    return Head(text, length, status.startswith(('204', '304')))


def _checked_name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f'the name of a header is {_kind(name)}: expected str')
    if not _TOKEN(name):
        raise ValueError(f'{name!r} cannot be the name of a header')
    lower = name.lower()
    if lower in _NOT_THEIRS:
        raise ValueError(f'an application cannot set {name}: that is for the server (PEP 3333)')
    if len(_names) >= _KEPT:
        _names.clear()
    _names[name] = lower
    return lower


def _check_value(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f'the value of {name} is {_kind(value)}: expected str')
    if not _VALUE(value):
        raise ValueError(f'the value of {name} has characters that no header can have: {value!r}')


def _kind(value: object) -> str:
    return type(value).__name__


Headers = List['tuple[str, str]']
