"""What a search of a log looks for, found as fast as Python can: by words first, then by the pattern. Pure.

A pattern of `re` is tried at every byte; a word is found many times faster. So `Quick` looks for words of
which each match holds one, and tries the pattern only on the lines that have one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Sought(Protocol):
    """What `log_search.scan` looks for: a compiled pattern, or something as fast or faster."""

    def search(self, data: bytes, pos: int = ..., endpos: int = ..., /) -> re.Match[bytes] | None:
        """Return the first match between the two places."""
        ...


class _Words:
    """Where each of some words comes next in *data*; each byte is looked at once for each word."""

    __slots__ = ("_asked", "_found", "_words", "data", "text")

    def __init__(self, data: bytes, words: Sequence[bytes], *, fold: bool) -> None:
        self.data = data
        self.text = data.lower() if fold else data
        self._words = words
        self._asked = [-1] * len(words)
        self._found = [-2] * len(words)

    def next(self, pos: int) -> int:
        """Return the first place from *pos* on where one of the words begins; -1 when there is none."""
        first = -1
        for place, word in enumerate(self._words):
            asked, found = self._asked[place], self._found[place]
            if not (0 <= asked <= pos and (found >= pos or found == -1)):
                found = self._found[place] = self.text.find(word, pos)
                self._asked[place] = pos
            if found >= 0 and (first < 0 or found < first):
                first = found
        return first


class Quick:
    """*pattern*, of which every match holds one of *words* and no line end.

    *fold*: in any case; the words are small letters then. *plain*: the one word is all of the pattern.
    """

    def __init__(
        self, pattern: re.Pattern[bytes], words: Sequence[bytes], *, fold: bool, plain: bool = False
    ) -> None:
        self.pattern = pattern
        self._words = tuple(words)
        self._fold = fold
        self._rest = re.compile(re.escape(self._words[0]) + rb"[^\n]*") if plain else None
        # One attribute, replaced as a whole: searches in several threads only cost each other time.
        self._state: _Words | None = None

    def search(self, data: bytes, pos: int = 0, endpos: int | None = None) -> re.Match[bytes] | None:
        """Return the first match between the two places."""
        state = self._over(data)
        end = len(data) if endpos is None else min(endpos, len(data))
        while 0 <= (at := state.next(pos)) < end:
            if self._rest is not None:
                return self.pattern.match(data, at, end)
            newline = data.find(b"\n", at, end)
            last = end if newline < 0 else newline
            hit = self.pattern.search(data, data.rfind(b"\n", pos, at) + 1 or pos, last)
            if hit is not None:
                return hit
            pos = last
        return None

    def lines(self, data: bytes, first: int, last: int) -> int:
        """Return how many lines of *data* between the two places have a match."""
        if self._rest is not None:
            return len(self._rest.findall(self._over(data).text, first, last))
        return lines(self, data, first, last)

    def _over(self, data: bytes) -> _Words:
        state = self._state
        if state is None or state.data is not data:
            state = self._state = _Words(data, self._words, fold=self._fold)
        return state


def lines(pattern: Sought, data: bytes, first: int, last: int) -> int:
    """Return how many lines of *data* between the two places have a match of *pattern*."""
    count = 0
    while first < last and (hit := pattern.search(data, first, last)) is not None:
        count += 1
        first = data.find(b"\n", hit.end(), last) + 1 or last
    return count


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
    (b"error", b"fatal", b"critical", b"panic", b"traceback", b"exception", b"exit", b'level":50',
     b'level":60'),
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
    words = words_of(source) if text.startswith("~") else (text,)
    if not words:
        return Wanted(text, pattern, shown)
    # Bytes are folded in ASCII alone, by `re` as by `lower`: what is beyond must be as it was typed.
    coded = [word.encode().lower() if fold else word.encode() for word in words]
    return Wanted(text, Quick(pattern, coded, fold=fold, plain=not text.startswith("~")), shown)


def words_of(source: str) -> tuple[str, ...]:
    """Return words of which every match of the regular expression *source* holds at least one.

    Empty if that is not plain to see. Of each alternative it is the longest run of plain characters
    outside of groups.
    """
    found: list[str] = []
    run, best = "", ""
    at = depth = 0
    while at < len(source):
        char = source[at]
        at += 1
        plain = ""
        if char == "\\":
            escaped = source[at : at + 1]
            at += 1
            plain = escaped if escaped and not escaped.isalnum() else ""
        elif char == "[":
            at = _after_class(source, at)
        elif char == "(":
            if source.startswith("?", at) and not source.startswith("?:", at):
                return ()  # flags, looks ahead: what they do to the rest is not plain
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "|" and not depth:
            found.append(max(best, run, key=len))
            run = best = ""
            continue
        elif char in "*?{":
            run = run[:-1]  # what it repeats may not be there at all
            if char == "{":
                at = source.find("}", at) + 1 or len(source)
        elif char not in ".^$+|}":
            plain = char
        if plain and not depth:
            run += plain
        else:
            best, run = max(best, run, key=len), ""
    found.append(max(best, run, key=len))
    return tuple(found) if all(found) else ()


def _after_class(source: str, at: int) -> int:
    """Return the place after the character class that begins before *at*."""
    if source.startswith("^", at):
        at += 1
    end = source.find("]", at + 1)
    while end > 0 and source[end - 1] == "\\" and not source.endswith("\\\\", 0, end):
        end = source.find("]", end + 1)
    return end + 1 if end >= 0 else len(source)
