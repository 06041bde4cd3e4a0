"""What a search of a log looks for, found as fast as Python can: by words first, then by the pattern. Pure.

A pattern of `re` is tried at every byte; a word is found many times faster. So `Quick` looks for words of
which each match holds one, and tries the pattern only on the lines that have one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import contains
from typing import Protocol

from penstock_tui.view.log_words import DIGIT, least, needed


class Sought(Protocol):
    """What `log_search.scan` looks for: a compiled pattern, or something as fast or faster."""

    def search(self, data: bytes, pos: int = ..., endpos: int = ..., /) -> re.Match[bytes] | None:
        """Return the first match between the two places."""
        ...


class _Words:
    """Where each of some words comes next in *data*; each byte is looked at once for each word.

    Of several lists of words it takes that which is there least often. ``low`` is *data*, in small letters
    with *fold*; ``dense`` says that the words are on nearly every line, so that they help little.
    """

    __slots__ = ("_asked", "_found", "data", "dense", "low", "text", "words")

    def __init__(self, data: bytes, needs: Sequence[Sequence[bytes]], *, fold: bool, digits: bool) -> None:
        self.data = data
        self.low = data.lower() if fold else data
        self.text = self.low.translate(_ONE_DIGIT) if digits else self.low
        sample = self.text[:_SAMPLE]
        counts = [sum(map(sample.count, words)) for words in needs]
        rarest = min(counts, default=len(sample))
        self.dense = len(sample) < rarest * _DENSE
        self.words = needs[counts.index(rarest)] if needs else ()
        self._asked = [-1] * len(self.words)
        self._found = [-2] * len(self.words)

    def next(self, pos: int) -> int:
        """Return the first place from *pos* on where one of the words begins; -1 when there is none."""
        first = -1
        for place, word in enumerate(self.words):
            asked, found = self._asked[place], self._found[place]
            if not (0 <= asked <= pos and (found >= pos or found == -1)):
                found = self._found[place] = self.text.find(word, pos)
                self._asked[place] = pos
            if found >= 0 and (first < 0 or found < first):
                first = found
        return first


class Quick:
    """*pattern*, of which every match holds a word of each list of *needs*, and no line end.

    *fold*: in any case; the words are small letters then, and *low* is the pattern for text in small letters.
    *digits*: the words have one digit for all. *plain*: the one word is all of the pattern.
    """

    def __init__(
        self,
        pattern: re.Pattern[bytes],
        needs: Sequence[Sequence[bytes]],
        *,
        fold: bool,
        low: re.Pattern[bytes] | None = None,
        digits: bool = False,
        plain: bool = False,
    ) -> None:
        self.pattern = pattern
        self._needs = tuple(map(tuple, needs))
        self._fold, self._digits = fold, digits
        self._low = low
        self._rest = re.compile(re.escape(self._needs[0][0]) + rb"[^\n]*") if plain else None
        # One attribute, replaced as a whole: searches in several threads only cost each other time.
        self._state: _Words | None = None

    def search(self, data: bytes, pos: int = 0, endpos: int | None = None) -> re.Match[bytes] | None:
        """Return the first match between the two places."""
        state = self._over(data)
        end = len(data) if endpos is None else min(endpos, len(data))
        pattern, text = self._faster(state)
        if self._rest is None and (state.dense or not state.words):
            return pattern.search(text, pos, end)
        while 0 <= (at := state.next(pos)) < end:
            if self._rest is not None:
                return self.pattern.match(data, at, end)
            newline = data.find(b"\n", at, end)
            last = end if newline < 0 else newline
            hit = pattern.search(text, data.rfind(b"\n", pos, at) + 1 or pos, last)
            if hit is not None:
                return hit
            pos = last
        return None

    def lines(self, data: bytes, first: int, last: int) -> int:
        """Return how many lines of *data* between the two places have a match."""
        state = self._over(data)
        if self._rest is None:
            pattern, text = self._faster(state)
            return _each(pattern, text, first, last) if state.dense else lines(self, data, first, last)
        if state.dense:
            return sum(map(contains, _split(state.text, first, last), repeat(state.words[0])))
        return len(self._rest.findall(state.text, first, last))

    def _faster(self, state: _Words) -> tuple[re.Pattern[bytes], bytes]:
        """Return a pattern with the text for it: one that minds the case is many times as fast."""
        return (self.pattern, state.data) if self._low is None else (self._low, state.low)

    def _over(self, data: bytes) -> _Words:
        state = self._state
        if state is None or state.data is not data:
            state = self._state = _Words(data, self._needs, fold=self._fold, digits=self._digits)
        return state


def lines(pattern: Sought, data: bytes, first: int, last: int) -> int:
    """Return how many lines of *data* between the two places have a match of *pattern*."""
    begin, count = first, 0
    while first < last and (hit := pattern.search(data, first, last)) is not None:
        count += 1
        first = data.find(b"\n", hit.end(), last) + 1 or last
        if count == _ENOUGH and first - begin < count * _DENSE:
            return count + _each(
                pattern.pattern if isinstance(pattern, Quick) else pattern, data, first, last
            )
    return count


def _each(pattern: Sought, data: bytes, first: int, last: int) -> int:
    """Return the same as `lines`, by looking at one line after the other."""
    return sum(map(bool, map(pattern.search, _split(data, first, last))))


_ENOUGH = 64
"""Hits after which it is known how close together they are."""
_DENSE = 400
"""With more than one hit in so many bytes it is faster to look at one line after the other."""
_SAMPLE = 64 << 10
"""Bytes from which it is told how often words come."""
_ONE_DIGIT = bytes.maketrans(b"0123456789", DIGIT.encode() * 10)
_ENOUGH_LETTERS = 3
"""A word of so many letters is rare enough to look for."""


def _split(data: bytes, first: int, last: int) -> list[bytes]:
    """Return the lines between the two places."""
    found = data[first:last].split(b"\n")
    if not found[-1]:
        found.pop()  # after the end of the last line there is no further one
    return found


ERROR = re.compile(
    rb"\b(?:ERROR|FATAL|CRITICAL|PANIC)\b"
    rb"|^Traceback \(most recent call last\)"
    rb"|\berror: |^\w*(?:Error|Exception)\b|\bpanic: "
    rb"|\bexit(?:ed)?(?: with)?(?: code| status)?:? [1-9]"
    rb'|\b(?:level|levelname|severity|lvl)(?:"\s*:\s*"|=)(?:d?panic|error|fatal|critical)\b'
    rb'|\blevel":[56]0\b',
    re.MULTILINE,
)
"""The pattern of error lines, those of loggers that write JSON or key=value included."""

ERRORS: Sought = Quick(
    ERROR,
    [(b"error", b"fatal", b"critical", b"panic", b"traceback", b"exception", b"exit", b'level":50',
      b'level":60')],
    fold=True,
)  # fmt: skip
"""`ERROR`, but many times as fast."""

_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}")
_NESTED = re.compile(r"\)\s*[*+{?]|\\[1-9]|\(\?P=")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search looks for: ``text`` as typed, and the pattern for bytes and for shown text."""

    text: str
    in_bytes: Sought
    in_text: re.Pattern[str]


def wanted(text: str) -> Wanted | str:
    """Return what *text* asks for, or the reason why it cannot be searched.

    Plain text, any case unless it has a capital; a leading ``~`` makes it a regular expression,
    with quantifiers limited so that no line can take long.
    """
    if not text or text == "~":
        return "nothing to search for"
    source = text[1:] if text.startswith("~") else re.escape(text)
    if text.startswith("~") and (_NESTED.search(source) or len(_UNBOUNDED.findall(source)) > 2):
        return "too many repeats: at most two of * and +, none after a group"
    fold = not any(char.isupper() for char in text)
    flags = re.IGNORECASE if fold else re.NOFLAG
    try:
        pattern = re.compile(source.encode(), flags | re.MULTILINE)
        shown = re.compile(source, flags)
    except (re.error, RecursionError) as error:
        return f"not a regular expression: {error}"
    low = re.compile(source.encode(), re.MULTILINE) if fold else None
    if not text.startswith("~"):
        word = text.encode()  # bytes are folded in ASCII alone, by `re` as by `lower`: the rest is as typed
        return Wanted(text, Quick(pattern, [(word.lower() if fold else word,)], fold=fold, plain=True), shown)
    needs = needed(source)
    digits = max(map(least, needs), default=0) < _ENOUGH_LETTERS
    if digits:
        needs = needed(source, digits=True)
    coded = [[word.encode().lower() if fold else word.encode() for word in words] for words in needs]
    return Wanted(text, Quick(pattern, coded, fold=fold, low=low, digits=digits), shown)
