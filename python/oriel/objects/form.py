"""Forms: `application/x-www-form-urlencoded` and `multipart/form-data` (RFC 7578)."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional
from urllib.parse import unquote

from .errors import HttpError
from .query import Query

MOST_PARTS = 1000
_LARGEST_HEAD = 8192
_parameter = re.compile(r';[ \t]*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^";\s]*))').finditer
_escaped = re.compile('%(?:22|0D|0A)').sub


class File(NamedTuple):
    """A file in a form."""

    name: str
    """What the field is called."""
    filename: str
    """What the client calls the file: never to be used as a path."""
    type: str
    content: bytes


class Form(Query):
    """The fields; its files are in `files`."""

    __slots__ = ('files',)

    def __init__(self) -> None:
        super().__init__()
        self.files: List[File] = []

    def file(self, name: str) -> Optional[File]:
        """The first file of that name."""
        return next((file for file in self.files if file.name == name), None)


def read_form(content_type: str, content: bytes) -> Form:
    """Raises HttpError 415 for another type, 400 for what is malformed, 413 for too many parts."""
    kind = content_type.partition(';')[0].strip(' \t').lower()
    form = Form()
    if kind == 'application/x-www-form-urlencoded':
        form._pairs = Query.parse(content.decode('utf-8', 'replace'))._pairs
    elif kind == 'multipart/form-data':
        boundary = _parameters(content_type).get('boundary', '')
        # RFC 2046 §5.1.1
        if not 1 <= len(boundary) <= 70:
            raise HttpError(400, 'The form has no boundary.')
        _read_parts(form, b'--' + boundary.encode('latin-1', 'replace'), content)
    else:
        raise HttpError(415, 'The body is no form.')
    return form


def _read_parts(form: Form, delimiter: bytes, content: bytes) -> None:
    # RFC 2046 §5.1.1: a delimiter stands at the beginning of a line, and what is before the first one is no part.
    at = 0 if content.startswith(delimiter) else content.find(b'\r\n' + delimiter)
    if at < 0:
        raise HttpError(400, 'The form has no part.')
    at += len(delimiter) + (0 if at == 0 and content.startswith(delimiter) else 2)
    parts = 0
    while not content.startswith(b'--', at):
        start = content.find(b'\r\n', at)
        end = content.find(b'\r\n' + delimiter, start)
        if start < 0 or end < 0 or content[at:start].strip(b' \t'):
            raise HttpError(400, 'The form is not complete.')
        parts += 1
        if parts > MOST_PARTS:
            raise HttpError(413, 'The form has too many parts.')
        _read_part(form, content, start + 2, end)
        at = end + 2 + len(delimiter)


def _read_part(form: Form, content: bytes, start: int, end: int) -> None:
    head_end = content.find(b'\r\n\r\n', start, min(end, start + _LARGEST_HEAD))
    if head_end < 0:
        raise HttpError(400, 'A part of the form has no head, or one that is too large.')
    fields: Dict[str, str] = {}
    for line in content[start:head_end].decode('utf-8', 'replace').split('\r\n'):
        name, _, value = line.partition(':')
        fields[name.lower()] = value.strip(' \t')
    told = _parameters(fields.get('content-disposition', ''))
    if 'name' not in told:
        raise HttpError(400, 'A part of the form has no name.')
    held = content[head_end + 4 : end]
    if 'filename' in told:
        form.files.append(File(told['name'], told['filename'], fields.get('content-type', 'text/plain'), held))
    else:
        form._pairs.append((told['name'], held.decode('utf-8', 'replace')))


def _parameters(value: str) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for match in _parameter(value):
        name, quoted, plain = match.groups()
        # Browsers write a quote as %22 and line ends as %0D%0A (HTML, "multipart form data"), and a backslash as it is.
        if quoted is not None:
            plain = _escaped(lambda found: unquote(found.group()), quoted.replace('\\"', '"'))
        found.setdefault(name.lower(), plain)
    return found
