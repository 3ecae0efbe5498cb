"""Connections with an object server, which are kept."""

from __future__ import annotations

from typing import List, Optional

from ..fastcgi.records import WINDOW
from .channel import Channel

PATIENCE = 0.5
"""Seconds that an object server has to say what it is."""
_IDLE = 16
"""Connections that are kept."""


class Pool:
    """Threads may share it."""

    def __init__(self, address: 'str | tuple[str, int]', timeout: Optional[float]) -> None:
        self._address = address
        self._timeout = timeout
        self._idle: List[Channel] = []
        # Whether the server knows of objects, and of windows; None: it was not asked yet.
        self._known: 'Optional[tuple[bool, bool]]' = None

    def take(self) -> Channel:
        """A connection that is nobody else's, to a server of which is known what it is. Raises Failed."""
        channel = self._rested()
        if channel is not None:
            return channel
        channel = Channel(self._address, self._timeout)
        known = self._known
        if known is None:
            values = channel.values(PATIENCE) or {}
            known = values.get('ORIEL_OBJECTS') == '1', values.get('ORIEL_WINDOW') == str(WINDOW)
            self._known = known
            if not known[0]:
                # Some close the connection then, some serve nobody else meanwhile.
                channel.close()
                channel = Channel(self._address, self._timeout)
        channel.whole, channel.windowed = known
        return channel

    def keep(self, channel: Channel) -> None:
        """Takes it back."""
        if channel.whole and channel.idle and len(self._idle) < _IDLE:
            self._idle.append(channel)
        else:
            channel.close()

    def forget(self) -> None:
        """Another server may be there now."""
        self._known = None

    def close(self) -> None:
        """Closes the connections that rest."""
        while self._idle:
            self._idle.pop().close()

    def _rested(self) -> Optional[Channel]:
        while True:
            try:
                channel = self._idle.pop()
            except IndexError:
                return None
            if channel.alive:
                return channel
            channel.close()
            self.forget()
