r"""Patterns that are a row of characters of certain kinds, such as ``[a-f]\d`` or ``\d+ ms``. Pure.

`re` tries such a pattern at every byte. It is several times as fast to write one byte for each kind, and to
look for the row of them as for a word, once in each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock_tui.view.log_lines import ALONE, REPEAT, REPEATED, least, parts

_OTHER, _FIRST = 1, 32
"""The bytes for what is of no kind, and for the first kind."""
_NEWLINE = ord("\n")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Row:
    """Writes a byte for the kind of each byte by ``table``; a match is then the ``word``.

    ``line`` is that and what follows it in its line.
    """

    table: bytes
    word: bytes
    line: re.Pattern[bytes]

    def count(self, text: bytes, first: int, last: int) -> int:
        """Return how many lines of *text* between the two places have a match."""
        return len(self.line.findall(text[first:last].translate(self.table)))


def row(source: str) -> Row | None:
    """Return what counts the lines with a match of *source*; None if that is more than a row of kinds.

    Kinds that overlap are none: a byte would need to be written as both.
    """
    kinds = _kinds(source)
    if not kinds or len(kinds) > _LONGEST:
        return None
    distinct = list(dict.fromkeys(kinds))
    if not all(distinct) or sum(map(len, distinct)) > len(frozenset().union(*distinct)):
        return None
    table = bytearray([_OTHER]) * 256
    table[_NEWLINE] = _NEWLINE
    for code, kind in enumerate(distinct, _FIRST):
        for each in kind:
            table[each] = code
    word = bytes(_FIRST + distinct.index(kind) for kind in kinds)
    return Row(bytes(table), word, re.compile(re.escape(word) + rb"[^\n]*"))


def _kinds(source: str) -> list[frozenset[int]] | None:
    """Return the kinds one after the other; of what may come more often at the ends, the fewest."""
    found: list[frozenset[int]] = []
    for begin, end, part, repeat in _pieces(source):
        special = part in "(|)^$" or (part[0] == "\\" and part[1:].isalnum() and part[1:] not in ALONE)
        exact = repeat is None or (not repeat[1] and "," not in repeat[0])
        if special or REPEATED.match(source, end) or not (exact or begin == 0 or end == len(source)):
            return None
        plain = [part.encode()] if part[0] in "[\\" else [bytes([each]) for each in part.encode()]
        if repeat is not None and len(plain) > 1:  # in bytes it is the last of them that is repeated
            return None
        each = [_kind(one, literal=part[0] not in "[\\.") for one in plain]
        found += each * (1 if repeat is None else least(repeat))
        if len(found) > _LONGEST:
            return None
    return found


def _pieces(source: str) -> Iterator[tuple[int, int, str, re.Match[str] | None]]:
    """Yield each character or class of *source* with its repetition: where both begin and end, and what."""
    at = 0
    while at < len(source):
        begin, part = at, next(parts(source[at:]))[0]
        repeat = REPEAT.match(source, at + len(part))
        at = repeat.end() if repeat is not None else at + len(part)
        yield begin, at, part, repeat


def _kind(part: bytes, *, literal: bool) -> frozenset[int]:
    """Return the bytes that *part* stands for, without the newline: no match goes over the end of a line."""
    if literal:
        return frozenset(part)
    fits = re.compile(part).fullmatch
    return frozenset(each for each in range(256) if each != _NEWLINE and fits(bytes([each])))
