"""Signals that were meant for somebody else, and failures of our own: neither ends a supervisor."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import Attempts, open_local, shell
from drive.waiting import eventually
from penstock import process, stray_signals
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import Claimed, Exited
from penstock.execution.local import supervisors
from penstock.execution.local.executor import LocalExecutor
from penstock.model.outcome import OutcomeKind

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")

NUMBERS = sorted(stray_signals.ALL)


@pytest.fixture
async def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Attempts]:
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 1)
    found = await open_local(tmp_path)
    yield found
    await found.executor.close()


async def test_no_signal_of_a_task_ends_its_supervisor(attempts: Attempts) -> None:
    numbers = " ".join(map(str, range(1, 65)))
    kills = f"for n in {numbers}; do case $n in 9|19) ;; *) kill -$n $PPID;; esac; done"
    neighbour = shell("sleep 600")
    attempts.executor.submit([neighbour])
    await attempts.until(neighbour.attempt_id, Claimed)
    spec = shell(f"{kills}; sleep 0.1; {kills}; echo alive; exit 3")
    outcome = await attempts.run(spec)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, 3)
    assert attempts.printed(spec.attempt_id) == b"alive\n"
    assert isinstance(attempts.observe(neighbour.attempt_id), Claimed)
    attempts.executor.stop(neighbour.attempt_id, "kill", "done")
    assert (await attempts.end(neighbour.attempt_id)).kind is OutcomeKind.CANCELLED
    assert attempts.supervisor_of(spec.attempt_id) == attempts.supervisor_of(neighbour.attempt_id)


async def test_a_supervisor_that_starts_hears_none_either(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path)
    executor = attempts.executor
    assert isinstance(executor, LocalExecutor)
    assert executor._supervisors is not None
    (pid,) = executor._supervisors._starting
    for number in NUMBERS:
        os.kill(pid, number)
    spec = shell("exit 4")
    assert (await attempts.run(spec)).exit_code == 4
    assert attempts.supervisor_of(spec.attempt_id) == pid
    await executor.close()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGALRM, signal.SIGRTMIN + 3])
async def test_each_signal_still_ends_a_task(attempts: Attempts, number: int) -> None:
    outcome = await attempts.run(shell(f"kill -{number} $$; sleep 9"))
    assert (outcome.kind, outcome.signal) == (OutcomeKind.SIGNAL, number)


# --- failures of our own ------------------------------------------------------------------------------

FAULTY = """
import os, sys
sys.path.append(sys.argv.pop(1))
from penstock.supervisor import main as supervisor, {module} as module
place = {place}
found = getattr(place, "{name}")
def words(each):
    names = ("folder", "_folder", "attempt_id")
    owner = getattr(each, "_files", each)
    return str(each) + "".join(str(getattr(owner, name, "")) for name in names)
def broken(*args, **named):
    if any("{bad}" in words(each) for each in args):
        raise {error}
    return found(*args, **named)
setattr(place, "{name}", broken)
supervisor.main()
"""
"""A supervisor one function of which fails for the attempt with the id *bad*."""

BREAKS = {
    "output": ("attempt", "module.Output", "feed", "RuntimeError('sudden')"),
    "no memory for output": ("attempt", "module.Output", "feed", "MemoryError()"),
    "the log": ("attempt", "module.Output", "__init__", "ValueError('sudden')"),
    "the start": ("attempt", "module.AttemptFiles_", "mark_started", "KeyError('sudden')"),
    "the verdict": ("unwritten", "module.Unwritten", "verdict", "KeyError('sudden')"),
    "the sweep": ("main", "module.Supervisor", "_kill_left", "PermissionError(1, 'sudden')"),
    "the family": ("main", "module", "family", "ZeroDivisionError('sudden')"),
    "the end": ("attempt", "module", "end_output", "OSError(5, 'sudden')"),
}


@pytest.mark.parametrize("what", BREAKS)
async def test_what_fails_in_one_attempt_ends_that_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    module, place, name, error = BREAKS[what]
    place = place.replace("module.AttemptFiles_", "supervisor.AttemptFiles")
    last = "sleep 0.1" if what == "the sweep" else "sleep 600"
    victim = shell(f"echo out; setsid sleep 600 & {last}", grace=1)
    code = FAULTY.format(module=module, place=place, name=name, error=error, bad=victim.attempt_id)
    monkeypatch.setattr(supervisors, "_CODE", code)
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 1)
    attempts = await open_local(tmp_path)
    gate = tmp_path / "gate"
    others = [shell(f"until [ -e {gate} ]; do sleep 0.02; done; exit {code}") for code in (0, 5)]
    attempts.executor.submit([others[0], victim, others[1]])
    await attempts.until(victim.attempt_id, Claimed, Exited)
    for each in others:
        await attempts.until(each.attempt_id, Claimed)
    if what != "the sweep":
        attempts.executor.stop(victim.attempt_id, "term", "go")
    outcome = await attempts.end(victim.attempt_id)
    gate.touch()
    try:
        assert [(await attempts.end(each.attempt_id)).exit_code for each in others] == [0, 5]
    finally:
        await attempts.executor.close()
    assert len({attempts.supervisor_of(each.attempt_id) for each in [victim, *others]}) == 1
    assert outcome.kind is OutcomeKind.LOST
    assert "its supervisor failed on it" in str(outcome.reason)
    await eventually(lambda: not alive(victim), "the victim's processes to be gone")


def alive(spec: AttemptSpec) -> list[int]:
    return [
        record.pid
        for record in process.processes()
        if not record.ended and process.environment_value(record.pid, "PENSTOCK_ATTEMPT") == spec.attempt_id
    ]


async def test_a_turn_that_fails_is_not_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = tmp_path / "gate"
    code = FAULTY.format(
        module="main", place="module.Supervisor", name="_pause", error="RuntimeError('sudden')", bad=""
    ).replace("if any(", f"if not os.path.exists({str(gate)!r}) and any(")
    monkeypatch.setattr(supervisors, "_CODE", code)
    attempts = await open_local(tmp_path)
    complaints = attempts.settings.run_folder / "supervisors.log"
    await eventually(lambda: complaints.exists() and "sudden" in complaints.read_text(), "the complaint")
    spec = shell("exit 6")
    attempts.executor.submit([spec])
    gate.touch()
    assert (await attempts.end(spec.attempt_id)).exit_code == 6
    assert complaints.read_text().count("Traceback") == 1
    await attempts.executor.close()
