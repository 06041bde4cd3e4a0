"""What every executor keeps of attempts: their logs, and what is listed and looked up."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from drive.attempts import Attempts, shell
from drive.waiting import eventually
from penstock.attempts.protocol import AttemptSpec
from penstock.errors import BadIdError
from penstock.execution.executor import (
    MAX_LOG_PIECE,
    Archive,
)
from penstock.ids import new_attempt_id


def archives(attempts: Attempts) -> list[Archive]:
    """Return the executor, and what reads what it keeps while no engine runs: both say the same."""
    return [attempts.executor, attempts.archive]


def grows(attempts: Attempts, spec: AttemptSpec) -> list[bool]:
    """Return what both say of whether more may be printed."""
    return [archive.read_log(spec.attempt_id, 0, 1).may_grow for archive in archives(attempts)]


def read_bytes(path: str) -> bytes:
    return Path(path).read_bytes()


async def test_logs_are_read_by_offset_from_both_ends(attempts: Attempts) -> None:
    spec = shell("printf 0123456789; printf abc >&2")
    assert await attempts.log(spec) == b"0123456789abc"
    for archive in archives(attempts):
        for offset, limit, expected in (
            (4, 3, (b"456", 4)),
            (-3, 100, (b"abc", 10)),
            (-100, 2, (b"01", 0)),
            (100, 5, (b"", 13)),
            (0, 0, (b"", 0)),
            (0, -1, (b"", 0)),
        ):
            piece = archive.read_log(spec.attempt_id, offset, limit)
            assert (piece.data, piece.offset) == expected
            assert (piece.size, piece.may_grow) == (13, False)


async def test_a_log_may_grow_until_its_attempt_has_ended(attempts: Attempts, tmp_path: Path) -> None:
    """Whoever looks sees the same, with an engine or without one: no last line is missed."""
    gate = tmp_path / "gate"
    spec = shell(f"echo begun; while [ ! -e {gate} ]; do sleep 0.02; done; echo done")
    waiting, absent = shell("true"), new_attempt_id()
    attempts.executor.submit([spec])
    await eventually(lambda: attempts.printed(spec.attempt_id), "a first line")
    for archive in archives(attempts):
        piece = archive.read_log(spec.attempt_id, 6, 100)
        assert (piece.data, piece.offset, piece.size, piece.may_grow) == (b"", 6, 6, True)
        assert not archive.read_log(absent, 0, 100).may_grow
    gate.touch()
    await eventually(lambda: not any(grows(attempts, spec)), "the end")
    for archive in archives(attempts):
        assert archive.read_log(spec.attempt_id, 6, 100).data == b"done\n"
    await attempts.executor.close()  # nobody is there to claim
    attempts.executor.submit([waiting])
    assert grows(attempts, waiting) == [True, True]
    attempts.executor.revoke(waiting.attempt_id)
    assert grows(attempts, waiting) == [False, False]


async def test_a_log_knows_when_it_was_written(attempts: Attempts) -> None:
    before = time.time()
    spec = shell("echo one")
    await attempts.run(spec)
    for archive in archives(attempts):
        written_us = archive.read_log(spec.attempt_id, 2, 1).written_us
        assert written_us is not None
        assert before - 1 <= written_us / 1e6 <= time.time() + 1
        assert archive.read_log(spec.attempt_id, 100, 1).written_us is None


async def test_one_piece_of_a_log_is_bounded(attempts: Attempts) -> None:
    spec = shell(f"head -c {MAX_LOG_PIECE + 5} /dev/zero")
    await attempts.run(spec)
    for archive in archives(attempts):
        piece = archive.read_log(spec.attempt_id, 0, 1 << 40)
        assert (len(piece.data), piece.size) == (MAX_LOG_PIECE, MAX_LOG_PIECE + 5)


async def test_a_log_that_is_a_file_can_be_opened(attempts: Attempts) -> None:
    spec = shell("echo one")
    await attempts.run(spec)
    for archive in archives(attempts):
        named = archive.log_file(spec.attempt_id)
        assert named is None or read_bytes(named) == b"one\n"


@pytest.mark.parametrize("hostile", ["", "../../etc/passwd", "0123456789ab-0123456", "/etc/passwd"])
async def test_ids_from_outside_name_nothing_else(attempts: Attempts, hostile: str) -> None:
    for archive in archives(attempts):
        with pytest.raises(BadIdError):
            archive.read_log(hostile, 0, 10)
        with pytest.raises(BadIdError):
            archive.log_file(hostile)


async def test_what_is_kept_can_be_listed(attempts: Attempts, tmp_path: Path) -> None:
    started = time.time()
    first, second = shell("true", env={"A": "1"}), shell("true")
    await attempts.run(first)
    await attempts.run(second)
    ids = sorted((first.attempt_id, second.attempt_id))
    for archive in archives(attempts):
        assert sorted(archive.kept()) == ids
        assert list(archive.kept(since=ids[1])) == ids[1:]
        assert list(archive.kept(since="f" * 12)) == []
        assert list(archive.kept(untouched_since=started - 60)) == []
        assert sorted(archive.kept(untouched_since=time.time() + 60)) == ids
        assert archive.rendered(ids[0]) == {}
    attempts.executor.forget(ids[0])
    assert [list(archive.kept()) for archive in archives(attempts)] == [ids[1:]] * 2


async def test_an_order_can_be_looked_up_while_it_is_open(attempts: Attempts) -> None:
    spec = shell("sleep 60", env={"A": "1"})
    attempts.executor.submit([spec])
    for archive in archives(attempts):
        assert archive.order_of(spec.attempt_id)["A"] == "1"
        assert archive.order_of(new_attempt_id()) == {}
    attempts.executor.stop(spec.attempt_id, "kill", "enough")
    await attempts.end(spec.attempt_id)


async def test_any_bytes_arrive_as_they_are(attempts: Attempts, tmp_path: Path) -> None:
    blob = bytes(range(256)) * 300
    (tmp_path / "blob").write_bytes(blob)
    spec = shell(f"cat {tmp_path / 'blob'}")
    outcome = await attempts.run(spec)
    assert attempts.printed(spec.attempt_id) == blob
    assert outcome.log_bytes == len(blob)


async def test_the_log_is_capped_and_what_is_dropped_is_counted(attempts: Attempts) -> None:
    spec = shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo last", log_max_bytes=10_000)
    outcome = await attempts.run(spec)
    log = attempts.printed(spec.attempt_id)
    assert log.startswith(b"x" * 7_500 + b"\n[penstock] 290006 bytes left out, 0 lines: ")
    assert log.endswith(b"x" * 2_000 + b"\nlast\n")
    assert outcome.ok
    assert outcome.log_dropped == 300_006 - 10_000


async def test_lines_and_their_times_can_be_found(attempts: Attempts) -> None:
    before = time.time()
    spec = shell("echo one; echo three; printf five")
    await attempts.run(spec)
    for archive in archives(attempts):
        assert archive.line_starts(spec.attempt_id, [1, 4, 5]) == [4, 4, 10]
        times = archive.log_times(spec.attempt_id, 0, 14)
        assert [offset for offset, _ in times][:1] == [0]
        assert all(before - 1 <= at / 1e6 <= time.time() + 1 for _, at in times)
        extent = archive.log_extent(spec.attempt_id, grows=False, most=10)
        assert (extent.size, extent.torn) == (14, True)
        assert extent.times[0][0] == 0


async def test_what_a_task_pushed_and_rendered_is_kept(attempts: Attempts) -> None:
    """Secrets are covered for people, and whole for tasks."""
    attempt_id, quiet = new_attempt_id(), shell("true")
    folder = attempts.folder(attempt_id)
    xcom = json.dumps({"v": 1, "values": {"a": [1], "s": "secret"}, "covered": {"s": "***"}})
    rendered = json.dumps({"v": 1, "fields": {"bash_command": "echo"}})
    script = f"printf %s '{xcom}' > '{folder}/xcom'; printf %s '{rendered}' > '{folder}/rendered'"
    await attempts.run(shell(script, attempt_id=attempt_id))
    await attempts.run(quiet)
    for archive in archives(attempts):
        assert archive.rendered(attempt_id) == {"bash_command": "echo"}
        assert archive.pushed(attempt_id) == {"a": [1], "s": "***"}
        values, at = archive.handed_on(attempt_id)
        assert values == {"a": [1], "s": "secret"}
        assert time.time() - 60 < at < time.time() + 1
        file = archive.pushed_file(attempt_id)
        assert file is not None
        assert file.size == len(xcom)
        assert (archive.pushed(quiet.attempt_id), archive.pushed_file(quiet.attempt_id)) == ({}, None)
        assert archive.handed_on(quiet.attempt_id)[0] == {}
