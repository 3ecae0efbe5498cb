"""Status codes (RFC 9110 §15)."""

from __future__ import annotations

from http import HTTPStatus

_PHRASES = {int(status): status.phrase for status in HTTPStatus}


def reason_phrase(status: int) -> str:
    """The registered one; empty for a status that has none."""
    return _PHRASES.get(status, '')
