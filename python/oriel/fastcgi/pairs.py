"""Name-value pairs (FastCGI 1.0, section 3.4)."""

from __future__ import annotations

import struct
from typing import Any, Dict

_LONG = struct.Struct('>I')


class MalformedPairs(Exception):
    """They end within a pair."""


def read_pairs(content: bytes, into: Dict[str, Any]) -> None:
    """Adds the pairs as native strings of PEP 3333: each character is a byte. Raises MalformedPairs."""
    text = content.decode('latin-1')
    end = len(content)
    at = 0
    try:
        while at < end:
            name = content[at]
            value = content[at + 1]
            if (name | value) < 128:
                at += 2
            else:
                at, name = _size(content, at)
                at, value = _size(content, at)
            middle = at + name
            at = middle + value
            into[text[middle - name : middle]] = text[middle:at]
    except (IndexError, struct.error):
        raise MalformedPairs from None
    if at != end:
        raise MalformedPairs


def _size(content: bytes, at: int) -> 'tuple[int, int]':
    size = content[at]
    if size < 128:
        return at + 1, size
    return at + 4, _LONG.unpack_from(content, at)[0] & 0x7FFFFFFF


def pair(name: bytes, value: bytes) -> bytes:
    """A pair whose name and value have fewer than 128 bytes."""
    return bytes((len(name), len(value))) + name + value


def write_pairs(pairs: Dict[str, str]) -> bytes:
    """Each character of names and values is one byte. Raises UnicodeEncodeError for others."""
    parts = []
    for name, value in pairs.items():
        for text in (name, value):
            size = len(text)
            parts.append(bytes((size,)) if size < 128 else _LONG.pack(size | 0x80000000))
        parts.append(f'{name}{value}'.encode('latin-1'))
    return b''.join(parts)
