"""Status codes (RFC 9110 §15)."""

from __future__ import annotations

from http import HTTPStatus

_PHRASES = {int(status): status.phrase for status in HTTPStatus}
# Those that older Pythons do not have, or call by names of before RFC 9110.
_PHRASES.update({
    103: 'Early Hints', 413: 'Content Too Large', 414: 'URI Too Long', 416: 'Range Not Satisfiable', 418: "I'm a Teapot",
    422: 'Unprocessable Content', 425: 'Too Early',
})  # fmt: skip


def reason_phrase(status: int) -> str:
    """The registered one; empty for a status that has none."""
    return _PHRASES.get(status, '')
