"""Commands that behave badly: each must end with its exact outcome and leave nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, marked, shell
from drive.waiting import eventually
from penstock import process
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import Exited
from penstock.execution.local.executor import LocalExecutor
from penstock.ids import new_attempt_id
from penstock.model.outcome import OutcomeKind

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sweeps need a subreaper")

DAEMON = """
import os, sys, time
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if "split" in sys.argv:
            os.fork()
        print("daemon", os.getpid(), flush=True)
        os.set_inheritable(writing, False)
        if "bare" in sys.argv:
            os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"], {})
        os.write(writing, b"x")
        time.sleep(600)
    os._exit(0)
os.close(writing)
os.read(reading, 1)
os.wait()
if "stay" in sys.argv:
    time.sleep(600)
sys.exit(5)
"""


@pytest.fixture
async def attempts(tmp_path: Path) -> AsyncIterator[Attempts]:
    settings = make_settings(tmp_path)
    found = Attempts(LocalExecutor(settings), settings)
    await found.start()
    yield found
    await found.executor.close()


def python(code: str, *argv: str, **fields: object) -> AttemptSpec:
    return AttemptSpec(
        attempt_id=new_attempt_id(),
        argv=(sys.executable, "-I", "-S", "-c", code, *argv),
        env={"PATH": os.environ["PATH"]},
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("kind", ["plain", "split"])
async def test_a_daemon_that_holds_the_output_is_swept(attempts: Attempts, kind: str) -> None:
    spec = python(DAEMON, kind)
    outcome = await attempts.run(spec)
    assert outcome.exit_code == 5
    assert outcome.survivors is not None
    assert outcome.survivors >= 1
    assert marked(spec.attempt_id) == []
    assert b"daemon" in attempts.printed(spec.attempt_id)


async def test_a_daemon_that_shed_its_session_and_environment_is_swept(attempts: Attempts) -> None:
    spec = python(DAEMON, "bare")
    outcome = await attempts.run(spec)
    assert (outcome.exit_code, outcome.survivors) == (5, 1)
    pid = int(attempts.printed(spec.attempt_id).split()[1])
    assert (seen := process.stat(pid)) is None or seen.ended


async def test_the_daemons_of_a_neighbour_are_left_alone(attempts: Attempts) -> None:
    neighbour = python(DAEMON, "stay")
    attempts.executor.submit([neighbour])
    await eventually(
        lambda: b"daemon" in attempts.printed(neighbour.attempt_id),
        "the daemon's word",
    )
    assert (await attempts.run(python(DAEMON))).survivors == 1
    assert len(marked(neighbour.attempt_id)) == 2
    attempts.executor.stop(neighbour.attempt_id, "kill", "done")
    assert (await attempts.end(neighbour.attempt_id)).kind is OutcomeKind.CANCELLED
    assert marked(neighbour.attempt_id) == []


async def test_background_jobs_end_with_their_command(attempts: Attempts) -> None:
    spec = shell("sleep 600 & sleep 600 & echo started; exit 0")
    outcome = await attempts.run(spec)
    assert outcome.ok
    assert marked(spec.attempt_id) == []
    assert attempts.printed(spec.attempt_id) == b"started\n"


async def test_a_child_that_writes_after_the_end_does_not_hold_it_up(attempts: Attempts) -> None:
    spec = shell("(while :; do echo noise; done) & sleep 0.05; exit 3", log_max_bytes=1000)
    assert (await attempts.run(spec)).exit_code == 3
    assert marked(spec.attempt_id) == []


async def test_closing_every_descriptor_is_not_the_end(attempts: Attempts) -> None:
    code = "import os, time; os.closerange(0, 256); time.sleep(0.1); os._exit(6)"
    assert (await attempts.run(python(code))).exit_code == 6


async def test_a_stopped_process_still_hears_a_stop(attempts: Attempts) -> None:
    spec = shell("echo ready; kill -STOP $$", grace=60)
    attempts.executor.submit([spec])
    await eventually(lambda: b"ready" in attempts.printed(spec.attempt_id), "readiness")
    attempts.executor.stop(spec.attempt_id, "term", "wake up")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.signal) == (OutcomeKind.CANCELLED, 15)


async def test_descendants_who_ignore_term_are_killed_after_the_grace(attempts: Attempts) -> None:
    spec = shell("(trap '' TERM; while :; do sleep 0.02; done) & echo ready; wait", grace=0.4)
    attempts.executor.submit([spec])
    await eventually(lambda: b"ready" in attempts.printed(spec.attempt_id), "readiness")
    attempts.executor.stop(spec.attempt_id, "term", "go")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.signal) == (OutcomeKind.CANCELLED, 15)
    assert outcome.survivors in (1, 2)  # the loop, and its sleep if there was one
    assert marked(spec.attempt_id) == []


async def test_commands_start_clean(attempts: Attempts) -> None:
    code = (
        "import os, signal, sys\n"
        "print(sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:-1])\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "own = {signal.SIGPIPE, signal.SIGXFSZ, 32, 33}  # Python's, and those that glibc keeps for itself\n"
        "ignored = int(status['SigIgn'], 16)\n"
        "print([n for n in range(1, 65) if ignored >> (n - 1) & 1 and n not in own])\n"
        "print(int(status['SigBlk'], 16))\n"
        "print(os.getsid(0) == os.getpid(), sys.stdin.read() == '')\n"
    )
    assert (await attempts.log(python(code))).decode().splitlines() == ["[0, 1, 2]", "[]", "0", "True True"]


async def test_a_pipe_reader_that_leaves_ends_the_writer_quietly(attempts: Attempts) -> None:
    outcome = await attempts.run(shell("yes | head -n 1 >/dev/null; exit 0"))
    assert outcome.ok


async def test_huge_output_is_capped_without_delay(attempts: Attempts) -> None:
    spec = shell("head -c 50000000 /dev/zero", log_max_bytes=1 << 20)
    outcome = await attempts.run(spec)
    assert outcome.log_dropped == 50_000_000 - (1 << 20)
    size = (attempts.folder(spec.attempt_id) / "log").stat().st_size
    assert size < (1 << 20) + 200


async def test_direct_logs_are_written_by_the_command_itself(attempts: Attempts) -> None:
    spec = shell("printf secret-word; printf more >&2", log_direct=True, masks=("secret-word",))
    outcome = await attempts.run(spec)
    assert attempts.printed(spec.attempt_id) == b"secret-wordmore"
    assert outcome.log_bytes == 15


async def test_attempts_with_a_supervisor_each(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, attempts_per_supervisor=1)
    attempts = Attempts(LocalExecutor(settings), settings)
    await attempts.start()
    specs = [shell("sleep 600") for _ in range(3)]
    attempts.executor.submit(specs)
    await eventually(lambda: all(marked(spec.attempt_id) for spec in specs), "three to run")
    parents = {process.stat(pid).ppid for spec in specs for pid in marked(spec.attempt_id)[:1]}  # type: ignore[union-attr]
    assert len(parents) == 3
    for spec in specs:
        attempts.executor.stop(spec.attempt_id, "kill", "done")
    for spec in specs:
        assert isinstance(await attempts.until(spec.attempt_id, Exited), Exited)
    await attempts.executor.close()
