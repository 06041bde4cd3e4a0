"""A window over a log shows its lines whatever way it grew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_tui.view import log_search
from penstock_tui.view.log_patterns import ERROR, Wanted, wanted
from penstock_tui.view.log_pieces import PIECE
from penstock_tui.view.log_rows import Place, breaks, down_from, moved, up_from_end
from penstock_tui.view.log_search import Matches, scan, stretch
from penstock_tui.view.log_window import BLOCK, LogWindow

logs = st.lists(st.sampled_from([b"", b"a", b"bb", b"fx_rate", b"x" * 40]), max_size=40).map(b"\n".join)


def shown(window: LogWindow) -> list[bytes]:
    return [window.raw(index) for index in range(len(window))]


def lines_of(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return lines[:-1] if not lines[-1] else lines


@given(logs, st.integers(1, 50), st.integers(0, 60))
@settings(max_examples=150)
def test_growing_backwards_reaches_every_line(log: bytes, step: int, first: int) -> None:
    window = LogWindow()
    offset = max(0, len(log) - first)
    window.place(log[offset:], offset)
    window.size = len(log)
    while not window.at_start:
        before = max(0, window.start - step)
        start = window.start
        window.prepend(log[before:start], before)
        assert window.start < start
    assert shown(window) == lines_of(log)
    assert [window.index(window.offset(each)) for each in range(len(window))] == list(range(len(window)))


@given(logs, st.lists(st.integers(0, 80), max_size=8))
@settings(max_examples=150)
def test_growing_forwards_reaches_every_line(log: bytes, cuts: list[int]) -> None:
    window = LogWindow()
    begun = 0
    for cut in [*sorted(cuts), len(log)]:
        begun += window.append(log[window.end : max(window.end, min(cut, len(log)))])
    assert shown(window) == lines_of(log)
    assert begun == len(lines_of(log))


def test_it_keeps_a_bounded_stretch_and_knows_which() -> None:
    window = LogWindow(keep=1000)
    for number in range(1000):
        window.append(b"line %d\n" % number)
    assert window.end - window.start <= 1000
    assert shown(window)[-1] == b"line 999"
    assert (window.at_start, window.at_end) == (False, True)
    offset = window.offset(0)
    window.prepend(b"\n" + b"earlier line\n" * 20, offset - 261)
    assert window.end - window.start <= 1000
    assert (window.at_start, window.at_end) == (False, False)
    assert shown(window)[0] == b"earlier line"
    assert window.after() == (window.end, window.size - window.end)


def test_what_to_read_next() -> None:
    window = LogWindow()
    window.size = 10 * BLOCK
    window.place(b"x\n" * (BLOCK // 2), 9 * BLOCK)
    offset, size = window.before() or (0, 0)
    assert offset + size == window.start
    assert PIECE <= size <= BLOCK
    assert window.after() is None
    window.place(b"abc\n", 0)
    assert window.before() is None


def test_progress_keeps_its_last_state() -> None:
    window = LogWindow()
    window.append(b"y" * 9000 + b"\n" + b"10%\r20%\r100%\r\nplain\r\n")
    assert shown(window) == [b"y" * 9000, b"100%", b"plain"]


@given(logs, st.integers(1, 30), st.sampled_from([4, 8, 1000]))
@settings(max_examples=150)
def test_search_by_blocks_finds_what_a_look_at_everything_finds(log: bytes, block: int, piece: int) -> None:
    what = wanted("fx")
    assert isinstance(what, Wanted)
    matches = Matches(len(log))
    while matches.covered:
        first = max(0, matches.covered - block)
        offset, limit = stretch(first, matches.covered, piece)
        data = log[offset : offset + limit]
        matches.add_before(scan(data, offset, first, matches.covered, what.in_bytes, piece=piece))
        matches.covered = first
    whole = scan(log, 0, 0, len(log), what.in_bytes, piece=piece)
    assert [matches.offset(each) for each in range(len(matches))] == list(whole.offsets)
    expected = []
    place = 0
    for line in log.split(b"\n"):
        if b"fx" in line:
            expected.append(place)
        place += len(line) + 1
    if piece > 40:
        assert list(whole.offsets) == expected
        assert matches.total == len(expected)


def test_matches_answer_for_next_previous_and_number() -> None:
    matches = Matches(0)
    matches.add_after(log_search.Found((10, 20, 30), (b"a", b"b", b"c")))
    assert (matches.next(9), matches.next(10), matches.next(30)) == (10, 20, None)
    assert (matches.previous(10), matches.previous(31)) == (None, 30)
    assert (matches.number(20), matches.number(21)) == (2, None)


def test_what_can_be_searched() -> None:
    plain = wanted("a.b")
    assert isinstance(plain, Wanted)
    assert plain.in_bytes.search(b"xA.Bx")
    assert not plain.in_bytes.search(b"axb")
    capital = wanted("Ab")
    assert isinstance(capital, Wanted)
    assert not capital.in_bytes.search(b"ab")
    expression = wanted("~err(or)?|warn")
    assert isinstance(expression, str)
    expression = wanted("~error|warn")
    assert isinstance(expression, Wanted)
    assert expression.in_text.search("a WARN b")
    for bad in ("", "~", "~(a+)+$", "~a*b*c*d", "~["):
        assert isinstance(wanted(bad), str), bad


def test_error_lines() -> None:
    for line in (b"12:00 ERROR x", b"Traceback (most recent call last):", b"KeyError: 'a'", b"cc: error: no"):
        assert ERROR.search(line), line
    assert ERROR.search(b"task failed: exit 1")
    for line in (b"no errors found", b"exit 0", b"0 error", b"terror: none"):
        assert not ERROR.search(line), line


def test_rows_of_wrapped_lines() -> None:
    window = LogWindow()
    window.append(b"a\nbbbb\nc\n")
    height = {0: 1, 1: 3, 2: 1}.__getitem__
    assert up_from_end(window, 3, height) == [(1, 1), (1, 2), (2, 0)]
    assert down_from(window, Place(2, 1), 9, height) == [(1, 1), (1, 2), (2, 0)]
    assert moved(window, Place(0), 2, height) == Place(2, 1)
    assert moved(window, Place(2, 1), -5, height) == Place(0)
    assert moved(window, Place(0), 99, height) == Place(7)


def test_breaks_never_split_a_wide_character() -> None:
    assert breaks("abcdef", 4) == [4]
    assert breaks("a漢字b", 2) == [1, 3, 5]
    assert breaks("abc", 4) == []


def test_search_goes_on_as_the_log_grows() -> None:
    what = wanted("fx")
    assert isinstance(what, Wanted)
    matches = Matches(0, b"")
    for data, offset in ((b"a fx\nb f", 0), (b"x\n", 8), (b"no\nfx", 10)):
        matches.go_on(data, offset, what.in_bytes)
    assert [matches.offset(each) for each in range(len(matches))] == [0, 5]
    assert matches.reached == 13
    assert not matches.behind
    matches.go_on(b"later", 99, what.in_bytes)
    assert matches.behind
