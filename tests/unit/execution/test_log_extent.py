"""How far a log goes, when its parts were written and where its lines begin, against the plain definition."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from penstock.attempts import log_extent, log_index
from penstock.attempts.log_extent import NOTHING, Extent

LOOK = 64 << 10
"""Bytes in which the end of a line is looked for."""


def written(folder: Path, log: bytes, times: list[tuple[int, int]], more: bytes = b"") -> str:
    """Write a log with its index and return the folder."""
    (folder / "log").write_bytes(log)
    (folder / "log.idx").write_bytes(b"".join(struct.pack("<QQ", *each) for each in times) + more)
    return str(folder)


@pytest.mark.parametrize(
    ("log", "growing", "ended"),
    [
        (b"", (0, False), (0, False)),
        (b"a\n", (2, False), (2, False)),
        (b"a", (0, False), (1, True)),
        (b"a\nbc", (2, False), (4, True)),
        (b"\n\nx", (2, False), (3, True)),
        (b"x" * LOOK, (0, False), (LOOK, True)),
        (b"x" * (LOOK + 1), (LOOK + 1, True), (LOOK + 1, True)),
        (b"\n" + b"x" * (LOOK - 1), (1, False), (LOOK, True)),
        (b"a\n" + b"x" * (LOOK - 1), (2, False), (LOOK + 1, True)),
        (b"a\n" + b"x" * LOOK, (LOOK + 2, True), (LOOK + 2, True)),
    ],
)
def test_a_log_that_grows_goes_to_its_last_whole_line(
    tmp_path: Path, log: bytes, growing: tuple[int, bool], ended: tuple[int, bool]
) -> None:
    folder = written(tmp_path, log, [])
    assert log_extent.of(folder, grows=True, most=9) == Extent(*growing, [])
    assert log_extent.of(folder, grows=False, most=9) == Extent(*ended, [])


def test_what_is_not_there_has_no_extent_no_times_and_no_lines(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert log_extent.of(folder, grows=False, most=9) == NOTHING == Extent(0, torn=False, times=[])
    assert log_extent.line_starts(folder, [1, 7]) == [1, 7]
    assert log_index.entries(f"{folder}/log.idx", 0, 99) == []
    assert log_index.time_of(f"{folder}/log.idx", 0) is None
    (tmp_path / "log").write_bytes(b"abc\n")
    assert log_extent.of(folder, grows=False, most=9) == Extent(4, torn=False, times=[])


TIMES = [(0, 10), (5, 20), (10, 30), (15, 40), (20, 50)]


@pytest.mark.parametrize(
    ("most", "since", "expected"),
    [
        (9, 0, TIMES),
        (5, 0, TIMES),
        (4, 0, [TIMES[0], TIMES[2], TIMES[4]]),
        (3, 0, [TIMES[0], TIMES[2], TIMES[4]]),
        (2, 0, [TIMES[0], TIMES[3]]),
        (1, 0, [TIMES[0]]),
        (0, 0, [TIMES[0]]),
        (9, 1, TIMES),
        (9, 10, TIMES),
        (9, 11, TIMES),
        (9, 20, TIMES),
        (9, 21, TIMES[1:]),
        (9, 50, TIMES[3:]),
        (9, 51, TIMES[4:]),
        (2, 31, [TIMES[2], TIMES[4]]),
    ],
)
def test_times_are_thinned_out_evenly_and_begin_before_the_moment(
    tmp_path: Path, most: int, since: int, expected: list[tuple[int, int]]
) -> None:
    folder = written(tmp_path, b"x" * 24 + b"\n", TIMES, b"half an ent")
    assert log_extent.of(folder, grows=False, most=most, since=since).times == expected


def test_times_rise_and_end_with_the_log(tmp_path: Path) -> None:
    odd = [(0, 100), (4, 50), (2, 120), (7, 110), (8, 130), (9, 140)]
    folder = written(tmp_path, b"1234567\n", odd)
    expected = [(0, 100), (4, 100), (4, 120), (7, 120)]
    assert log_extent.of(folder, grows=True, most=9) == Extent(8, torn=False, times=expected)


def test_lines_begin_after_the_end_of_the_one_before(tmp_path: Path) -> None:
    chance = random.Random(7)
    lines = [
        bytes(chance.randrange(97, 123) for _ in range(chance.choice((0, 3, 40, 700, 9000))))
        for _ in range(60)
    ]
    log = b"\n".join(lines)
    folder = written(tmp_path, log, [])
    starts = [0, *(at + 1 for at, byte in enumerate(log) if byte == 10)]
    asked = sorted({*(chance.randrange(len(log)) for _ in range(300)), *starts[1:], 1, len(log)})
    expected = [next((start for start in starts if start >= each), each) for each in asked]
    assert log_extent.line_starts(folder, asked) == expected


@pytest.mark.parametrize(
    ("length", "found"), [(LOOK - 8192, True), (LOOK - 1, True), (LOOK + 8192 * 2, False), (LOOK * 3, False)]
)
def test_a_line_that_is_too_long_ends_where_it_is_asked_for(
    tmp_path: Path, length: int, *, found: bool
) -> None:
    folder = written(tmp_path, b"x" * (100 + length) + b"\nnext", [])
    assert log_extent.line_starts(folder, [100]) == [101 + length if found else 100]


def test_an_index_tells_of_every_byte(tmp_path: Path) -> None:
    times = [(3, 1), (5, 2), (5, 3), (9, 4), (20, 5)]
    path = f"{written(tmp_path, b'', times, b'123')}/log.idx"
    for first in range(23):
        known = [at for begins, at in times if begins <= first]
        assert log_index.time_of(path, first) == (known[-1] if known else None)
        for last in range(first, 23):
            before = [each for each in times if each[0] <= first][-1:]
            assert log_index.entries(path, first, last) == before + [
                each for each in times if first < each[0] <= last
            ]


def _handles() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_no_handle_stays_open(tmp_path: Path) -> None:
    folder = written(tmp_path, b"a\nb", TIMES)
    before = _handles()
    for _ in range(3):
        log_extent.of(folder, grows=True, most=2)
        log_extent.line_starts(folder, [1, 2])
        log_index.time_of(f"{folder}/log.idx", 1)
    assert _handles() == before
