"""Words of which every match of a regular expression holds at least one, read from its source. Pure.

It knows less than `re` does. What it does not know it leaves out: then fewer words are found, or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Words = tuple[str, ...]
DIGIT = "0"
"""What stands for every digit, where digits are not told apart."""

_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?P<least>\d*)(?P<more>,\d*)?\})[?+]?")
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|[:>]))?(?!\?)")
"""What begins a group whose match is part of the whole."""
_BESIDE = re.compile(r"\(\?(?:<?[=!]|#)")
"""What begins a look around, or a comment: nothing of it is part of the match."""
_DIGITS = re.compile(r"(?:\[(?:\d(?:-\d)?|\\d)+\])", re.ASCII)
_LONGEST = 32


class _UnknownError(Exception):
    """There is something in the source that may change what all of it means."""


def needed(source: str, *, digits: bool = False) -> list[Words]:
    """Return lists of words: every match holds at least one word of each list.

    With *digits* each digit is `DIGIT`, and what matches any digit is plain, too.
    """
    try:
        reader = _Reader(source, digits=digits)
        found = reader.alternatives()
    except (_UnknownError, IndexError):
        return []
    return found if reader.at == len(source) else []


def least(words: Iterable[str]) -> int:
    """Return the length of the shortest word."""
    return min(map(len, words), default=0)


class _Reader:
    """Reads the source once, from left to right. Each method leaves ``at`` after what it has read."""

    def __init__(self, source: str, *, digits: bool) -> None:
        self._source = source
        self._digits = digits
        self.at = 0

    def alternatives(self) -> list[Words]:
        """Return what all alternatives up to the end, or to the end of the group, need."""
        ways = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            ways.append(self._sequence())
        if len(ways) == 1:
            return ways[0]
        if not all(ways):
            return []
        return [tuple(dict.fromkeys(word for way in ways for word in max(way, key=_rank)))]

    def _sequence(self) -> list[Words]:
        """Return what one alternative needs."""
        found: list[Words] = []
        run = ""
        while (char := self._next()) and char not in "|)":
            inside: list[Words] = []
            plain = ""
            if _BESIDE.match(self._source, self.at):
                self._pass_beside()
            elif char == "(":
                inside = self._group()
            else:
                plain = self._one(char)
            count, goes_on = self._repeated()
            run += plain * count
            if not (plain and count and goes_on):
                found += [(run,)] if run else []
                run = plain if count and not goes_on else ""
            found += inside if count else []
        return found + ([(run,)] if run else [])

    def _next(self) -> str:
        return self._source[self.at : self.at + 1]

    def _one(self, char: str) -> str:
        """Return the plain character here; nothing for a class or a place."""
        if char == "[":
            begin, self.at = self.at, after_class(self._source, self.at + 1)
            digits = self._digits and _DIGITS.fullmatch(self._source, begin, self.at)
            return DIGIT if digits else ""
        if char == "\\":
            escaped = self._source[self.at + 1]
            self.at += 2
            if escaped in "xuUN0123456789":
                raise _UnknownError
            if escaped == "d" and self._digits:
                return DIGIT
            return "" if escaped.isalnum() else escaped
        self.at += 1
        if self._digits and char in "0123456789":
            return DIGIT
        return "" if char in ".^$" else char

    def _repeated(self) -> tuple[int, bool]:
        """Return how often at least what was read comes, and whether it comes just so often."""
        repeat = _REPEAT.match(self._source, self.at)
        if repeat is None:
            return 1, True
        self.at = repeat.end()
        if repeat["sign"]:
            return (1 if repeat["sign"] == "+" else 0), False
        count = int(repeat["least"] or 0)
        return min(count, _LONGEST), repeat["more"] is None and count <= _LONGEST

    def _group(self) -> list[Words]:
        begun = _GROUP.match(self._source, self.at)
        if begun is None:
            raise _UnknownError  # flags, conditions
        self.at = begun.end()
        found = self.alternatives()
        self._end_group()
        return found

    def _pass_beside(self) -> None:
        """Go on after a look around or a comment."""
        if self._source.startswith("(?#", self.at):
            self.at = self._source.index(")", self.at) + 1
            return
        begun = _BESIDE.match(self._source, self.at)
        assert begun is not None
        self.at = begun.end()
        self.alternatives()
        self._end_group()

    def _end_group(self) -> None:
        if self._next() != ")":
            raise _UnknownError
        self.at += 1


def _rank(words: Words) -> tuple[int, int]:
    """Return what makes words better: that the shortest is long, and that they are few."""
    return least(words), -len(words)


def after_class(source: str, at: int) -> int:
    """Return the place after the character class that begins before *at*."""
    if source.startswith("^", at):
        at += 1
    end = source.find("]", at + 1)
    while end > 0 and _is_escaped(source, end):
        end = source.find("]", end + 1)
    return end + 1 if end >= 0 else len(source)


def _is_escaped(source: str, at: int) -> bool:
    """Whether an odd number of backslashes stands before *at*."""
    begin = at
    while begin > 0 and source[begin - 1] == "\\":
        begin -= 1
    return (at - begin) % 2 == 1
