"""What a server says of itself, on the standard error."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Raises nothing: whoever read the standard error may be gone, and the thread that leads must go on."""
    try:
        sys.stderr.write(text)
    except (OSError, ValueError, AttributeError):
        pass
