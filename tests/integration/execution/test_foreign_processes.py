"""Processes that a supervisor may not kill, because they are another user's: they hurt no neighbour.

The supervisors of these tests give up the right to kill others' processes, so they stand where an
engine of an ordinary user stands beside what ``sudo`` started.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, shell
from drive.waiting import eventually
from penstock import process
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import Claimed
from penstock.execution.local import supervisors
from penstock.execution.local.executor import LocalExecutor
from penstock.model.outcome import OutcomeKind, describe

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="only root can become somebody else"
)

POWERLESS = """
import ctypes, os, sys
# CAP_KILL and CAP_SYS_PTRACE leave the set that exec can give.
if os.environ.setdefault("POWER", "yes") == "yes":
    for capability in (5, 19):
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):
            sys.exit("cannot give up a capability")
    os.environ["POWER"] = "no"
    os.execv(sys.executable, sys.orig_argv)
"""
NOBODY = 65534
STRANGER = """
import os, signal, sys, time
leave = sys.argv[2] == "leave"
if leave and os.fork():
    os._exit(0)
if sys.argv[3:] == ["session"]:
    os.setsid()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
if leave:
    os.close(1); os.close(2)
os.write(3, b"%d" % os.getpid()); os.close(3)
time.sleep(600)
"""


class Strange(Attempts):
    def __init__(self, home: Path) -> None:
        super().__init__(LocalExecutor(make_settings(home)), make_settings(home))
        self.place = home
        (home / "stranger.py").write_text(STRANGER)

    def stranger(self, name: str, how: str, *more: str) -> str:
        """Return a command line that becomes, or leaves behind, a process of another user."""
        words = f"{self.place}/stranger.py {name} {how} {' '.join(more)}"
        return f"env -i {sys.executable} -S -E {words} 3>{self.place}/{name}"  # as sudo does

    def leaving(self, *more: str) -> AttemptSpec:
        """Return the spec of a task that leaves somebody behind and ends well."""
        stranger = self.stranger("a", "leave", *more)
        return shell(f"{stranger}; until [ -s {self.place}/a ]; do sleep 0.01; done")

    async def pid(self, name: str) -> int:
        return int(await eventually(lambda: self.written(name), f"the pid of {name}"))

    def written(self, name: str) -> str:
        file = self.place / name
        return file.read_text() if file.exists() else ""


@pytest.fixture
async def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Strange]:
    monkeypatch.setattr(supervisors, "_CODE", POWERLESS + supervisors._CODE.replace(";", "\n"))
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 1)
    found = Strange(tmp_path)
    await found.start()
    yield found
    for name in ("a", "b"):
        with suppress(ValueError, OSError):
            os.kill(int(found.written(name)), signal.SIGKILL)
    await found.executor.close()


@pytest.mark.parametrize("session", [[], ["session"]])
async def test_a_leftover_of_another_user_is_named_and_hurts_nobody(
    attempts: Strange, session: list[str]
) -> None:
    gate = attempts.place / "gate"
    others = [shell(f"until [ -e {gate} ]; do sleep 0.02; done; exit {code}") for code in (0, 3, 5)]
    attempts.executor.submit(others)
    for each in others:
        await attempts.until(each.attempt_id, Claimed)
    spec = attempts.leaving(*session)
    outcome = await attempts.run(spec)
    pid = await attempts.pid("a")
    assert outcome.ok
    words = f"process {pid} ({process.name_of(pid)}, user nobody) cannot be killed: belongs to another user"
    doubt = "; left by this task or by one beside it" if session else ""  # nothing tells whose it is
    assert outcome.reason == words + doubt
    gate.touch()
    ends = [await attempts.end(each.attempt_id) for each in others]
    assert [(each.exit_code, each.reason) for each in ends] == [(0, None), (3, None), (5, None)]
    assert {attempts.supervisor_of(each.attempt_id) for each in [spec, *others]} == {
        attempts.supervisor_of(spec.attempt_id)
    }
    later = await attempts.run(shell("exit 7"))
    assert (later.exit_code, later.reason, later.survivors) == (7, None, 0)
    assert process.start_ticks(pid) is not None


async def test_the_only_attempt_names_whom_it_left_in_a_session_of_his_own(attempts: Strange) -> None:
    outcome = await attempts.run(attempts.leaving("session"))
    assert describe(outcome).endswith("user nobody) cannot be killed: belongs to another user")


async def test_a_task_that_cannot_be_killed_says_so_until_it_ends(attempts: Strange) -> None:
    spec = shell(f"exec {attempts.stranger('a', 'stay')}", time_limit=0.5, grace=0.5)
    attempts.executor.submit([spec])
    pid = await attempts.pid("a")

    def seen() -> Claimed:
        now = attempts.observe(spec.attempt_id)
        assert isinstance(now, Claimed)
        return now

    await eventually(lambda: seen().note is not None, "its time to be up")
    await eventually(lambda: "cannot be killed" in str(seen().note), "that it lives on to be told")
    word = f"out of time: ran longer than 0.5 s; process {pid} ({process.name_of(pid)}, user nobody) "
    assert seen().note == f"{word}cannot be killed: belongs to another user"
    assert seen().kill_at is None
    await eventually(lambda: spec.attempt_id in attempts.hinted, "a hint")
    assert (await attempts.run(shell("exit 3"))).exit_code == 3
    os.kill(pid, signal.SIGKILL)
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.signal) == (OutcomeKind.TIMEOUT, 9)


async def test_a_stop_waits_for_what_cannot_be_killed_and_says_so(attempts: Strange) -> None:
    spec = shell(f"{attempts.stranger('a', 'stay')} & wait", grace=0.2)
    attempts.executor.submit([spec])
    pid = await attempts.pid("a")
    attempts.executor.stop(spec.attempt_id, "term", "cancelled by ada")
    await eventually(
        lambda: f"process {pid}" in str(getattr(attempts.observe(spec.attempt_id), "note", "")), "the note"
    )
    os.kill(pid, signal.SIGKILL)
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "cancelled by ada")
