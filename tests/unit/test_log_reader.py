from __future__ import annotations

import struct
from pathlib import Path

import pytest

from penstock.attempts import log_reader
from penstock.attempts.log_index import time_of


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree\n")
    return path


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert log_reader.read(str(tmp_path / "log"), 0, 10) == (b"", 0, 0)


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
    assert log_reader.read(str(log), offset, limit) == (*expected, 14)


def test_a_truncated_log_is_followed_from_its_new_end(log: Path) -> None:
    _, start, _ = log_reader.read(str(log), 14, 100)
    log.write_bytes(b"new\n")
    assert log_reader.read(str(log), start, 100) == (b"", 4, 4)


def test_the_end_of_a_huge_log_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
        stream.seek(0, 2)
        stream.write(b"end")
    assert log_reader.read(str(path), -3, 1 << 40) == (b"end", 1 << 30, (1 << 30) + 3)


def test_times_are_found_by_offset(tmp_path: Path) -> None:
    entries = [(0, 1_000_000), (50, 3_000_000), (90, 8_000_000)]
    path = tmp_path / "log.idx"
    path.write_bytes(b"".join(struct.pack("<QQ", *entry) for entry in entries) + b"half")
    found = [time_of(str(path), offset) for offset in (0, 49, 50, 89, 90, 1000)]
    assert found == [1_000_000, 1_000_000, 3_000_000, 3_000_000, 8_000_000, 8_000_000]


def test_no_index_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.idx"
    assert time_of(str(path), 5) is None
    path.write_bytes(struct.pack("<QQ", 10, 1))
    assert (time_of(str(path), 5), time_of(str(path), 10)) == (None, 1)
