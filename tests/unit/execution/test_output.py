from __future__ import annotations

from binascii import b2a_base64
from pathlib import Path

import pytest

from penstock.execution.output import Output
from penstock.execution.records import HIDE_END, HIDE_START
from penstock.logs.index import load_index


def logged(folder: Path) -> bytes:
    return (folder / "log").read_bytes()


def test_the_head_is_kept_and_the_rest_counted(tmp_path: Path) -> None:
    output = Output(str(tmp_path), cap=10, masks=())
    for _ in range(3):
        output.feed(b"12345678")
    output.end()
    assert (output.written, output.dropped) == (10, 14)
    assert logged(tmp_path) == b"1234567812\n[penstock] 14 bytes dropped: the log holds 10 of at most 10\n"


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
    index = load_index(tmp_path / "log.idx")
    assert len(index) == 1
    assert index.time_at(0) is not None


def test_silence_leaves_no_index(tmp_path: Path) -> None:
    Output(str(tmp_path), cap=10, masks=()).end()
    assert not (tmp_path / "log.idx").exists()


def test_files_are_private_and_links_are_not_followed(tmp_path: Path) -> None:
    Output(str(tmp_path), cap=10, masks=()).close()
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Output(str(tmp_path / "trap"), cap=10, masks=())


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
