"""A log on a disk that takes nothing for a while."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock import failpoint
from penstock.supervisor.log_file import BACKLOG, LogFile
from penstock.supervisor.output import Output


@pytest.fixture
def switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that breaks the disk as long as it is there."""
    monkeypatch.setattr(failpoint, "_BROKEN", str(tmp_path / "broken"))
    return tmp_path / "broken"


def waiting(log: LogFile) -> bool:
    """Whether something waits for the disk; asked anew each time."""
    return log.waiting


def test_a_log_is_made_for_its_first_byte(tmp_path: Path, switch: Path) -> None:
    silent = Output(str(tmp_path), cap=1000)
    silent.end()
    assert silent.size() == 0
    assert list(tmp_path.iterdir()) == []
    log = LogFile(str(tmp_path / "log"))
    switch.write_text("ENOSPC")
    assert log.write(b"one\n") == 4
    assert not (tmp_path / "log").exists()
    switch.unlink()
    assert log.catch_up()
    assert (tmp_path / "log").read_bytes() == b"one\n"
    log.close()


def test_what_is_printed_meanwhile_comes_after_what_was_before(tmp_path: Path, switch: Path) -> None:
    log = LogFile(str(tmp_path / "log"))
    assert log.write(b"one\n") == 4
    switch.write_text("ENOSPC")
    assert log.write(b"two\n") == 4
    assert waiting(log)
    assert not log.catch_up()
    assert str(log.problem) == "[Errno 28] No space left on device"
    switch.unlink()
    assert log.write(b"three\n") == 6
    assert not waiting(log)
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS", "EDQUOT"])
def test_beyond_the_bound_it_is_counted_and_said(tmp_path: Path, switch: Path, error: str) -> None:
    log = LogFile(str(tmp_path / "log"))
    switch.write_text(error)
    assert log.write(b"x" * BACKLOG) == BACKLOG
    assert log.write(b"lost") == 0
    assert log.write(b"also lost") == 0
    assert log.lost == 13
    switch.unlink()
    assert log.write(b"after\n") == 6
    kept = (tmp_path / "log").read_bytes()
    assert kept.startswith(b"x" * BACKLOG + b"\n[penstock] 13 bytes were not kept: ")
    assert kept.endswith(b"\nafter\n")
    assert len(kept.splitlines()) == 3


def test_a_disk_that_takes_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = [3]

    def write(handle: int, data: memoryview) -> int:
        del handle
        if not room[0]:
            raise OSError(28, "full")
        room[0] -= (size := min(len(data), room[0]))
        taken.extend(data[:size])
        return size

    taken = bytearray()
    monkeypatch.setattr(os, "write", write)
    log = LogFile(str(tmp_path / "log"))
    assert log.write(b"abcdef\n") == 7
    room[0] = 2
    assert not log.catch_up()
    room[0] = 100
    log.write(b"ghi\n")
    assert bytes(taken) == b"abcdef\nghi\n"


def test_an_attempts_output_waits_and_then_is_whole(tmp_path: Path, switch: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    output.feed(b"before\n")
    switch.write_text("ENOSPC")
    output.feed(b"meanwhile\n")
    output.end("a note")
    with pytest.raises(OSError, match="No space left"):
        output.catch_up()
    assert output.log() >= 0
    switch.unlink()
    output.catch_up()
    assert (tmp_path / "log").read_bytes() == b"before\nmeanwhile\n[penstock] a note\n"
    assert (output.written, output.dropped) == (17, 0)
    output.close()


def test_who_gives_up_says_what_is_lost(tmp_path: Path, switch: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    switch.write_text("EIO")
    output.feed(b"meanwhile\n")
    output.give_up()
    output.catch_up()
    assert output.dropped == 10
    output.close()


def test_silence_after_it_is_no_reason_to_wait_on(tmp_path: Path, switch: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    switch.write_text("ENOSPC")
    output.feed(b"meanwhile\n")
    switch.unlink()
    output.feed(b"")
    assert (tmp_path / "log").read_bytes() == b"meanwhile\n"
    output.close()


def test_the_end_of_a_long_output_waits_too(tmp_path: Path, switch: Path) -> None:
    output = Output(str(tmp_path), cap=400)
    output.feed(b"first line\n" * 30)
    switch.write_text("ENOSPC")
    for number in range(50):
        output.feed(b"line %d\n" % number)
    output.end()
    switch.unlink()
    output.catch_up()
    assert (tmp_path / "log").read_bytes().endswith(b"line 48\nline 49\n")
    assert not (tmp_path / "log.tail").exists()
