"""Which lines can have a match of a regular expression, told from where in a line it must stand. Pure.

`re` tries a pattern at every byte, but finds one that begins with a plain byte many times faster. So a
pattern for the beginning or the end of a line is turned into one that begins with the newline there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock_tui.view.log_words import after_class

_UNREAD = re.compile(r"\(\?(?:#|[aiLmsux-]+[:)]|\(|P[=>])|\\[1-9AZ]")
"""Comments, flags, conditions, references: what may change the meaning of the rest."""
_BREAKS = re.compile(r"\[\^|\\[sSWDBnrvfxuUN0]|[\t-\r]")
"""What may match a newline, or read the byte beyond it."""
_AROUND = re.compile(r"\(\?<?[=!]")
REPEAT = re.compile(r"(?:([*+?])|\{(?=\d|,\d)(\d*)(?:,\d*)?\})\??(?![*+?{])")
REPEATED = re.compile(r"[*+?]|\{(?=\d|,\d)\d*(?:,\d*)?\}")
_EDGES = {r"\b", r"\B"}
ALONE = frozenset("dDwWsS.*+?|()[]{}^$\\/-")
"""Letters after a backslash that stand for one character."""
_WIDEST = 64
"""Bytes before a line's end that are looked at."""
_SHOWN = {"^": r"(?:^|(?<=\r))", "$": r"(?=\r*$)"}


@dataclass(frozen=True, slots=True)
class LineFinder:
    """A pattern whose matches begin with the newline before a line, or after it.

    Lines that it does not find have no match. ``exact``: all others have one. ``begins``: a match begins
    where the line does.
    """

    source: str
    after: bool = False
    exact: bool = False
    begins: bool = False


def finder(source: str) -> LineFinder | None:
    """Return what finds the lines with a match of *source*; None if it may be anywhere in a line."""
    found = [*parts(source)]
    if not found or _UNREAD.search(source) or any(part == "|" and not depth for part, depth in found):
        return None
    whole = not _BREAKS.search(source)
    if not whole and _AROUND.search(source):
        return None
    if found[0][0] == "^" and not REPEAT.match(source, 1):
        return LineFinder(f"\\n(?={source[1:]})", exact=whole, begins=True)
    if found[-1] == ("$", 0):
        return _at_end(_begun_late(source[:-1]), whole=whole)
    if found[0][0] == "." and (repeat := REPEAT.match(source, 1)) and (count := least(repeat)) > 1:
        return LineFinder(f"\\n(?=.{{{count}}})")
    return None


def _at_end(source: str, *, whole: bool) -> LineFinder | None:
    """Return what finds the lines that end with *source*; None if that has no width of its own."""
    width = _width(source)
    if width is None:
        return None
    inside = "" if whole else f"(?<=[^\\n]{{{width}}}\\n)"
    return LineFinder(f"\\n{inside}(?<={source}\\n)", after=True, exact=True)


def _width(source: str) -> int | None:
    """Return how many characters every match of *source* has; None if they differ or are many."""
    for width in range(_WIDEST + 1):
        try:
            re.compile(f"(?<=(?:{source})|.{{{width}}})".encode())
        except (re.error, RecursionError):
            continue
        return width
    return None


def _begun_late(source: str) -> str:
    """Return *source* with the fewest repeats of what it begins with: the others only lie further left."""
    first = next(parts(source), ("", 0))[0]
    repeat = REPEAT.match(source, len(first))
    if not first or first in "(^$|)" or first in _EDGES or repeat is None:
        return source
    return first * min(least(repeat), _WIDEST + 1) + source[repeat.end() :]


def least(repeat: re.Match[str]) -> int:
    """Return how often at least something is repeated."""
    return int(repeat[1] == "+") if repeat[1] else int(repeat[2] or 0)


def begun(source: str) -> str:
    """Return what matches the same, but begins with the one character that *source* begins with.

    `re` looks for that much faster than for its repetition, or for a word's edge before it.
    """
    if _UNREAD.search(source):
        return source
    edge = source[:2] if source[:2] in _EDGES else ""
    first = next(parts(source[len(edge) :]), ("", 0))[0]
    rest = source[len(edge) + len(first) :]
    if not first or first in "(^$|)" or (first[0] == "\\" and first[1:] not in ALONE):
        return source
    if repeat := REPEAT.match(rest):
        if not least(repeat):
            return source
        rest = first + _once_less(repeat) + rest[repeat.end() :]
    elif REPEATED.match(rest):
        return source
    return f"{first}(?<={edge}{first}){rest}" if edge else first + rest


def _once_less(repeat: re.Match[str]) -> str:
    """Return the same repetition with one less."""
    if repeat[1]:
        return "*" + repeat[0][1:]
    counts = [str(int(count) - 1) if count else "" for count in repeat[0].strip("{}?").split(",")]
    return f"{{{','.join(counts)}}}" + "?" * repeat[0].endswith("?")


def counted(source: str) -> str | None:
    """Return what matches once in each line in which *source* does; None if a match may reach further."""
    if _UNREAD.search(source) or _BREAKS.search(source):
        return None
    return f"(?:{source})[^\\n]*"


def with_returns(source: str) -> str:
    """Return *source* for a line as it is shown: text before a carriage return is not.

    So a line also begins after one, and ends before those at its end.
    """
    if _UNREAD.search(source):
        return source
    return "".join(_SHOWN.get(part, part) for part, _ in parts(source))


def parts(source: str) -> Iterator[tuple[str, int]]:
    """Yield the characters, escapes and classes of *source*, with how deep in groups they stand."""
    at = depth = 0
    while at < len(source):
        begin, char = at, source[at]
        at = at + 2 if char == "\\" else after_class(source, at + 1) if char == "[" else at + 1
        depth -= char == ")"
        yield source[begin:at], depth
        depth += char == "("
