"""`wsgi.file_wrapper` (PEP 3333, "Optional Platform-Specific File Handling")."""

from __future__ import annotations

from typing import Any

from ..fastcgi.records import LARGEST


class FileWrapper:
    """An iterable over a file, from where it stands."""

    def __init__(self, filelike: Any, block_size: int = 8192) -> None:
        self.filelike = filelike
        # The blocks of a real file are as large as a record: each costs the same.
        self.block_size = LARGEST if _is_real(filelike) else block_size
        if hasattr(filelike, 'close'):
            self.close = filelike.close

    def __iter__(self) -> 'FileWrapper':
        return self

    def __next__(self) -> bytes:
        data: bytes = self.filelike.read(self.block_size)
        if data:
            return data
        raise StopIteration


def _is_real(filelike: Any) -> bool:
    try:
        filelike.fileno()
    except (AttributeError, OSError):
        return False
    return True
