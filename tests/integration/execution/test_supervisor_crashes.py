"""Who dies when: attempts run at most once, and every end is exact or called lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, marked, open_local, places_used, shell
from drive.waiting import eventually
from penstock import process
from penstock.attempts.protocol import AttemptSpec, dump, load
from penstock.execution.executor import Accepted, Claimed, Exited, Lost
from penstock.execution.local import directory
from penstock.execution.local.executor import LocalExecutor
from penstock.model.outcome import OutcomeKind
from penstock.settings import Settings

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="leftovers are found in /proc")

ENGINE_SIDE = ["after_mkdir", "after_spec", "after_spawn_request"]
SUPERVISOR_SIDE = [
    "before_claim_link",
    "after_claim_link",
    "after_phase",
    "after_child_spawn",
    "before_result_rename",
    "after_result_rename",
]

ENGINE = """
import asyncio, sys
from pathlib import Path
from penstock.execution.local.executor import LocalExecutor
from penstock.attempts.protocol import AttemptSpec, load
from penstock.settings import Settings

async def main(home, spec):
    executor = LocalExecutor(Settings(home=home, dags_folder=home))
    await executor.start(lambda ids: None)
    executor.submit([AttemptSpec(**load(spec.read_bytes()))])
    print("submitted", flush=True)
    await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def engine(home: Path, spec: AttemptSpec, **env: str) -> subprocess.Popen[bytes]:
    """Start an engine of its own that submits *spec* and then sleeps."""
    (home / "spec").write_bytes(dump(spec))
    return subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(home), str(home / "spec")],
        stdout=subprocess.PIPE,
        env={**os.environ, **env},
    )


def supervisor_of(attempts: Attempts, attempt_id: str) -> int:
    claim = load((attempts.folder(attempt_id) / "claim").read_bytes())
    return int(claim["pid"])


async def running(attempts: Attempts, spec: AttemptSpec) -> int:
    await eventually(lambda: marked(spec.attempt_id), "the command's start")
    await attempts.until(spec.attempt_id, Claimed, Exited)
    return attempts.supervisor_of(spec.attempt_id)


async def test_a_killed_supervisor_means_lost_and_nothing_left_over(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path)
    specs = [shell("setsid sleep 600 & sleep 600") for _ in range(3)]
    attempts.executor.submit(specs)
    for spec in specs:
        pid = await running(attempts, spec)
    attempts.hinted.clear()
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: attempts.hinted >= {spec.attempt_id for spec in specs}, "a hint for each")
    for spec in specs:
        seen = await attempts.until(spec.attempt_id, Lost)
        assert isinstance(seen, Lost)
        assert seen.reason == f"its supervisor (process {pid}) died while it ran"
        assert marked(spec.attempt_id) == []
    assert (await attempts.run(shell("exit 3"))).exit_code == 3  # another supervisor took over
    await attempts.executor.close()


async def test_an_engine_that_closes_stops_nothing_and_the_next_one_adopts(tmp_path: Path) -> None:
    first = await open_local(tmp_path)
    gate = tmp_path / "gate"
    spec = shell(f"while [ ! -e {gate} ]; do sleep 0.02; done; echo done; exit 42")
    first.executor.submit([spec])
    pid = await running(first, spec)
    await first.executor.close()
    second = await open_local(tmp_path)
    assert isinstance(second.observe(spec.attempt_id), Claimed)
    await eventually(lambda: spec.attempt_id in second.hinted, "the supervisor's greeting")
    assert places_used(second) == 1
    gate.touch()
    assert (await second.end(spec.attempt_id)).exit_code == 42
    assert second.supervisor_of(spec.attempt_id) == pid
    await second.executor.close()


async def test_an_adopted_attempt_obeys_the_new_engine(tmp_path: Path) -> None:
    first = await open_local(tmp_path)
    told, untold = shell("sleep 600"), shell("sleep 600")
    first.executor.submit([told, untold])
    for spec in (told, untold):
        await running(first, spec)
    await first.executor.close()
    first.executor.stop(untold.attempt_id, "term", "ordered while nobody listened")
    second = await open_local(tmp_path)
    assert (await second.end(untold.attempt_id)).reason == "ordered while nobody listened"
    second.executor.stop(told.attempt_id, "term", "ordered by the new engine")
    outcome = await second.end(told.attempt_id)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "ordered by the new engine")
    await second.executor.close()


async def test_an_attempt_that_ends_while_no_engine_runs_keeps_its_result(tmp_path: Path) -> None:
    first = await open_local(tmp_path)
    spec = shell("sleep 0.3; exit 9")
    first.executor.submit([spec])
    pid = await running(first, spec)
    await first.executor.close()
    await eventually(lambda: (seen := process.stat(pid)) is None or seen.ended, "the supervisor's own end")
    seen = LocalExecutor(make_settings(tmp_path)).observe([spec.attempt_id])[spec.attempt_id]
    assert isinstance(seen, Exited)
    assert seen.outcome.exit_code == 9
    assert list((tmp_path / "attempts" / ".claims").iterdir()) == []


@pytest.mark.parametrize("point", ENGINE_SIDE)
async def test_an_engine_that_dies_while_launching(tmp_path: Path, point: str) -> None:
    ledger = tmp_path / "ledger"
    spec = shell(f"echo ran >> {ledger}; exit 7")
    with engine(tmp_path, spec, PENSTOCK_FAILPOINT=point) as dying:
        await asyncio.to_thread(dying.wait)
        assert dying.returncode == -signal.SIGKILL
    attempts = await open_local(tmp_path)
    seen = attempts.executor.revoke(spec.attempt_id)
    if isinstance(seen, Exited) and seen.outcome.kind is OutcomeKind.REVOKED:
        attempts.executor.submit([spec])  # the same attempt never runs after that
        await attempts.run(shell("true"))
        assert not ledger.exists()
    else:
        assert point == "after_spawn_request"
        assert (await attempts.end(spec.attempt_id)).exit_code == 7
        assert ledger.read_text() == "ran\n"
    await attempts.executor.close()


@pytest.mark.parametrize("point", SUPERVISOR_SIDE)
async def test_a_supervisor_that_dies_at_each_point(tmp_path: Path, point: str) -> None:
    ledger = tmp_path / "ledger"
    spec = shell(f"echo ran >> {ledger}; exit 7")
    with engine(tmp_path, spec, PENSTOCK_FAILPOINT=point) as parent:
        attempts = Attempts(LocalExecutor(make_settings(tmp_path)), make_settings(tmp_path))
        folder = attempts.folder(spec.attempt_id)
        trace = {
            "before_claim_link": "spec",
            "after_claim_link": "claim",
            "after_phase": "phase",
            "after_child_spawn": "phase",
            "before_result_rename": "phase",
            "after_result_rename": "result",
        }[point]
        await eventually((folder / trace).exists, f"{trace} to be written")
        await eventually(lambda: one_died(attempts.settings), "the supervisor's death")
        await eventually(lambda: not directory.is_locked(str(folder)), "the lock to be free")
        seen = attempts.observe(spec.attempt_id)
        parent.kill()
    match point:
        case "before_claim_link":
            assert isinstance(seen, Accepted)
            again = attempts.executor.revoke(spec.attempt_id)
            assert isinstance(again, Exited)
            assert again.outcome.kind is OutcomeKind.REVOKED
        case "after_claim_link":
            assert isinstance(seen, Exited)
            assert seen.outcome.kind is OutcomeKind.REVOKED
        case "after_result_rename":
            assert isinstance(seen, Exited)
            assert seen.outcome.exit_code == 7
        case _:
            assert isinstance(seen, Lost)
    assert marked(spec.attempt_id) == []
    if point in ("before_claim_link", "after_claim_link", "after_phase"):
        assert not ledger.exists(), "nothing was started yet"
    elif point == "after_child_spawn":  # it dies with its supervisor, before its first word or after
        assert not ledger.exists() or ledger.read_text() == "ran\n"
    else:
        assert ledger.read_text() == "ran\n"


def one_died(settings: Settings) -> bool:
    """Whether a supervisor that was about to claim something is gone."""
    claims = settings.attempts / ".claims"
    pids = [int(path.name.partition("-")[0]) for path in claims.iterdir()] if claims.is_dir() else []
    return any((seen := process.stat(pid)) is None or seen.ended for pid in pids)


async def test_an_engine_killed_while_attempts_run(tmp_path: Path) -> None:
    spec = shell("sleep 0.3; exit 11")
    with engine(tmp_path, spec) as dying:
        assert dying.stdout is not None
        await asyncio.to_thread(dying.stdout.readline)
        await eventually(lambda: marked(spec.attempt_id), "the command's start")
        dying.kill()
    attempts = await open_local(tmp_path)
    assert (await attempts.end(spec.attempt_id)).exit_code == 11
    await attempts.executor.close()


async def test_idle_supervisors_end_with_their_engine_and_start_again_when_killed(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path)
    first, second = shell("true"), shell("true")
    await attempts.run(first)
    pid = attempts.supervisor_of(first.attempt_id)
    os.kill(pid, signal.SIGKILL)
    await attempts.run(second)
    other = attempts.supervisor_of(second.attempt_id)
    assert other != pid
    await attempts.executor.close()
    await eventually(lambda: (seen := process.stat(other)) is None or seen.ended, "the idle one's end")


async def test_the_signals_of_a_terminal_do_not_end_a_supervisor(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path)
    spec = shell("sleep 0.2; exit 5")
    attempts.executor.submit([spec])
    pid = await running(attempts, spec)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert (await attempts.end(spec.attempt_id)).exit_code == 5
    await attempts.executor.close()


async def test_nothing_is_signalled_after_a_reboot(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path)
    spec = shell("sleep 600")
    attempts.executor.submit([spec])
    pid = await running(attempts, spec)
    task = marked(spec.attempt_id)
    claim = attempts.folder(spec.attempt_id) / "claim"
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not directory.is_locked(str(claim.parent)), "the supervisor's death")
    claim.unlink()
    claim.write_bytes(dump({"kind": "claimed", "pid": pid, "start_ticks": 1, "boot_id": "an earlier boot"}))
    assert attempts.observe(spec.attempt_id) == Lost("the machine restarted while it ran")
    assert marked(spec.attempt_id) == task
    for each in task:
        os.kill(each, signal.SIGKILL)
    await attempts.executor.close()


async def test_the_end_of_a_long_output_outlives_its_supervisor(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path)
    spec = shell("seq 100000; sleep 600", log_max_bytes=8_000)
    attempts.executor.submit([spec])
    pid = await running(attempts, spec)
    ring = attempts.folder(spec.attempt_id) / "log.tail"
    await eventually(lambda: ring.exists() and b"\n100000\n" in ring.read_bytes(), "the last line")
    os.kill(pid, signal.SIGKILL)
    await attempts.until(spec.attempt_id, Lost)
    log = attempts.printed(spec.attempt_id)
    assert log.startswith(b"1\n2\n3\n")
    assert log.count(b" lines: the log keeps the first 6000 and the last ") == 1
    assert log.endswith(b"\n99999\n100000\n")
    await attempts.executor.close()
