"""What every executor must do with its workers, with what was taken away, and with a supervisor that dies."""

from __future__ import annotations

import ast
import os
import shutil
import signal
from pathlib import Path

import pytest

from drive.attempts import Attempts, marked, shell
from drive.waiting import eventually
from penstock.errors import UnknownError
from penstock.execution.executor import (
    Absent,
    Archive,
    Claimed,
    Executor,
    Exited,
    Lost,
    Observation,
    Room,
    Unreachable,
    Worker,
)

HERE = Path(__file__).parent


def test_every_call_of_the_port_is_tried() -> None:
    """A new one needs a test of what it promises, for all executors."""
    port = {name for kind in (Archive, Executor) for name in vars(kind) if not name.startswith("_")}
    called = {
        node.attr
        for path in HERE.glob("test_executor*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert port - called <= {"start", "submit"}, "these are called by every test"


def named(attempts: Attempts) -> list[Worker]:
    """Return the workers that have a name."""
    return [row for row in attempts.executor.workers() if row.name is not None]


def room(attempts: Attempts, queue: str | None = None, **resources: float) -> Room:
    """Return what room there is on the executor that gets the attempts."""
    executor = next((row.executor for row in named(attempts)), "local")
    return attempts.executor.room(executor, queue, resources)


async def test_there_is_room_and_no_warning_where_all_is_well(attempts: Attempts) -> None:
    await attempts.run(shell("true"))  # by then it is in contact with whatever runs attempts
    await eventually(lambda: room(attempts).problem is None, "room")
    assert attempts.executor.warnings == ()
    assert await attempts.executor.mend() is False
    if not named(attempts):
        assert room(attempts, "a queue that nobody serves") == Room()
        return
    assert (room(attempts).limit or 0) >= 4, "one for each slot, and those that wait for it"
    assert "serves queue 'nobodys'" in str(room(attempts, "nobodys").problem)
    assert "has MEM=1e+15" in str(room(attempts, MEM=1e15).problem)


async def test_a_worker_that_drains_starts_nothing_new_and_stops_nothing(
    attempts: Attempts, tmp_path: Path
) -> None:
    with pytest.raises(UnknownError, match="nobody"):
        await attempts.executor.drain("nobody")
    gate = tmp_path / "gate"
    runs = shell(f"while [ ! -e {gate} ]; do sleep 0.02; done; exit 3")
    attempts.executor.submit([runs])
    await attempts.until(runs.attempt_id, Claimed)
    for worker in named(attempts):
        assert worker.name is not None
        await attempts.executor.drain(worker.name)
        await eventually(lambda: [row.state for row in named(attempts)] == ["draining"], "it says so")
        assert "draining" in str(room(attempts).problem)
        await attempts.executor.drain(worker.name, back=True)
        await eventually(lambda: [row.state for row in named(attempts)] == ["ready"], "it says so")
    assert room(attempts).problem is None
    gate.touch()
    assert (await attempts.end(runs.attempt_id)).exit_code == 3


async def test_a_log_is_fresh_when_it_was_asked_for(attempts: Attempts, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    spec = shell(f"echo one; while [ ! -e {gate} ]; do sleep 0.02; done; echo two; sleep 60")
    attempts.executor.submit([spec])
    await eventually(lambda: attempts.printed(spec.attempt_id) == b"one\n", "a first line")
    gate.touch()
    log = attempts.folder(spec.attempt_id) / "log"
    await eventually(lambda: log.read_bytes() == b"one\ntwo\n", "a second line, where it runs")
    await attempts.executor.freshen(spec.attempt_id)
    assert attempts.archive.read_log(spec.attempt_id, 0, 100).data == b"one\ntwo\n"
    attempts.executor.stop(spec.attempt_id, "kill", "enough")
    await attempts.end(spec.attempt_id)


async def test_a_killed_supervisor_loses_its_attempt_and_leaves_no_process(attempts: Attempts) -> None:
    spec = shell("echo printed; sleep 60 & sleep 61")
    attempts.executor.submit([spec])
    await eventually(lambda: attempts.printed(spec.attempt_id), "it runs")
    os.kill(attempts.supervisor_of(spec.attempt_id), signal.SIGKILL)
    seen = await attempts.until(spec.attempt_id, Exited, Lost)
    assert isinstance(seen, Exited | Lost)
    reason = seen.reason if isinstance(seen, Lost) else seen.outcome.reason
    assert "supervisor" in str(reason)
    assert not marked(spec.attempt_id)
    assert attempts.printed(spec.attempt_id).startswith(b"printed\n"), "what it printed is kept"


async def test_what_runs_without_its_directory_is_ended(attempts: Attempts) -> None:
    spec = shell("echo runs; sleep 60")
    attempts.executor.submit([spec])
    await eventually(lambda: attempts.printed(spec.attempt_id), "it runs")
    for root in {attempts.root, attempts.settings.attempts}:
        shutil.rmtree(root / spec.attempt_id[:7] / spec.attempt_id)
    heard: list[Observation] = []

    def decided() -> bool:
        heard.append(attempts.executor.abandon(spec.attempt_id))
        return not isinstance(heard[-1], Unreachable)

    await eventually(decided, "an answer of all that may have it")
    seen = heard[-1]
    assert isinstance(seen, Lost)
    assert "killed" in seen.reason
    assert not marked(spec.attempt_id)
    assert isinstance(attempts.executor.abandon(spec.attempt_id), Absent | Unreachable)
