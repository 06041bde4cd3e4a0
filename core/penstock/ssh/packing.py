"""What makes a conversation over a slow line small: one compressed stream, answers as changes of older ones.

Both sides remember the last answer to each question. An answer that is the same again takes a few bytes, one
that has changed the pieces that are new and where the others were. Everything goes through one compressor for
each direction, so what was sent before is not sent again. Pure: bytes in, bytes out.
"""

from __future__ import annotations

import lzma
import re
import zlib
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from penstock.api.wire import Problem
from penstock.errors import ProtocolError
from penstock.model.views.events import Change
from penstock.ssh.words import WORDS

KIND = 2
"""The kind of packing. Another one gets another number, and who does not know it refuses it."""
_MEMORY = 32
"""Questions whose last answers are remembered."""
_LARGEST = 1 << 20
"""Bytes of the longest answer that is remembered."""
_NOT_AGAIN = frozenset({"read_log", "log_pieces", "commit", "hello", "pack"})
"""Questions that are not asked a second time, or are answered with something else each time."""
_CUT = re.compile(rb"(?<=[}\],])")
_AHEAD = 12
"""Pieces that were left out, or a list that has moved on by one, are found within so many."""
_WORTH = 0.7
"""The share of an answer that may be new, for sending it as a change."""
_WBITS = -15
_FLUSHED = b"\x00\x00\xff\xff"
"""How every flush of the compressor ends."""
_IN_STREAM, _ALONE = 0, 1
_LARGE = 4000
"""Bytes from which on a line is compressed by itself: better, and at more cost."""
_LZMA = [
    {
        "id": lzma.FILTER_LZMA2,
        "preset": 9 | lzma.PRESET_EXTREME,
        "dict_size": 1 << 20,
        "lc": 2,
        "lp": 0,
        "pb": 0,
    }
]
"""What was smallest for lists in columns. Both sides must use the same, or `KIND` is raised."""
_MORE, _BITS, _HEAD = 0x80, 0x7F, 5

Edit = list[int]
"""How an answer is made of the one before, three numbers at a time: so many bytes that are new, then from
which piece of the other one on how many are the same."""


class Packer:
    """Compresses one direction: small packets in one stream, a large line by itself.

    A packet is its length and kind as one number (seven bits a byte, the low ones first), then its bytes.
    """

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(9, zlib.DEFLATED, _WBITS, 9, zdict=WORDS)

    def pack(self, lines: Sequence[bytes]) -> bytes:
        """Return *lines* as the next bytes; all of them can be read at once from these."""
        packets: list[bytes] = []
        small: list[bytes] = []
        for line in lines:
            if len(line) < _LARGE:
                small.append(line)
                continue
            packets += [
                self._small(small),
                _packet(_ALONE, lzma.compress(line, lzma.FORMAT_RAW, filters=_LZMA)),
            ]
            small = []
        return b"".join([*packets, self._small(small)])

    def _small(self, lines: list[bytes]) -> bytes:
        if not lines:
            return b""
        data = self._deflate.compress(b"".join(lines)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _packet(_IN_STREAM, data.removesuffix(_FLUSHED))


class Unpacker:
    """Reads what a `Packer` on the other side made."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_WBITS, WORDS)
        self._rest = b""
        self._begun = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that *data* completes, without their ends; raise `ProtocolError` for damage."""
        self._rest += data
        lines: list[bytes] = []
        while (found := _first_packet(self._rest)) is not None:
            kind, packet, self._rest = found
            try:
                if kind == _ALONE:
                    text = lzma.decompress(packet, lzma.FORMAT_RAW, filters=_LZMA)
                else:
                    text = self._inflate.decompress(packet + _FLUSHED)
            except (zlib.error, lzma.LZMAError) as error:
                raise ProtocolError(f"what the other side sent cannot be unpacked: {error}") from None
            *whole, self._begun = (self._begun + text).split(b"\n")
            lines += whole
        return lines


def _packet(kind: int, data: bytes) -> bytes:
    number, head = len(data) << 1 | kind, bytearray()
    while number >= _MORE:
        head.append(number & _BITS | _MORE)
        number >>= 7
    head.append(number)
    return bytes(head) + data


def _first_packet(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Return kind, packet and the rest of *data*; None while it is not whole."""
    number = 0
    for place, byte in enumerate(data[:_HEAD]):
        number |= (byte & _BITS) << 7 * place
        if byte < _MORE:
            begin, end = place + 1, place + 1 + (number >> 1)
            return (number & 1, data[begin:end], data[end:]) if len(data) >= end else None
    if len(data) >= _HEAD:
        raise ProtocolError("what the other side sent cannot be unpacked: a packet of no length")
    return None


class Remembered:
    """The last answers, as both sides remember them: told of the same ones in the same order, both agree."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, bytes], list[bytes]] = OrderedDict()

    def shorten(self, method: str, params: bytes, result: bytes) -> tuple[Edit, bytes] | None:
        """Return *result* as a change of the last answer to the question, and what is new in it.

        None if it is to be sent whole.
        """
        pieces = _pieces(result)
        before = self._answers.get((method, params))
        self._keep(method, params, pieces)
        if before is None:
            return None
        edit, fresh = _edit(before, pieces)
        return (edit, fresh) if len(fresh) <= _WORTH * len(result) else None

    def lengthen(self, method: str, params: bytes, edit: Edit, fresh: bytes) -> bytes:
        """Return the answer that *edit* makes of the last one; raise `ProtocolError` if that does not fit."""
        before = self._answers.get((method, params))
        if before is None:
            raise ProtocolError(f"a change of an answer to {method!r} that is not known here")
        result = _applied(before, edit, fresh)
        self._keep(method, params, _pieces(result))
        return result

    def whole(self, method: str, params: bytes, result: bytes) -> None:
        """Remember an answer that came whole."""
        self._keep(method, params, _pieces(result))

    def _keep(self, method: str, params: bytes, pieces: list[bytes]) -> None:
        if method in _NOT_AGAIN:
            return
        key = (method, params)
        self._answers.pop(key, None)
        if sum(map(len, pieces)) > _LARGEST:
            return
        self._answers[key] = pieces
        while len(self._answers) > _MEMORY:
            self._answers.popitem(last=False)


def _pieces(result: bytes) -> list[bytes]:
    """Return a JSON text cut behind each value, object and list."""
    return _CUT.split(result)


def _edit(before: list[bytes], after: list[bytes]) -> tuple[Edit, bytes]:
    """Return how *after* is made of *before*, and what is new in it."""
    only = _places_of_those_that_are_there_once(before)
    edit: Edit = []
    fresh: list[bytes] = []
    new = place = count = 0
    for piece in after:
        if count and place < len(before) and before[place] == piece:
            place, count = place + 1, count + 1
            continue
        if count:
            edit += [new, place - count, count]
            new = count = 0
        found = _found(before, place, piece)
        if found is None:
            found = only.get(piece)
        if found is None:
            fresh.append(piece)
            new += len(piece)
        else:
            place, count = found + 1, 1
    if new or count:
        edit += [new, place - count, count]
    return edit, b"".join(fresh)


def _found(before: list[bytes], place: int, piece: bytes) -> int | None:
    for near in range(place, min(place + _AHEAD, len(before))):
        if before[near] == piece:
            return near
    return None


def _places_of_those_that_are_there_once(pieces: list[bytes]) -> dict[bytes, int]:
    places: dict[bytes, int] = {}
    twice: set[bytes] = set()
    for place, piece in enumerate(pieces):
        if piece in places:
            twice.add(piece)
        places[piece] = place
    return {piece: place for piece, place in places.items() if piece not in twice}


def _applied(before: list[bytes], edit: Edit, fresh: bytes) -> bytes:
    parts: list[bytes] = []
    used = 0
    for at in range(0, len(edit) - 2, 3):
        new, first, count = edit[at : at + 3]
        if new < 0 or not 0 <= first <= first + count <= len(before):
            raise ProtocolError("a change of an answer does not fit the answer that is known here")
        parts.append(fresh[used : used + new])
        parts += before[first : first + count]
        used += new
    if used != len(fresh):
        raise ProtocolError("a change of an answer does not fit what came with it")
    return b"".join(parts)


_NOTHING = msgspec.Raw(b"")


class Packed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line from a bridge that packs. After an ``edit`` comes a line with what is new in it."""

    id: int | None = None
    result: msgspec.Raw = _NOTHING
    columns: msgspec.Raw = _NOTHING
    """A long result, as `penstock.ssh.columns` writes it."""
    edit: Edit | None = None
    error: Problem | None = None
    change: Change | None = None
