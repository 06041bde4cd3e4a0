from __future__ import annotations

import os
import struct
from binascii import b2a_base64
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.attempts.files import HIDE_END, HIDE_START, RESULT, SPEC, dump_fields, read_result
from penstock.attempts.log_index import time_of
from penstock.attempts.log_tail import join
from penstock.model.full_log import LINE, LOG_IS_FULL
from penstock.supervisor import log_file as log_file_module
from penstock.supervisor import output as output_module
from penstock.supervisor.directory import AttemptFiles
from penstock.supervisor.output import Output
from penstock.supervisor.unwritten import Unwritten


def logged(folder: Path) -> bytes:
    return (folder / "log").read_bytes()


def test_the_first_and_the_last_are_kept_and_the_rest_counted(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    lines = [b"line %04d\n" % number for number in range(1000)]
    for line in lines:
        output.feed(line)
    output.end("a note")
    head, tail = b"".join(lines[:75]), b"".join(lines[-24:])  # the 25th from the end could be half a line
    said = b"[penstock] 9010 bytes left out, 901 lines: the log keeps the first 750 and the last 240"
    middle = said.ljust(119) + b"\n"
    assert logged(tmp_path) == head + middle + tail + b"[penstock] a note\n"
    assert (output.written, output.dropped) == (990, 9010)
    assert not (tmp_path / "log.tail").exists()


@pytest.mark.parametrize("extra", [0, 1, 249, 250])
def test_what_fits_is_whole(tmp_path: Path, extra: int) -> None:
    output = Output(str(tmp_path), cap=1000)
    data = bytes(range(256)) * 4
    for at in range(0, 750 + extra, 7):
        output.feed(data[at : min(at + 7, 750 + extra)])
    output.end()
    assert logged(tmp_path) == data[: 750 + extra]
    assert output.dropped == 0


@pytest.mark.parametrize("size", [1, 7, 249, 250, 251, 999, 1001, 5000])
def test_pieces_of_any_size_leave_the_same(tmp_path: Path, size: int) -> None:
    text = b"".join(b"%d\n" % number for number in range(3000))
    output = Output(str(tmp_path), cap=1000)
    for at in range(0, len(text), size):
        output.feed(text[at : at + size])
    output.end()
    log = logged(tmp_path)
    head, _, rest = log.partition(b"[penstock] ")
    said, _, tail = rest.partition(b"\n")
    assert text.startswith(head.rstrip(b"\n"))
    assert text.endswith(b"\n" + tail)
    assert 240 <= len(tail) <= 250
    left_out = int(said.split()[0])
    assert output.dropped == left_out == len(text) - 750 - len(tail)


def test_a_follower_sees_offsets_that_stay(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    seen = b""
    for number in range(500):
        output.feed(b"line %04d\n" % number)
        new = logged(tmp_path)
        assert new.startswith(seen)
        seen = new
    assert b"[penstock] the log is full: the last 250 bytes follow at the end" in seen
    output.end()
    end = logged(tmp_path)
    at = seen.index(b"[penstock]")
    assert end[:at] == seen[:at]
    assert seen[at:].startswith(LOG_IS_FULL)
    assert len(seen) == at + LINE  # the number takes the place of what was said, and the rest comes after it
    assert end[len(seen) :].startswith(b"line ")
    assert end.endswith(b"line 0499\n")


def test_a_supervisor_that_vanished_leaves_the_end_to_others(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    for number in range(500):
        output.feed(b"line %04d\n" % number)
    assert join(str(tmp_path)) == (240, 4010)
    log = logged(tmp_path)
    assert log.endswith(b"line 0499\n")
    assert b"\n[penstock] 4010 bytes left out, 401 lines: " in log
    assert join(str(tmp_path)) == (0, 0)
    assert logged(tmp_path) == log
    output.close()


def test_a_ring_of_an_older_supervisor_is_read(tmp_path: Path) -> None:
    said = b"[penstock] the log is full: the last 10 bytes follow at the end".ljust(99) + b"\n"
    (tmp_path / "log").write_bytes(b"head\n" + said)
    (tmp_path / "log.tail").write_bytes(struct.pack("<QQQQ", 8, 24, 5, 5) + b"l05\nl06\n")
    assert join(str(tmp_path)) == (4, 20)
    middle = b"[penstock] 20 bytes left out: the log keeps the first 5 and the last 4".ljust(99) + b"\n"
    assert logged(tmp_path) == b"head\n" + middle + b"l06\n"


def test_what_is_left_out_is_counted_in_lines_without_ends_too(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    output.feed(b"x" * 5000 + b"\n" + b"y" * 400)
    output.end()
    assert b"[penstock] 4401 bytes left out, 1 line: the log keeps the first 750 and the last 250" in logged(
        tmp_path
    )


@pytest.mark.parametrize("damage", [b"", b"short", b"\xff" * 32, b"\xff" * 99])
def test_a_ring_that_makes_no_sense_harms_nothing(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "log").write_bytes(b"head\n")
    (tmp_path / "log.tail").write_bytes(damage)
    join(str(tmp_path))
    assert logged(tmp_path) == b"head\n"
    assert not (tmp_path / "log.tail").exists()


def test_the_end_has_its_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "_INDEX_EVERY", 0.0)
    output = Output(str(tmp_path), cap=1000)
    for number in range(300):
        output.feed(b"line %04d\n" % number)
    output.end()
    index, log = str(tmp_path / "log.idx"), logged(tmp_path)
    offsets = [log.index(b"line %04d" % number) for number in (0, 74, 276, 299)]
    moments = [time_of(index, offset) or 0 for offset in offsets]
    assert moments == sorted(moments)
    assert moments[-1] > moments[-2] > 0
    assert time_of(index, offsets[-1] - 1) != moments[-1]


def test_exactly_the_cap_drops_nothing(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=10, masks=())
    output.feed(b"0123456789")
    output.end()
    assert logged(tmp_path) == b"0123456789"


def test_a_note_begins_on_a_line_of_its_own(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=100, masks=())
    output.feed(b"no line end")
    output.end("something to say")
    assert logged(tmp_path) == b"no line end\n[penstock] something to say\n"


@pytest.mark.parametrize(
    ("pieces", "last"),
    [
        ([], ""),
        ([b"one\n", b"two\n"], "two"),
        ([b"one\ntw", b"o"], "two"),
        ([b"one\n", b"\n"], ""),
        ([b"one", b"\n"], "one"),
        ([b"  spaced \t\r\n"], "  spaced"),
        ([b"a\nb\nc\n"], "c"),
        ([b"x\n", b"", b"y"], "y"),
        ([b"\xff\n"], "\\xff"),
        ([b"x" * 70_000, b"\n", b"after\n"], "after"),
        ([b"x" * 70_000 + b"\n", b"after\n"], "after"),
    ],
)
def test_the_last_line(tmp_path: Path, pieces: list[bytes], last: str) -> None:
    output = Output(str(tmp_path), cap=1000, masks=())
    for piece in pieces:
        output.feed(piece)
    output.flush()
    assert output.last_line() == last
    output.close()


def test_the_last_line_is_masked_too(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000, masks=("topsecret",))
    output.feed(b"token topse")
    output.feed(b"cret")
    output.flush()
    assert output.last_line() == "token ***"
    output.end()
    assert logged(tmp_path) == b"token ***"


def test_a_last_line_too_long_says_so(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1 << 20, masks=())
    output.feed(b"x" * 70_000)
    before = output.last_line_complete
    output.feed(b"\nshort\n")
    assert (before, output.last_line_complete) == (False, True)
    output.close()


def test_times_are_sparse_and_found_by_offset(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1 << 20, masks=())
    for _ in range(100):
        output.feed(b"line\n")
    output.end()
    assert (tmp_path / "log.idx").stat().st_size == 16  # one entry: an offset and a time
    assert time_of(str(tmp_path / "log.idx"), 499) is not None


def test_silence_leaves_no_index(tmp_path: Path) -> None:
    Output(str(tmp_path), cap=10, masks=()).end()
    assert not (tmp_path / "log.idx").exists()


def test_files_are_private_and_links_are_not_followed(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=10, masks=())
    output.feed(b"x")
    output.close()
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "log").symlink_to(tmp_path / "elsewhere")
    output = Output(str(tmp_path / "trap"), cap=10, masks=())
    output.feed(b"x")
    assert output.waiting
    with pytest.raises(OSError, match="symbolic links"):
        output.log()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo, lambda log: log.symlink_to("elsewhere")])
def test_a_result_does_not_wait_for_a_log_that_a_task_has_put_something_in_the_place_of(
    tmp_path: Path, put: Callable[[Path], object]
) -> None:
    (tmp_path / SPEC).write_bytes(dump_fields({}))
    folder = AttemptFiles(str(tmp_path))
    (tmp_path / "claimed").write_text("{}")
    folder.take(str(tmp_path / "claimed"))
    folder.read_order()
    put(tmp_path / "log")
    output = Output(str(tmp_path), cap=100)
    output.feed(b"in vain")
    output.end()
    unwritten = Unwritten(folder)
    unwritten.conclude(output, {"kind": "exit_code"})
    assert unwritten.write(durable=False)
    assert read_result(f"{tmp_path}/{RESULT}")["log_dropped"] == 7


def told(value: str) -> bytes:
    return HIDE_START + b2a_base64(value.encode(), newline=False) + HIDE_END


@pytest.mark.parametrize("size", [1, 2, 7, 16, 33, 1000])
def test_what_a_task_says_is_to_be_hidden_is_hidden_from_there_on(tmp_path: Path, size: int) -> None:
    said = b"first canary-1\n" + told("canary-1") + b"then canary-1 and canary-2 " + told("canary-2")
    said += b"canary-2 \x1e\x1f canary-1\n"
    output = Output(str(tmp_path), cap=1 << 20, masks=(), listens=True)
    for start in range(0, len(said), size):
        output.feed(said[start : start + size])
    output.end()
    log = (tmp_path / "log").read_bytes()
    assert log == b"first canary-1\nthen *** and canary-2 *** \x1e\x1f ***\n"
    assert output.last_line() == "then *** and canary-2 *** \x1e\x1f ***"


@pytest.mark.parametrize(
    "said",
    [HIDE_START + b"no end", HIDE_START + b"@@" + HIDE_END, HIDE_START[:5], HIDE_START + b"A" * 200_000],
)
def test_what_is_not_said_in_full_is_output_like_any_other(tmp_path: Path, said: bytes) -> None:
    output = Output(str(tmp_path), cap=1 << 20, masks=(), listens=True)
    output.feed(b"before " + said)
    output.feed(b" after\n")
    output.end()
    log = (tmp_path / "log").read_bytes()
    assert log.startswith(b"before ")
    assert log.endswith(b" after\n")


def test_nobody_listens_to_a_command(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000, masks=())
    output.feed(told("x" * 9))
    output.end()
    assert (tmp_path / "log").read_bytes() == told("x" * 9)


def test_a_note_that_waits_for_the_disk_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = [b"some\n"]

    def disk() -> None:
        if not room:
            raise OSError(28, "No space left on device")
        room.pop()

    monkeypatch.setattr(log_file_module, "disk", disk)
    output = Output(str(tmp_path), cap=100, masks=())
    output.feed(b"some\n")
    output.end("a note")
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            output.catch_up()
    room += [b"note"] * 9
    output.catch_up()
    output.catch_up()
    assert logged(tmp_path) == b"some\n[penstock] a note\n"


def test_what_waits_is_written_while_it_goes_on(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=1000)
    output.feed(b"one\n")
    output.catch_up()
    output.feed(b"two\n")
    output.end("a note")
    assert logged(tmp_path) == b"one\ntwo\n[penstock] a note\n"
