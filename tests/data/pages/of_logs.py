"""Pages of logs: what is read from a search, lines in their colours, times as they are typed, marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch
from zlib import crc32

from data.pages.shown import BERLIN, tried
from fakes.world import NOW
from penstock_tui.view import (
    log_kinds,
    log_line,
    log_lines,
    log_moment,
    log_patterns,
    log_picks,
    log_search,
    log_words,
)

SOURCES = (
    "fx", "Fx", "a|b", "ab|cd|e", "(ab|cd)e", "(?:ab|c)d+", "(?P<n>x)y", "(?>ab)c", "a(b", "a)b", "(?i)ab",
    "(?#note)ab", "(?=ab)cd", "(?<!x)cd", "(?=a", "(?#", "a*bc", "a+bc", "a?bc", "a{2}b", "a{2,}b", "a{,2}b",
    "a{2,5}b", "a{0}b", "ab{40}c", "a{b", "a{}b", r"\d+ ms", r"\d\d", "[0-9]x", "[0-9][a-f]", r"[\d\d]z",
    r"\.log", r"\x41", r"\1a", "[^a]b", "[]a]b", r"[\]a]b", r"[\\]b", "[a", "a.b", "^ab", "ab$", "^", "$",
    "", r"\bfx", r"\bfx\b", r"\B1", "^a+", "^*a", ".{4}", ".{1}", ".+x", ".*x", "..x", r"\s$", "[^0-9]$",
    "a{65}$", ".{70}$", "(a|bc)$", "(a|b)$", r"\d+$", r"\d*$", r"\d?x$", "(ab)+$", r"\$", "a$b", "ab$|c",
    "(a|^b)$", r"a\nb", r"\w+:", "a++b", "a*?b", "a+?b", "a{2,3}?b", "é", "é+", "[é]", "aba", "[ab][bc]",
    "[a-c][a-c]", "a{3}[b-d]{2}", r"\d\.\d", "a" * 64, "a" * 65, "[a]{64}", "x[a]{64}", r"\Aab", r"\Z", " ",
)  # fmt: skip
TEXT = b"ab 12 ms\nfx1\n\nERROR: no\nabab aab\n...log\r\nx 7\na" * 2


def patterns() -> Iterator[str]:
    """What each part of a search says about a pattern: words, lines, kinds, and how often it is there."""
    for source in SOURCES:
        if isinstance(log_patterns.wanted(f"~{source}"), str):  # nothing else is asked about it then
            yield f"{source[:20]!r}: {_sought(f'~{source}')} | {_sought(source)}"
            continue
        words = [log_words.needed(source, digits=digits) for digits in (False, True)]
        yield f"{source[:20]!r} {len(source)}: {words} {[log_words.least(each) for each in words[0]]}"
        found = [list(log_lines.parts(source))[:9], log_lines.finder(source)]
        yield f"  {found}"
        yield f"  {[call(source) for call in (log_lines.begun, log_lines.counted, log_lines.with_returns)]}"
        row = log_kinds.row(source)
        if row is not None:
            counts = [row.count(TEXT, first, last) for first, last in ((0, len(TEXT)), (9, 40), (3, 9))]
            yield f"  row {row.word[:9]!r} {len(row.word)} {crc32(row.table):x} {counts}"
        for text in (source, f"~{source}", f"~{source}".upper()):
            yield f"  {_sought(text)}"


def _sought(text: str) -> str:
    what = log_patterns.wanted(text)
    if isinstance(what, str):
        return what.partition(": ")[0]
    quick = what.in_bytes
    assert isinstance(quick, log_patterns.Quick)
    count = quick.lines(TEXT, 0, len(TEXT)), quick.lines(TEXT, 4, 30)
    hits = [quick.search(TEXT, pos, end) for pos, end in ((0, None), (4, 30), (len(TEXT), 9999))]
    state = quick._over(TEXT)
    told = f"{state.dense} {state.words[:3]} {[state.next(pos) for pos in (0, 20, 10, 70)]}"
    return f"{count} {[each and each.span() for each in hits]} {told} {what.in_text.flags}"


def dense() -> Iterator[str]:
    """Searches over logs in which hits are near each other, or far apart: both count the same lines."""
    near, far = b"a 1 hit\n" * 200, (b"-" * 700 + b"\n") * 90 + b"a 1 hit\n"
    for data in (near, far, near + far, b"A 1 HIT\r\n" * 70, near[:-1]):
        for text in ("hit", "~h.t", "~hit$", "~^a", r"~\d hit", "~a|x", "~Hit", "~z", "~.{7}"):
            what = log_patterns.wanted(text)
            assert not isinstance(what, str)
            quick = what.in_bytes
            assert isinstance(quick, log_patterns.Quick)
            plain = log_patterns.lines(quick.pattern, data, 0, len(data))
            counts = [quick.lines(data, first, len(data)) for first in (0, 8, 80)]
            yield f"{len(data)} {text}: {quick._over(data).dense} {counts} {plain}"


def coloured() -> Iterator[str]:
    """Lines in their own colours or those of their level, and what a search marks in them."""
    raw = (
        b"plain", b"an ERROR here", b"TERRORS", b"exit code 3", b"exited with status: 0", b"ValueError: x",
        b"Traceback (most recent call last):", b"a WARN b", b"WARNING", b"warning: x", b"warnings: x",
        b'{"level":"error"}', b"lvl=panic", b"severity=warn", b'"level":50,', b'"level":55,', b"panic: x",
        b"\x1b[31mred\x1b[0m and ERROR", b"\x1b[1mERROR\x1b[0m", "漢字 é ERROR".encode(), b"\xff\xfe", b"",
    )  # fmt: skip
    for line in raw:
        for hit in (None, "R", "and|é", "x*", "E.*"):
            pieces = log_line.pieces_of(line, hit=None if hit is None else re.compile(hit))
            yield f"{line!r} {hit}: {[(text, str(style)) for text, style in pieces]}"
        yield f"  {[log_line.column_of(line, re.compile(each)) for each in (b'ERR', b'and', b'p')]}"


def moments_typed() -> Iterator[str]:
    """Times in a log as they are typed."""
    begin, end = NOW - timedelta(hours=3), NOW
    for text in (
        "-10m", "+10m", "-1h30m", "-90s", "+1d2h3m4s", "-", "+", "-10", "10m", "-99999d", "+99999d99999h",
        "06:30", "6:30", "23:59", "6:30:15", "06:30:15.5", "24:00", "6:3", f"{NOW:%H:%M}", "2026-08-20",
        "2026-08-20T06:30", "2026-08-20T06:30+02:00", " -10m ", "noon", "",
    ):  # fmt: skip
        yield f"{text!r}: {tried(log_moment.log_moment, text, begin, end, BERLIN)}"


def marks() -> Iterator[str]:
    """Marked lines: single ones, ranges, and a range that follows the cursor."""
    for steps in (
        "", "t5", "t5 t5", "t5 t9 t5", "r2 r8", "r8 r2", "r2 r8 t5", "r2 r8 t2", "r2 r8 t8", "r2 r2", "r2",
        "r2 r8 r4 r12", "r2 r8 r8 r9", "r2 r8 r9 r9", "t3 r2", "r2 r8 t5 r1 r3", "t9 t1", "r3 r3 t3",
    ):  # fmt: skip
        picks = log_picks.Picks()
        for step in steps.split():
            (picks.toggle if step[0] == "t" else picks.turn)(int(step[1:]))
        for cursor in (None, 1, 5, 10):
            held = "".join("x" if picks.has(at, cursor) else "." for at in range(14))
            yield f"{steps!r} {cursor}: {bool(picks)} {picks.anchor} {held} {picks.spans(cursor)}"


def kept() -> Iterator[str]:
    """Matches of which only the newest are kept: by their number, and by their bytes."""
    for most, most_bytes in ((4, 1000), (100, 30)):
        with patch.multiple(log_search, MATCHES_KEPT=most, BYTES_KEPT=most_bytes):
            for steps in (
                "b2 b3 b1",
                "a3 a3",
                "a1 b9 a9",
                "b1 L a1",
                "L b1",
                "b1 a4 b1",
                "aL a1",
                "a4 b1",
                "b4 b0",
            ):
                matches = log_search.Matches(1000)
                before, after = 1000, 1000
                for step in steps.split():
                    lines = tuple([b"x" * 50] if "L" in step else [b"1234567"] * int(step[-1]))
                    if step[0] == "a":
                        found = log_search.Found(tuple(range(after, after + len(lines))), lines)
                        matches.add_after(found)
                        after += len(lines)
                    else:
                        before -= len(lines)
                        found = log_search.Found(tuple(range(before, before + len(lines))), lines, 2)
                        matches.add_before(found)
                told = f"{matches.full} {matches.total} {len(matches)} {matches.first_kept} {matches.version}"
                yield f"{most} {most_bytes} {steps}: {told} {[matches.number(at) for at in range(990, 1012)]}"
                yield f"  {[matches.index(at) for at in (0, 995, 1003)]} {matches.goes_on(0)}"


PAGES = {page.__name__: page for page in (patterns, dense, coloured, moments_typed, marks, kept)}
