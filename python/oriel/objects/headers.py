"""Field lines (RFC 9110 §5)."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
# RFC 9110 §5.5: what may be set, so that no message can be split.
_value = re.compile(r'[\t\x20-\x7e\x80-\xff]*').fullmatch
_names: Dict[str, str] = {}
_KEPT = 512
"""How many names, which were found good, are remembered."""

HeadersInit = Union['Headers', Mapping[str, Union[str, Sequence[str]]], Iterable[Tuple[str, str]]]


def is_token(text: str) -> bool:
    """RFC 9110 §5.6.2."""
    return _token(text) is not None


def check_field_name(name: Any) -> str:
    """The name in lower case. Raises TypeError and ValueError for what is no token (RFC 9110 §5.1)."""
    lower = _names.get(name) if isinstance(name, str) else None
    if lower is not None:
        return lower
    if not isinstance(name, str):
        raise TypeError(f'the name of a field is {type(name).__name__}: expected str')
    if not _token(name):
        raise ValueError(f'{name!r} is not a field name')
    if len(_names) >= _KEPT:
        _names.clear()
    _names[name] = name.lower()
    return _names[name]


def check_field_value(name: str, value: Any) -> str:
    """
    The value as it goes on the wire, without white space round it. Raises TypeError, and ValueError for CR, LF, NUL, other
    control characters, and anything above U+00FF: such a value could end the field or the head.
    """
    if not isinstance(value, str):
        raise TypeError(f'the value of {name} is {type(value).__name__}: expected str')
    if not (value.isascii() and value.isprintable()) and not _value(value):
        raise ValueError(f'the value of {name} has a character that no field value may have: {value!r}')
    return value.strip(' \t')


class Headers:
    """
    Fields in the order and the case sent, repeated ones apart. Names are found whatever their case. Names and values are
    checked when they are set; each character of a value is one byte.
    """

    __slots__ = ('_list', '_lines')

    def __init__(self, init: Optional[HeadersInit] = None) -> None:
        """
        @param init: Other fields, a mapping of names to a value or a list of values, or pairs.
        Raises TypeError and ValueError for what no field may have.
        """
        # Of a request it is made when somebody asks.
        self._list: Optional[List[Tuple[str, str]]] = []
        self._lines = ''
        if init is None:
            return
        if isinstance(init, Headers):
            self._list = list(init.raw())
        elif isinstance(init, Mapping):
            for name, value in init.items():
                for one in (value,) if isinstance(value, str) else value:
                    self.append(name, one)
        else:
            for name, value in init:
                self.append(name, value)

    @staticmethod
    def from_lines(lines: str) -> 'Headers':
        """Fields of a text that has `Name: value CRLF` for each; taken apart when somebody asks."""
        made = Headers()
        made._list = None
        made._lines = lines
        return made

    def raw(self) -> List[Tuple[str, str]]:
        """Every field line as it was sent. Not to be changed."""
        found = self._list
        if found is None:
            found = []
            for line in self._lines.split('\r\n'):
                name, colon, value = line.partition(':')
                if colon:
                    found.append((name, value.strip(' \t')))
            self._list = found
        return found

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """All values of a field, joined by `, ` (RFC 9110 §5.3); those of Cookie by `; ` (RFC 6265 §5.4)."""
        values = self.getall(name)
        if not values:
            return default
        return values[0] if len(values) == 1 else ('; ' if name.lower() == 'cookie' else ', ').join(values)

    def getall(self, name: str) -> List[str]:
        """The values of a field one by one, in the order sent."""
        wanted = name.lower()
        return [value for sent, value in self.raw() if sent.lower() == wanted]

    def set(self, name: str, value: str) -> None:
        """Replaces every field of this name by one. Raises TypeError and ValueError."""
        check_field_name(name)
        checked = check_field_value(name, value)
        self.delete(name)
        self.raw().append((name, checked))

    def append(self, name: str, value: str) -> None:
        """Adds a field beside those of the same name. Raises TypeError and ValueError."""
        check_field_name(name)
        self.raw().append((name, check_field_value(name, value)))

    def delete(self, name: str) -> None:
        """Takes every field of this name away."""
        wanted = name.lower()
        self._list = [field for field in self.raw() if field[0].lower() != wanted]

    def keys(self) -> List[str]:
        """Each name once, in lower case."""
        return list(dict.fromkeys(name.lower() for name, _ in self.raw()))

    def items(self) -> List[Tuple[str, str]]:
        """Each name once, in lower case, with its joined value; Set-Cookie fields one by one."""
        found: List[Tuple[str, str]] = []
        for name in self.keys():
            values = self.getall(name) if name == 'set-cookie' else [self[name]]
            found += [(name, value) for value in values]
        return found

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    __setitem__ = set
    __delitem__ = delete

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.raw() == other.raw()

    def __repr__(self) -> str:
        return f'Headers({self.raw()!r})'
