"""The canonical path, as `src/message/path.ts` makes it: every character has one spelling, dot segments are removed."""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

_PCHAR = r"A-Za-z0-9\-._~!$&'()*+,;=:@"
_canonical = re.compile(rf'(?:/(?![/.])[{_PCHAR}]*)+').fullmatch
_other = re.compile(rf'%[0-9A-Fa-f]{{2}}|[^{_PCHAR}/]')
_plain = re.compile(rf'[{_PCHAR}]').fullmatch


def canonical_path(path: str) -> Optional[str]:
    """
    None for a path that is refused: one that does not begin with `/`, with a malformed percent-encoding, or with NUL or a
    backslash in any spelling.
    """
    if _canonical(path):
        return path
    if not path.startswith('/'):
        return None
    try:
        spelled = _other.sub(lambda match: _respelled(match.group()), path)
    except ValueError:
        return None
    kept: List[str] = []
    segments = spelled.split('/')
    for segment in segments:
        if segment == '..':
            del kept[-1:]
        elif segment not in ('', '.'):
            kept.append(segment)
    end = '/' if kept and segments[-1] in ('', '.', '..') else ''
    return '/' + '/'.join(kept) + end


def _respelled(found: str) -> str:
    if len(found) == 1:
        if found in '%\\\0':
            raise ValueError
        return ''.join(f'%{octet:02X}' for octet in found.encode('utf-8', 'replace'))
    octet = int(found[1:], 16)
    if octet in (0, 92):
        raise ValueError
    character = chr(octet)
    return character if octet < 128 and _plain(character) else f'%{octet:02X}'


def path_of(method: str, target: str) -> 'Optional[Tuple[str, str]]':
    """
    Canonical path and query of a request. None where they are refused: not all forms go with all methods (RFC 9112 §3.2).
    """
    path, search = split_target(target)
    if path is None or (path == '' and method != 'CONNECT') or (path == '*' and method != 'OPTIONS'):
        return None
    return path, search


def split_target(target: str) -> 'Tuple[Optional[str], str]':
    """
    The canonical path and the query, with its `?`, of a request target (RFC 9112 §3.2). The path is `*` for the asterisk
    form, empty for the authority form, None where it is refused.
    """
    if not target.startswith('/'):
        if target == '*':
            return '*', ''
        scheme, mark, rest = target.partition('://')
        if not mark:
            return '', ''
        at = min((i for i in (rest.find('/'), rest.find('?')) if i >= 0), default=len(rest))
        target = rest[at:] if rest[at : at + 1] == '/' else '/' + rest[at:]
    path, mark, search = target.partition('?')
    return canonical_path(path), mark + search if search else ''
