"""Unix sockets to listen on, and what is left of them."""

from __future__ import annotations

import errno
import os
import socket
import stat


def listen(path: str) -> socket.socket:
    """Takes the place of a socket on which nobody listens any more. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not _abandoned(path):
            listener.close()
            raise
        os.unlink(path)
        listener.bind(path)
    listener.listen(1024)
    return listener


def _abandoned(path: str) -> bool:
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == errno.ECONNREFUSED


def remove(path: str, made: os.stat_result) -> None:
    """Removes our own socket, not that of a successor."""
    try:
        if os.path.samestat(os.stat(path), made):
            os.unlink(path)
    except OSError:
        pass
