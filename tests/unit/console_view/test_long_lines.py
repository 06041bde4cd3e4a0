"""Lines of any length: whoever reads any stretch of a log finds the same pieces, and all of every line."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_tui.view.log_line import column_of
from penstock_tui.view.log_patterns import Wanted, wanted
from penstock_tui.view.log_pieces import PIECE, before, breaks, shown, starts
from penstock_tui.view.log_search import BYTES_KEPT, SEAM, Found, Matches, scan, stretch
from penstock_tui.view.log_window import BLOCK, LogWindow

P = 8
"""A piece in these tests."""
logs = st.lists(st.integers(0, 40), max_size=12).map(
    lambda sizes: b"\n".join(bytes(97 + at % 26 for at in range(size)) for size in sizes)
)


@given(logs)
def test_pieces_are_all_of_the_log_and_short_lines_are_whole(log: bytes) -> None:
    found = [*starts(log, 0, known=True, piece=P), len(log)]
    pieces = [log[first:last] for first, last in pairwise(found)]
    assert b"".join(pieces) == log
    assert all(0 < len(piece) <= 2 * P for piece in pieces)
    whole = {line + b"\n" for line in log.split(b"\n")[:-1] if len(line) < P}
    assert whole <= set(pieces)


@given(logs, st.integers(0, 200), st.integers(1, 60))
def test_any_stretch_has_the_same_pieces(log: bytes, first: int, size: int) -> None:
    every = starts(log, 0, known=True, piece=P)
    offset = min(first, len(log))
    part = starts(log[offset : offset + size], offset, known=not offset, piece=P)
    inside = [at for at in every if offset <= at < min(offset + size, len(log))]
    assert list(part) == inside[len(inside) - len(part) :], "all but what begins before it can be known"
    assert all(at in inside for at in part)


@given(logs, st.integers(1, 200))
def test_two_pieces_before_a_place_always_hold_a_beginning(log: bytes, place: int) -> None:
    for at in starts(log, 0, known=True, piece=P):
        if at:
            offset = before(at, P)
            found = starts(log[offset:at], offset, known=not offset, piece=P)
            assert found, "growing backwards gets on"
    assert before(place, P) < place


def long_log() -> bytes:
    """Return a log with lines of 5 KB, 70 KB and 300 KB between short ones."""
    lines = [b"before", b"a" * 5000 + b"needle", b"middle"]
    lines += [b"b" * 69_000 + b"needle" + b"b" * 1000, b"after", b"c" * 300_000 + b"needle", b"end"]
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize("step", [BLOCK, 100_000])
def test_a_window_over_long_lines_shows_what_precedes_them(step: int) -> None:
    log = long_log()
    window = LogWindow()
    offset = len(log) - step
    window.place(log[offset:], offset)
    window.size = len(log)
    while (wanted_next := window.before()) is not None:
        first, limit = wanted_next
        assert limit <= BLOCK
        start = window.start
        window.prepend(log[first : first + limit], first)
        assert window.start < start
    lines = [window.raw(index) for index in range(len(window))]
    assert lines[:3] == [b"before", b"a" * 5000 + b"needle", b"middle"]
    assert lines[-1] == b"end"
    assert b"".join(lines) == log.replace(b"\n", b"")
    assert max(map(len, lines)) <= 2 * PIECE
    forward = LogWindow(keep=1 << 30)
    while forward.end < len(log):
        forward.append(log[forward.end : forward.end + 33_333])
    assert [forward.raw(index) for index in range(len(forward))] == lines
    going_on = [index for index in range(len(forward)) if forward.goes_on(index)]
    assert going_on
    assert all(not log[forward.offset(index) - 1 :].startswith(b"\n") for index in going_on)


def test_a_gigabyte_without_a_newline_is_held_in_bounded_pieces() -> None:
    window = LogWindow()
    chunk = b"z" * BLOCK
    for _ in range(40):
        window.append(chunk)
    assert window.end - window.start <= (2 << 20) + 2 * PIECE
    window.place(chunk, 1 << 30)
    assert window.start == (1 << 30) + PIECE
    first, limit = window.before() or (0, 0)
    window.prepend(b"z" * limit, first)
    assert window.start < (1 << 30) + PIECE


@pytest.mark.parametrize("letter", ["é", "漢", "🐟"])
def test_no_character_is_lost_at_a_seam(letter: str) -> None:
    for lead in range(4):
        log = b"x" * lead + letter.encode() * (3 * PIECE // len(letter.encode()))
        window = LogWindow()
        window.append(log)
        assert len(window) > 1
        assert "".join(window.raw(index).decode() for index in range(len(window))) == log.decode()


@pytest.mark.parametrize("block", [PIECE, 2 * PIECE, 1 << 20])
def test_search_finds_what_lies_deep_in_a_line_and_over_a_seam(block: int) -> None:
    log = long_log() + b"d" * (PIECE - len(long_log()) % PIECE + 3 * PIECE - 3) + b"needle over a seam\n"
    what = wanted("needle")
    assert isinstance(what, Wanted)
    seam = starts(log, 0, known=True)
    assert any(log[at - 3 : at + 3] == b"needle" for at in seam), "one lies over a seam"
    matches = Matches(len(log))
    while matches.covered:
        first = max(0, (matches.covered - block + PIECE - 1) // PIECE * PIECE)
        offset, limit = stretch(first, matches.covered)
        data = log[offset : offset + limit]
        matches.add_before(scan(data, offset, first, matches.covered, what.in_bytes))
        matches.covered = first
    assert matches.total == 4
    begins = [max(at for at in seam if at <= hit.start()) for hit in re.finditer(b"needle", log)]
    assert [matches.offset(index) for index in range(len(matches))] == begins


def test_search_goes_on_in_a_line_that_grows_without_end() -> None:
    what = wanted("needle")
    assert isinstance(what, Wanted)
    matches = Matches(0)
    log = (b"y" * 50_000 + b"needle") * 12 + b"\nneedle\n"
    for at in range(0, len(log), 30_000):
        matches.go_on(log[at : at + 30_000], at, what.in_bytes)
    whole = scan(log, 0, 0, len(log), what.in_bytes)
    assert [matches.offset(index) for index in range(len(matches))] == list(whole.offsets)
    assert matches.reached == len(log)


def test_what_is_kept_of_matches_is_bounded_in_bytes() -> None:
    line, count = b"m" * 100_000, 400
    matches = Matches(10**9)
    for number in reversed(range(count)):
        matches.add_before(Found((number * 100_001,), (line,)))
    kept = len(matches)
    assert matches.total == count
    assert kept * len(line) <= BYTES_KEPT
    assert matches.offset(kept - 1) == (count - 1) * 100_001, "the newest are kept"
    matches.add_after(Found((10**9,), (line,)))
    assert len(matches) == kept
    matches.add_before(Found((0,), (b"short",)))
    assert len(matches) == kept, "nothing older once one was left out"


def test_where_in_a_line_a_hit_is() -> None:
    assert column_of("漢字 needle".encode(), re.compile(b"needle")) == 5
    assert column_of(b"\x1b[31mred\x1b[0m needle", re.compile(b"needle")) == 4
    assert column_of(b"nothing", re.compile(b"needle")) == 0


def test_what_is_shown_of_a_piece() -> None:
    assert shown(b"ab\r\n", 0, 4) == b"ab"
    assert shown(b"10%\r20%\n", 0, 8) == b"20%"
    assert shown(b"", 0, 0) == b""
    assert breaks(b"", 0) == []
    assert SEAM < PIECE
