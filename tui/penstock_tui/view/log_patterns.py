"""What a search of a log looks for, found as fast as Python can: by words first, then by the pattern. Pure.

A pattern of `re` is tried at every byte; a word is found many times faster. So `Quick` looks for words of
which each match holds one, or for lines that begin or end as it asks, and tries the pattern only on these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import contains
from typing import Protocol

from penstock_tui.view.log_kinds import Row, row
from penstock_tui.view.log_lines import LineFinder, begun, counted, finder, with_returns
from penstock_tui.view.log_words import DIGIT, least, needed


class Sought(Protocol):
    """What `log_search.scan` looks for: a compiled pattern, or something as fast or faster."""

    def search(self, data: bytes, pos: int = ..., endpos: int = ..., /) -> re.Match[bytes] | None:
        """Return the first match between the two places."""
        ...


class _Words:
    """Where each of some words comes next in *data*; each byte is looked at once for each word.

    Of several lists of words it takes that which is there least often. ``low`` is *data*, in small letters
    with *fold*; ``dense`` says that the words are on nearly every line, so that they help little; ``returns``
    that there are carriage returns, which hide the text before them.
    """

    __slots__ = ("_asked", "_found", "data", "dense", "low", "returns", "text", "words")

    def __init__(self, data: bytes, needs: Sequence[Sequence[bytes]], *, fold: bool, digits: bool) -> None:
        self.data = data
        self.low = data.lower() if fold else data
        self.text = self.low.translate(_ONE_DIGIT) if digits else self.low
        sample = self.text[:_SAMPLE]
        counts = [sum(map(sample.count, words)) for words in needs]
        rarest = min(counts, default=len(sample))
        self.dense = len(sample) < rarest * _DENSE
        self.words = needs[counts.index(rarest)] if needs else ()
        self.returns = data.find(b"\r") >= 0
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
    *digits*: the words have one digit for all. *plain*: the one word is all of the pattern. *at* finds the
    lines that have a match, *line* matches once in each of them, *row* counts them; all three are for small
    letters with *fold*.
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
        at: LineFinder | None = None,
        line: str | None = None,
        row: Row | None = None,
    ) -> None:
        self.pattern = pattern
        self._needs = tuple(map(tuple, needs))
        self._fold, self._digits = fold, digits
        self._low = low
        self._rest = re.compile(re.escape(self._needs[0][0]) + rb"[^\n]*") if plain else None
        self._at = None if at is None else _Lines(at)
        self._line = None if line is None else re.compile(line.encode(), re.MULTILINE)
        self._row = row
        # One attribute, replaced as a whole: searches in several threads only cost each other time.
        self._state: _Words | None = None

    def search(self, data: bytes, pos: int = 0, endpos: int | None = None) -> re.Match[bytes] | None:
        """Return the first match between the two places."""
        state = self._over(data)
        end = len(data) if endpos is None else min(endpos, len(data))
        pattern, text = self._faster(state)
        place = self._places(state, text, end)
        if place is None:
            return pattern.search(text, pos, end)
        while 0 <= (at := place(pos)) < end:
            if self._rest is not None:
                return self.pattern.match(data, at, end)
            newline = data.find(b"\n", at, end)
            last = end if newline < 0 else newline
            hit = pattern.search(text, data.rfind(b"\n", pos, at) + 1 or pos, last)
            if hit is not None:
                return hit
            pos = last + 1
        return None

    def lines(self, data: bytes, first: int, last: int) -> int:
        """Return how many lines of *data* between the two places have a match."""
        state = self._over(data)
        if self._rest is None:
            pattern, text = self._faster(state)
            if self._at is not None and not state.returns:
                count = self._at.count(pattern, text, first, last)
                return lines(self, data, first, last) if count is None else count
            if self._row is not None and not state.returns and (state.dense or not state.words):
                return self._row.count(text, first, last)
            if state.dense and self._line is not None and not state.returns:
                return len(self._line.findall(text, first, last))
            return _each(pattern, text, first, last) if state.dense else lines(self, data, first, last)
        if state.dense:
            return sum(map(contains, _split(state.text, first, last), repeat(state.words[0])))
        return len(self._rest.findall(state.text, first, last))

    def _places(self, state: _Words, text: bytes, end: int) -> Callable[[int], int] | None:
        """Return what tells where after a place the next line begins that can match; None if all can."""
        if self._rest is None and self._at is not None and not state.returns:
            return partial(self._at.next, text, end)
        if self._rest is not None or not (state.dense or not state.words):
            return state.next
        return None

    def _faster(self, state: _Words) -> tuple[re.Pattern[bytes], bytes]:
        """Return a pattern with the text for it: one that minds the case is many times as fast."""
        return (self.pattern, state.data) if self._low is None else (self._low, state.low)

    def _over(self, data: bytes) -> _Words:
        state = self._state
        if state is None or state.data is not data:
            state = self._state = _Words(data, self._needs, fold=self._fold, digits=self._digits)
        return state


class _Lines:
    """A `LineFinder` over bytes without carriage returns."""

    __slots__ = ("_pattern", "_what")

    def __init__(self, what: LineFinder) -> None:
        self._what = what
        self._pattern = re.compile(what.source.encode(), re.MULTILINE)

    def next(self, text: bytes, end: int, pos: int) -> int:
        """Return a place in the first line from *pos* on that can match; -1 if none does up to *end*."""
        if self._what.after:
            hit = self._pattern.search(text, pos, end)
            return hit.start() if hit is not None else _last_line(text, pos, end)
        begun = text[pos - 1 : pos] == b"\n"
        if pos == 0 or not (begun or self._what.begins):
            return pos
        hit = self._pattern.search(text, pos - begun, end)
        return -1 if hit is None else hit.start() + 1

    def count(self, pattern: re.Pattern[bytes], text: bytes, first: int, last: int) -> int | None:
        """Return how many lines between the two places match *pattern*; None if each must be looked at.

        A line begins at *first*.
        """
        if not self._what.exact:
            found = map(pattern.match, _split(text, first, last)) if self._what.begins else None
            return None if found is None else sum(map(bool, found))
        if self._what.after:
            rest = _last_line(text, first, last)
            ends = rest < last and pattern.search(text, rest, last) is not None
            return len(self._pattern.findall(text, first, last)) + ends
        last -= text[last - 1 : last] == b"\n"  # no line begins after it
        return len(self._pattern.findall(text, first, last)) + (pattern.match(text, first, last) is not None)


def _last_line(text: bytes, pos: int, end: int) -> int:
    """Return where from *pos* on the line begins that goes on at *end*."""
    return text.rfind(b"\n", pos, end) + 1 or pos


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
        shown = re.compile(source, flags)
        lines = with_returns(begun(source)) if text.startswith("~") else source
        pattern = re.compile(lines.encode(), flags | re.MULTILINE)
    except (re.error, RecursionError) as error:
        return f"not a regular expression: {error}"
    low = re.compile(lines.encode(), re.MULTILINE) if fold else None
    if not text.startswith("~"):
        word = text.encode()  # bytes are folded in ASCII alone, by `re` as by `lower`: the rest is as typed
        return Wanted(text, Quick(pattern, [(word.lower() if fold else word,)], fold=fold, plain=True), shown)
    needs = needed(source)
    digits = max(map(least, needs), default=0) < _ENOUGH_LETTERS
    if digits:
        needs = needed(source, digits=True)
    coded = [[word.encode().lower() if fold else word.encode() for word in words] for words in needs]
    quick = Quick(
        pattern,
        coded,
        fold=fold,
        low=low,
        digits=digits,
        at=finder(source),
        line=counted(begun(source)),
        row=row(source),
    )
    return Wanted(text, quick, shown)
