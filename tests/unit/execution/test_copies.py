"""What a home keeps of attempts on other hosts: whole, checked, by its own clock, readable like any other."""

from __future__ import annotations

import hashlib
import json
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from drive.attempts import make_settings, shell
from penstock import process
from penstock.attempts import files
from penstock.attempts.protocol import dump
from penstock.execution.executor import Exited
from penstock.execution.local.archive import LocalArchive
from penstock.execution.remote import copies
from penstock.execution.remote.copies import DamagedError, Taking
from penstock.execution.remote.protocol import LeftFile, Manifest, Piece
from penstock.execution.remote.safe import FEW, make_safe
from penstock.model.outcome import OutcomeKind


class Home:
    """One attempt that went to a worker."""

    def __init__(self, path: Path) -> None:
        self.settings = make_settings(path)
        self.settings.attempts.mkdir(parents=True)
        self.spec = shell("true")
        copies.accept(self.settings.attempts, self.spec.attempt_id, dump(self.spec), "grid")
        self.folder = files.attempt_folder(self.settings.attempts, self.spec.attempt_id)
        self.archive = LocalArchive(self.settings.attempts)

    def conclude(
        self,
        result: dict[str, Any] | None,
        *,
        now: float | None = None,
        worker: str | None = None,
        **facts: Any,
    ) -> Exited:
        body = {"v": 1, "attempt_id": self.spec.attempt_id, **result} if result is not None else None
        manifest = Manifest(
            files=[],
            result=json.dumps(body) if body is not None else None,
            now=time.time() if now is None else now,
            **facts,
        )
        dags = str(self.settings.dags_folder)
        copies.conclude(self.folder, self.spec.attempt_id, manifest, "its supervisor died", dags, worker)
        seen = copies.observed(self.folder)
        assert isinstance(seen, Exited)
        return seen


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def left(name: str, data: bytes) -> LeftFile:
    return LeftFile(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def test_who_has_it_is_known_to_the_next_engine(home: Home) -> None:
    assert copies.place_of(home.folder) == ("grid", None)
    copies.note_worker(home.settings.attempts, home.spec.attempt_id, "grid", "w1")
    assert copies.place_of(home.folder) == ("grid", "w1")
    assert copies.place_of(home.folder + "x") is None
    assert home.conclude({"kind": "exit_code", "exit_code": 3}).worker == "w1"
    assert home.conclude({"kind": "exit_code", "exit_code": 0}, worker="w2").worker == "w2", (
        "the result itself says so"
    )
    Path(home.folder, "remote").write_bytes(b"\xff")
    assert copies.place_of(home.folder) == ("unknown", None), "never taken for one of this machine"


def test_a_log_is_read_while_it_grows_and_stays_complete(home: Home) -> None:
    for offset, data in ((0, b"one\n"), (0, b"one\n"), (99, b"far\n"), (4, b"two\n"), (8, b"")):
        copies.extend_log(home.folder, Piece(data=data, offset=offset, size=8, written_us=1_000_000))
    piece = home.archive.read_log(home.spec.attempt_id, 0, 100)
    assert (piece.data, piece.may_grow, piece.written_us) == (b"one\ntwo\n", True, 1_000_000)
    home.conclude({"kind": "exit_code", "exit_code": 0})
    assert not home.archive.read_log(home.spec.attempt_id, 0, 100).may_grow


def test_files_arrive_in_pieces_and_a_log_goes_on_where_its_copy_ends(home: Home) -> None:
    copies.extend_log(home.folder, Piece(data=b"one\n", offset=0, size=4))
    log, xcom = b"one\ntwo\nthree\n", b'{"v":1,"values":{"a":1}}'
    taking = Taking(home.folder, left("log", log))
    assert taking.offset == 4
    while not taking.complete:
        taking.add(log[taking.offset : taking.offset + 5])
    taking.finish()
    other = Taking(home.folder, left("xcom", xcom))
    other.add(xcom)
    assert home.archive.handed_on(home.spec.attempt_id)[0] == {}, "not before all of it is checked"
    other.finish()
    assert home.archive.handed_on(home.spec.attempt_id)[0] == {"a": 1}
    assert home.archive.read_log(home.spec.attempt_id, 0, 100).data == log
    empty = Taking(home.folder, left("rendered", b""))
    assert empty.complete
    empty.finish()


@pytest.mark.parametrize("copy", [b"other line", b"longer than all of it", b""])
def test_what_is_damaged_is_fetched_anew(home: Home, copy: bytes) -> None:
    log = b"the right one"
    copies.extend_log(home.folder, Piece(data=copy, offset=0, size=len(copy)))
    taking = Taking(home.folder, left("log", log))
    if taking.offset:
        taking.add(log[taking.offset :])
        with pytest.raises(DamagedError, match="did not arrive as it was sent"):
            taking.finish()
    assert taking.offset == 0
    taking.add(log)
    taking.finish()
    assert Path(home.folder, "log").read_bytes() == log


def test_what_came_along_is_written_whole_in_place_of_any_copy_or_not_at_all(home: Home) -> None:
    copies.extend_log(home.folder, Piece(data=b"one\n", offset=0, size=4))
    log = left("log", b"one\ntwo\n")
    for wrong in (b"one\nTWO\n", b"one\n", b""):
        with pytest.raises(DamagedError, match="log did not arrive as it was sent"):
            copies.lay_down(home.folder, structs.replace(log, data=wrong))
        assert Path(home.folder, "log").read_bytes() == b"one\n"
    copies.lay_down(home.folder, structs.replace(log, data=b"one\ntwo\n"))
    copies.lay_down(home.folder, structs.replace(left("xcom", b""), data=b""))
    assert [Path(home.folder, name).read_bytes() for name in ("log", "xcom")] == [b"one\ntwo\n", b""]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_what_is_here_is_forced_to_the_disk_also_when_some_of_it_has_gone(home: Home, count: int) -> None:
    home.conclude({"kind": "exit_code", "exit_code": 0})
    make_safe([f"{home.folder}-gone", *[home.folder] * count])
    make_safe([])


def test_a_file_that_ends_too_soon_is_said(home: Home) -> None:
    taking = Taking(home.folder, left("log", b"1234"))
    taking.add(b"12")
    with pytest.raises(DamagedError, match="log ends at byte 2 of 4"):
        taking.add(b"")


def test_times_of_this_machine_are_ours_whatever_it_says(home: Home) -> None:
    result = {"kind": "exit_code", "exit_code": 0, "start": 1000.5, "end": 1001.5, "steady": 9.0}
    boot = process.boot_id()
    seen = home.conclude({**result, "boot_id": boot}, now=time.time() - 3600, boot_id=boot)
    assert (seen.start, seen.end, seen.steady) == (1000.5, 1001.5, (boot, 9.0))


@pytest.mark.parametrize("ahead", [-7200.0, 0.3, 3600.0])
def test_times_of_another_clock_become_ours(home: Home, ahead: float) -> None:
    there = time.time() + ahead
    Path(home.folder, files.LOG_INDEX).write_bytes(struct.pack("<QQ", 0, int((there - 5) * 1e6)))
    seen = home.conclude(
        {"kind": "rescheduled", "start": there - 5, "end": there - 1, "steady": 9.0, "boot_id": "elsewhere",
         "verdict": {"kind": "rescheduled", "next_poke_at": there + 60}},
        now=there, boot_id="elsewhere",
    )  # fmt: skip
    slack = pytest.approx
    assert seen.start == slack(time.time() - 5, abs=1.5)
    assert seen.end == slack(time.time() - 1, abs=1.5)
    assert seen.outcome.next_poke_at == slack(time.time() + 60, abs=1.5)
    assert (seen.steady is None) == (abs(ahead) > 1)
    written_us = home.archive.log_times(home.spec.attempt_id, 0, 9)[0][1]
    assert written_us / 1e6 == slack(time.time() - 5, abs=1.5)


def test_without_a_result_it_is_lost_for_the_reason_given(home: Home) -> None:
    copies.extend_log(home.folder, Piece(data=b"half", offset=0, size=4))
    seen = home.conclude(None)
    assert (seen.outcome.kind, seen.outcome.reason) == (OutcomeKind.LOST, "its supervisor died")
    assert home.archive.read_log(home.spec.attempt_id, 0, 100).data == b"half"


@pytest.mark.parametrize(
    ("log", "whole"),
    [
        (b"", b"[penstock] cut at byte 0: host lost\n"),
        (b"one\n", b"one\n[penstock] cut at byte 4: host lost\n"),
        (b"half", b"half\n[penstock] cut at byte 4: host lost\n"),
    ],
)
def test_a_log_whose_host_is_lost_says_where_it_was_cut(home: Home, log: bytes, whole: bytes) -> None:
    copies.extend_log(home.folder, Piece(data=log, offset=0, size=9))
    copies.conclude_lost(home.folder, home.spec.attempt_id, "no contact")
    seen = copies.observed(home.folder)
    assert isinstance(seen, Exited)
    assert (seen.outcome.kind, seen.outcome.reason) == (OutcomeKind.LOST, "no contact")
    assert home.archive.read_log(home.spec.attempt_id, 0, 100).data == whole
    assert seen.outcome.log_bytes == len(whole)


def test_a_deferral_names_the_code_of_this_home(home: Home) -> None:
    record = {"v": 1, "class": "a.T", "path": ["/w/code/abc", "/w/code/abc/lib"]}
    Path(home.folder, files.DEFERRAL).write_text(json.dumps(record))
    home.conclude({"kind": "deferred", "verdict": {"kind": "deferred", "trigger": "T"}}, dags="/w/code/abc")
    found = files.read(f"{home.folder}/{files.DEFERRAL}")["path"]
    assert found == [str(home.settings.dags_folder), f"{home.settings.dags_folder}/lib"]


def test_what_was_never_sent_ends_here(home: Home) -> None:
    copies.conclude_unsent(home.folder, home.spec.attempt_id, "operator said so")
    seen = copies.observed(home.folder)
    assert isinstance(seen, Exited)
    assert (seen.outcome.kind, seen.outcome.reason) == (OutcomeKind.CANCELLED, "operator said so")


def test_a_task_that_goes_on_takes_along_what_the_first_one_left(home: Home) -> None:
    for name in (files.DEFERRAL, files.XCOM, files.LOG):
        Path(home.folder, name).write_text("{}")
    assert copies.earlier_files(home.folder) == {files.DEFERRAL: "{}", files.XCOM: "{}"}
