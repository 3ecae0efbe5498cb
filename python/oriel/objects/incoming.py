"""What comes on a connection: records, told to the requests that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional

from ..fastcgi import records
from ..fastcgi.pairs import MalformedPairs, pair, read_pairs
from ..fastcgi.records import HEAD, HEAD_SIZE
from .exchange import HELD, Exchange

if TYPE_CHECKING:
    from .link import Link

MOST_PARAMS = 1 << 20
"""Bytes of variables that a request may have."""


class Broken(Exception):
    """What came is no FastCGI."""


class Incoming:
    """For the thread that reads."""

    __slots__ = ('_link', '_rest', '_left', '_wanted', '_reading')

    def __init__(self, link: Link) -> None:
        self._link = link
        # What came and was not taken apart: it begins with a record.
        self._rest = b''
        # Bytes of content and padding that are to come of a record of STDIN, and how many of them whom they are for wants.
        self._left = 0
        self._wanted = 0
        self._reading: Optional[Exchange] = None

    def take(self, data: bytes) -> None:
        """Takes apart what came. Raises Broken."""
        if self._rest:
            data = self._rest + data
        at = 0
        size = len(data)
        exchanges = self._link.exchanges
        while at < size:
            if self._left:
                at = self._content(data, at)
                continue
            if size - at < HEAD_SIZE:
                break
            version, kind, number, length, padding = HEAD.unpack_from(data, at)
            if version != records.VERSION:
                raise Broken(f'a record has version {version}')
            start = at + HEAD_SIZE
            exchange = exchanges.get(number)
            if kind == records.STDIN:
                at = start
                self._begin_content(exchange, length, padding)
                continue
            end = start + length
            if end + padding > size:
                break
            at = end + padding
            if kind == records.PARAMS:
                if exchange is not None:
                    self._variables(exchange, data[start:end])
            elif kind == records.BEGIN_REQUEST:
                self._begin(number, exchange, data[start:end])
            elif exchange is not None:
                self._tell(exchange, kind, data[start:end])
            elif number == 0:
                self._manage(kind, data[start:end])
        self._rest = data[at:]

    def _begin_content(self, exchange: Optional[Exchange], length: int, padding: int) -> None:
        self._left = length + padding
        self._reading = None
        if exchange is None or exchange.input_ended:
            return
        if length:
            self._reading = exchange
            self._wanted = length
        else:
            exchange.input_ended = True
            exchange.wake()

    def _content(self, data: bytes, at: int) -> int:
        """Takes what there is of a record of STDIN. Returns where it ends."""
        here = min(self._left, len(data) - at)
        exchange = self._reading
        wanted = min(self._wanted, here)
        if exchange is not None and wanted and not exchange.ended:
            exchange.pieces.append(data[at : at + wanted])
            exchange.came += wanted
            held = exchange.came - exchange.taken
            if exchange.windowed:
                if held > records.WINDOW:
                    raise Broken('more of a content came than its window allows')
            elif held > HELD and exchange.waiter is None:
                self._link.paused = True
            exchange.wake()
        self._wanted -= wanted
        self._left -= here
        return at + here

    def _variables(self, exchange: Exchange, content: bytes) -> None:
        if exchange.complete:
            return
        if content:
            exchange.params.append(content)
            exchange.params_size += len(content)
            if exchange.params_size > MOST_PARAMS:
                raise Broken(f'the variables have more than {MOST_PARAMS} bytes')
            return
        exchange.complete = True
        self._link.owner.arrived.append(exchange)

    def _begin(self, number: int, exchange: Optional[Exchange], content: bytes) -> None:
        if len(content) < 8 or number == 0:
            raise Broken('a BEGIN_REQUEST is malformed')
        if exchange is not None:
            # Whose of the two the next records are nobody could say.
            raise Broken(f'request {number} was begun twice')
        role, flags = records.BEGIN_BODY.unpack_from(content)
        if role not in (records.RESPONDER, records.AUTHORIZER):
            self._link.answers.append(records.end_request(number, records.UNKNOWN_ROLE))
        elif self._link.closing or not self._link.owner.accepts():
            self._link.answers.append(records.end_request(number, records.OVERLOADED))
        else:
            self._link.active.append(number)
            self._link.owner.active.append(number)
            self._link.exchanges[number] = Exchange(self._link, number, role, flags)

    def _tell(self, exchange: Exchange, kind: int, content: bytes) -> None:
        if kind == records.ABORT_REQUEST:
            exchange.gone = True
            if self._link.claim(exchange):
                exchange.ended = True
                self._link.release()
                self._link.answers.append(records.end_request(exchange.number, records.REQUEST_COMPLETE))
            exchange.wake()
        elif kind == records.CREDIT:
            if len(content) < 4:
                raise Broken(f'a CREDIT has {len(content)} bytes, not 4')
            exchange.credited += int.from_bytes(content[:4], 'big')
            exchange.wake()
        elif kind == records.TRAILERS and exchange.windowed and not exchange.input_ended:
            exchange.trailer_lines = content

    def _manage(self, kind: int, content: bytes) -> None:
        """Section 4. What is not known is left out."""
        if kind != records.GET_VALUES:
            self._link.answers.append(records.record(records.UNKNOWN_TYPE, 0, bytes((kind, 0, 0, 0, 0, 0, 0, 0))))
            return
        asked: Dict[str, str] = {}
        try:
            read_pairs(content, asked)
        except MalformedPairs:
            raise Broken('a GET_VALUES is malformed') from None
        values = self._link.owner.values
        told = b''.join(pair(name.encode(), values[name]) for name in asked if name in values)
        self._link.answers.append(records.record(records.GET_VALUES_RESULT, 0, told))
