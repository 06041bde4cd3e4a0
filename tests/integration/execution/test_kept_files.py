"""Python tasks forked from a process that has executed their DAG file: what they see, and how they end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.python_attempts import PythonAttempts, unassigned
from drive.waiting import eventually
from penstock import process
from penstock.attempts.protocol import AttemptSpec
from penstock.model.outcome import Outcome

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks are given over on Linux")

HEADER = (
    "import atexit, os, random, sys, tempfile, threading, time\nfrom penstock import DAG, PythonOperator\n"
)
FOOTER = "\nwith DAG('d', schedule=None):\n    PythonOperator(task_id='t', python_callable=f)\n"
KEPT = "sys.modules['penstock.task_process.load']._kept is not None"
TRIES = 200


class Version:
    """One version of a DAG file, and the attempts of its task."""

    def __init__(self, attempts: PythonAttempts, body: str) -> None:
        self.attempts = attempts
        self.file = attempts.home / "dags" / "kept_dag.py"
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(HEADER + body + FOOTER)

    async def run(self, *, spawned: bool = False) -> tuple[AttemptSpec, Outcome, str]:
        """Run the task; return what was asked for, how it ended and what it printed."""
        spec = self.attempts.of_file(self.file, spawned=spawned)
        self.attempts.executor.submit([spec])
        outcome = await self.attempts.end(spec.attempt_id)
        return spec, outcome, self.attempts.printed(spec.attempt_id).decode()

    async def kept(self) -> AttemptSpec:
        """Run the task until a run says ``kept``; return that attempt."""
        for _ in range(TRIES):
            spec, _, printed = await self.run()
            if "kept" in printed:
                return spec
        raise AssertionError(f"none of {TRIES} tasks came from a process that had executed the file")


@pytest.fixture
async def attempts(tmp_path: Path) -> AsyncIterator[PythonAttempts]:
    found = PythonAttempts(tmp_path)
    await found.start()
    yield found
    await found.executor.close()


def says_kept(body: str) -> str:
    return f"{body}\ndef f():\n    if {KEPT}: print('kept')\n    g()\n"


SURROUNDINGS = """
def g():
    print(os.getcwd(), os.getsid(0) == os.getpid(), sys.argv[0], sys.path, __name__, __file__)
    print(sorted((name, text) for name, text in os.environ.items() if name != "PENSTOCK_CHANNEL"))
    print(sorted(os.listdir("/proc/self/fd")), sys.stdin.read(), os.umask(0o22), sys.flags)
    own = ("SigPnd", "SigBlk", "SigIgn", "SigCgt")
    print([line for line in open("/proc/self/status") if line.startswith(own)])
    print(open("/proc/self/oom_score_adj").read(), threading.active_count())
"""


async def test_a_task_of_a_kept_file_sees_what_a_spawned_one_sees(attempts: PythonAttempts) -> None:
    version = Version(attempts, says_kept(SURROUNDINGS))
    spec = await version.kept()
    kept = attempts.printed(spec.attempt_id).decode().removeprefix("kept\n")
    spawned, _, printed = await version.run(spawned=True)
    assert "SigCgt" in kept
    assert kept.replace(spec.attempt_id, "ID") == printed.replace(spawned.attempt_id, "ID")


ENDINGS = {
    "value": "def g():\n    print('said')\n    return {'n': [1, 2]}",
    "error": "def g():\n    print('before')\n    return 1 / 0",
    "exit": "def g(): sys.exit(7)",
    "leaves": "def g():\n    print('in time')\n    os._exit(5)",
    "killed": "def g(): os.kill(os.getpid(), signal.SIGKILL)\nimport signal",
    "atexit": "def g(): atexit.register(print, 'at exit')",
    "thread": "def g(): threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
    "unclosed": "def g():\n    global out\n    out = open('out', 'w')\n    out.write('text')",
    "temporary": "def g():\n    global held\n    held = tempfile.NamedTemporaryFile(dir='.', prefix='held')",
    "held in a list": "held = []\ndef g(): held.append(tempfile.NamedTemporaryFile(dir='.', prefix='held'))",
    "printed at the end": "def g():\n    class Bye:\n        def __del__(self): print('gone')\n"
    "    global bye\n    bye = Bye()\n    g.bye = Bye()",
}


def _text(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_task_of_a_kept_file_ends_as_a_spawned_one_does(attempts: PythonAttempts, how: str) -> None:
    version = Version(attempts, says_kept(ENDINGS[how]))
    kept = await version.kept()
    told = []
    for spec in (kept, (await version.run(spawned=True))[0]):
        outcome = await attempts.end(spec.attempt_id)
        ended = (outcome.kind, outcome.exit_code, outcome.signal, outcome.reason, outcome.xcoms)
        log = attempts.printed(spec.attempt_id).decode().replace("kept\n", "").replace(spec.attempt_id, "ID")
        told.append((ended, log, {path.name[:4]: _text(path) for path in attempts.home.iterdir()}))
    assert told[0] == told[1]


async def test_no_task_sees_what_another_one_did(attempts: PythonAttempts) -> None:
    body = "seen = []\ndef g():\n    seen.append(1)\n    print(len(seen), random.random())"
    version = Version(attempts, says_kept(body))
    await version.kept()
    printed = [(await version.run())[2].split() for _ in range(3)]
    assert [words[:2] for words in printed] == [["kept", "1"]] * 3
    assert len({words[2] for words in printed}) == 3


@pytest.mark.parametrize(
    "body",
    [
        "def g(): pass\nos.environ['X'] = '1'",
        "def g(): pass\nat = time.time()",
        "def g(): pass\nclass C: pass",
    ],
)
async def test_a_file_that_may_differ_is_executed_for_each_task(attempts: PythonAttempts, body: str) -> None:
    version = Version(attempts, says_kept(body))
    assert [(await version.run())[2] for _ in range(6)] == [""] * 6


async def test_another_version_is_executed_anew(attempts: PythonAttempts) -> None:
    first = Version(attempts, says_kept("def g(): print('first')"))
    await first.kept()
    other = attempts.home / "other.py"
    other.write_text(first.file.read_text().replace("first", "second"))
    specs = [attempts.of_file(other) for _ in range(4)]
    attempts.executor.submit(specs)
    for spec in specs:
        await attempts.end(spec.attempt_id)
        assert attempts.printed(spec.attempt_id).decode().removeprefix("kept\n") == "second\n"


async def test_tasks_go_on_when_who_has_executed_their_file_is_killed(attempts: PythonAttempts) -> None:
    version = Version(attempts, says_kept("def g(): pass"))
    spec = await version.kept()
    (parent,) = unassigned(attempts.supervisor_of(spec.attempt_id))
    (keeper,) = process.children(parent)
    os.kill(keeper, signal.SIGKILL)
    for _ in range(4):
        assert (await version.run())[1].exit_code == 0
    assert process.children(parent) == []


async def test_who_has_executed_a_file_ends_with_the_warm_parent(attempts: PythonAttempts) -> None:
    version = Version(attempts, says_kept("def g(): pass"))
    spec = await version.kept()
    (parent,) = unassigned(attempts.supervisor_of(spec.attempt_id))
    (keeper,) = process.children(parent)
    os.kill(parent, signal.SIGKILL)
    await eventually(lambda: (seen := process.stat(keeper)) is None or seen.ended, "its end")
