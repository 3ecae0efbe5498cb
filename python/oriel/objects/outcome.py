"""What a method may return in the place of a Response (src/message/outcome.ts)."""

from __future__ import annotations

import re
from typing import Optional

# What may stand in a field without being two.
_path = re.compile(r'/[\x21-\x7e]*').fullmatch


class DeclinedType:
    """The type of `Declined`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return 'Declined'


Declined = DeclinedType()
"""Not mine, let the next route go on. An error once the content was read."""


class Reroute:
    """Start routing again on another path, guards included; five times at most."""

    __slots__ = ('to', 'method')

    def __init__(self, to: str, *, method: Optional[str] = None) -> None:
        """
        @param to: A path with an optional query.
        @param method: 'GET': the way goes on as a GET without content.
        Raises ValueError.
        """
        if not _path(to):
            raise ValueError(f'a Reroute goes to a path, percent-encoded, not to {to!r}')
        if method not in (None, 'GET'):
            raise ValueError(f'a Reroute goes on as it came, or as a GET, not as {method!r}')
        self.to = to
        self.method = method

    def __repr__(self) -> str:
        return f'Reroute({self.to!r})'
