"""Names and values of a query, or of a form."""

from __future__ import annotations

from typing import Iterable, Iterator, List, Mapping, Tuple
from urllib.parse import unquote_plus


class Query(Mapping[str, str]):
    """Names with one value or more each, in the order sent. As a mapping it has the first value of each name."""

    __slots__ = ('_pairs',)

    def __init__(self, pairs: Iterable[Tuple[str, str]] = ()) -> None:
        self._pairs: List[Tuple[str, str]] = list(pairs)

    @staticmethod
    def parse(text: str) -> 'Query':
        """@param text: `application/x-www-form-urlencoded`, without a `?`. What is no UTF-8 becomes U+FFFD."""
        made = Query()
        for piece in text.split('&'):
            if not piece:
                continue
            name, _, value = piece.partition('=')
            made._pairs.append((unquote_plus(name), unquote_plus(value)))
        return made

    def getall(self, name: str) -> List[str]:
        """All values of a name."""
        return [value for one, value in self._pairs if one == name]

    def pairs(self) -> List[Tuple[str, str]]:
        """All names and values, repeated ones apart."""
        return list(self._pairs)

    def __getitem__(self, name: str) -> str:
        for one, value in self._pairs:
            if one == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self._pairs))

    def __len__(self) -> int:
        return len({name for name, _ in self._pairs})

    def __repr__(self) -> str:
        return f'Query({self._pairs!r})'
