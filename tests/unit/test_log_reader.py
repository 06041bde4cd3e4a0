from __future__ import annotations

import struct
from pathlib import Path

import pytest

from penstock.attempts import log_reader
from penstock.attempts.log_index import LogIndex, index_path, load_index
from penstock.errors import BadIdError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree\n")
    return path


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert log_reader.size(tmp_path / "log") == 0
    assert log_reader.read(tmp_path / "log", 0, 10) == (b"", 0)
    assert log_reader.tail(tmp_path / "log", 3) == (b"", 0)


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [
        (0, 3, (b"one", 0)),
        (4, 100, (b"two\nthree\n", 4)),
        (-6, 100, (b"three\n", 8)),
        (-100, 3, (b"one", 0)),
        (14, 5, (b"", 14)),
        (99, 5, (b"", 14)),
        (0, 0, (b"", 0)),
        (0, -1, (b"", 0)),
    ],
)
def test_reading_from_either_end(log: Path, offset: int, limit: int, expected: tuple[bytes, int]) -> None:
    assert log_reader.read(log, offset, limit) == expected


def test_a_truncated_log_is_followed_from_its_new_end(log: Path) -> None:
    _, start = log_reader.read(log, 14, 100)
    log.write_bytes(b"new\n")
    assert log_reader.read(log, start, 100) == (b"", 4)


def test_one_read_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
        stream.seek(0, 2)
        stream.write(b"end")
    data, start = log_reader.read(path, -3, 1 << 40)
    assert (data, start) == (b"end", 1 << 30)
    assert len(log_reader.read(path, 0, 1 << 40)[0]) == log_reader.MAX_READ


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (0, (b"", 14)),
        (1, (b"three\n", 8)),
        (2, (b"two\nthree\n", 4)),
        (3, (b"one\ntwo\nthree\n", 0)),
        (9, (b"one\ntwo\nthree\n", 0)),
    ],
)
def test_the_tail_in_lines(log: Path, lines: int, expected: tuple[bytes, int]) -> None:
    assert log_reader.tail(log, lines) == expected


def test_a_tail_counts_an_unfinished_line(log: Path) -> None:
    log.write_bytes(b"one\ntwo")
    assert log_reader.tail(log, 1) == (b"two", 4)
    log.write_bytes(b"\n\n")
    assert log_reader.tail(log, 1) == (b"\n", 1)


def test_a_tail_window_starts_at_a_whole_line(log: Path) -> None:
    assert log_reader.tail(log, 9, window=8) == (b"three\n", 8)
    assert log_reader.tail(log, 9, window=3) == (b"ee\n", 11)


def test_times_and_offsets_lead_to_one_another(tmp_path: Path) -> None:
    entries = [(0, 1_000_000), (50, 3_000_000), (90, 8_000_000)]
    path = tmp_path / "log.idx"
    path.write_bytes(b"".join(struct.pack("<QQ", *entry) for entry in entries) + b"half")
    index = load_index(path)
    assert [index.time_at(offset) for offset in (0, 49, 50, 1000)] == [
        1_000_000,
        1_000_000,
        3_000_000,
        8_000_000,
    ]
    assert [index.offset_at(moment) for moment in (0, 1_000_000, 2_999_999, 9_000_000)] == [0, 0, 0, 90]


def test_no_index_knows_nothing(tmp_path: Path) -> None:
    index = load_index(tmp_path / "log.idx")
    assert (len(index), index.time_at(5), index.offset_at(5)) == (0, None, 0)
    assert LogIndex([(10, 1)]).time_at(5) is None


@pytest.mark.parametrize("hostile", ["", "../../etc/passwd", "0123456789ab-0123456", "/etc/passwd"])
def test_ids_from_outside_name_no_other_files(tmp_path: Path, hostile: str) -> None:
    with pytest.raises(BadIdError):
        log_reader.log_path(tmp_path, hostile)
    with pytest.raises(BadIdError):
        index_path(tmp_path, hostile)
