"""An attempt's directory is taken away, emptied or copied while it runs: never two of a task at once."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.attempts import Attempts, make_settings, marked, shell
from drive.loop import Bench, opened
from drive.waiting import eventually
from penstock import process
from penstock.attempts import files
from penstock.execution.executor import Absent, Accepted, Claimed, Exited, Lost, Observation, Unreachable
from penstock.execution.local.executor import LocalExecutor
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import TaskState
from penstock.scheduling.steps.settle import forgets

pytestmark = pytest.mark.skipif(not process.LINUX, reason="marks of others cannot be read")

REVOKED = Exited(Outcome(kind=OutcomeKind.REVOKED), None, None)
OK = Exited(Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0), None, None)


@pytest.mark.parametrize(
    ("seen", "claimed", "forgotten"),
    [
        (Absent(), True, True),
        (Absent(), False, True),
        (Accepted(), True, True),
        (Accepted(), False, False),
        (REVOKED, True, True),
        (REVOKED, False, False),
        (OK, True, False),
        (Claimed(1, 1.0), True, False),
        (Lost("why"), True, False),
        (Unreachable(1.0), True, False),
    ],
)
def test_a_directory_that_says_less_than_before_is_not_believed(
    seen: Observation, claimed: bool, forgotten: bool
) -> None:
    assert forgets(seen, claimed=claimed) is forgotten


# --- the rule, with scripted attempts ---------------------------------------------------------------


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(tmp_path) as made:
        yield made


@pytest.mark.parametrize("left", [None, Accepted(), REVOKED], ids=["gone", "emptied", "revoked"])
async def test_a_claimed_launch_whose_directory_is_gone_is_lost(
    engine: Bench, left: Observation | None
) -> None:
    engine.load(dag("d", task("a", on_lost="fail", retries=3)))
    run = engine.trigger("d")
    engine.tick()
    (attempt,) = engine.loop.world.attempts
    assert engine.states("d", run)["a"] is TaskState.RUNNING
    if left is None:
        del engine.executor.seen[attempt]
    else:
        engine.executor.seen[attempt] = left
    engine.tick()
    row = engine.run("d", run).tasks[0]
    assert row.state is TaskState.FAILED
    assert row.outcome is not None
    assert row.outcome.kind is OutcomeKind.LOST
    assert "directory" in (row.reason or "")
    assert list(engine.executor.specs) == [attempt], "it was launched again"


async def test_nothing_is_launched_while_what_runs_of_it_cannot_be_killed(engine: Bench) -> None:
    engine.executor.claim_at_once = False
    engine.load(dag("d", task("a", retries=2, retry_delay=0.0)))
    run = engine.trigger("d")
    (attempt,) = engine.loop.world.attempts
    del engine.executor.seen[attempt]
    engine.executor.strays[attempt] = Unreachable(1.0)
    engine.tick()
    assert list(engine.loop.world.attempts) == [attempt], "it is looked at again, and nothing else is done"
    engine.executor.strays[attempt] = Lost("it was killed")
    engine.tick()
    row = engine.run("d", run).tasks[0]
    assert row.try_number == 2, "it had run, so this used a try"


async def test_what_runs_in_another_home_is_not_repeated_here(engine: Bench) -> None:
    engine.load(dag("d", task("a", retries=3)))
    run = engine.trigger("d")
    (attempt,) = engine.loop.world.attempts
    engine.executor.seen[attempt] = Lost("it belongs to /srv/other", elsewhere=True)
    engine.tick()
    row = engine.run("d", run).tasks[0]
    assert row.state is TaskState.FAILED
    assert "/srv/other" in (row.reason or "")


# --- the executor, with real processes --------------------------------------------------------------


@pytest.fixture
async def attempts(tmp_path: Path) -> AsyncIterator[Attempts]:
    settings = make_settings(tmp_path)
    found = Attempts(LocalExecutor(settings), settings)
    await found.start()
    yield found
    await found.executor.close()


async def running(attempts: Attempts, script: str) -> str:
    spec = shell(script, env={"PENSTOCK_HOME": str(attempts.settings.home)})
    attempts.executor.submit([spec])
    await eventually(lambda: isinstance(attempts.observe(spec.attempt_id), Claimed), "it starts")
    await eventually(lambda: len(marked(spec.attempt_id)) >= 2, "its processes are there")
    return spec.attempt_id


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def _replace_order(folder: Path) -> None:
    shutil.copy(folder / files.SPEC, folder / "copy")
    (folder / "copy").rename(folder / files.SPEC)


@pytest.mark.parametrize(
    "harm",
    [
        shutil.rmtree,
        lambda folder: folder.rename(folder.with_name("elsewhere")),
        _empty,
        lambda folder: (folder / files.CLAIM).unlink(),
        lambda folder: (folder / files.SPEC).unlink(),
        _replace_order,
        lambda folder: shutil.rmtree(folder.parent),
    ],
    ids=["removed", "renamed", "emptied", "claim", "order", "order-replaced", "shard"],
)
async def test_what_runs_without_its_directory_is_killed_and_lost(
    attempts: Attempts, harm: Callable[[Path], object]
) -> None:
    attempt = await running(attempts, "env -i sleep 300 & sleep 300")
    (leader,) = (pid for pid in marked(attempt) if os.getsid(pid) == pid)
    harm(attempts.folder(attempt))
    seen = attempts.observe(attempt)
    if forgets(seen, claimed=True):
        seen = attempts.executor.abandon(attempt)
    assert isinstance(seen, Lost)
    assert not seen.elsewhere
    assert marked(attempt) == []
    assert [each for each in process.processes() if each.session == leader and not each.ended] == []


@pytest.mark.parametrize("what", ["attempts", "home"])
async def test_a_root_that_is_moved_away_says_nothing_of_what_runs(tmp_path: Path, what: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = make_settings(home)
    attempts = Attempts(LocalExecutor(settings), settings)
    await attempts.start()
    attempt = await running(attempts, "sleep 300 & sleep 300")
    place = home if what == "home" else settings.attempts
    away = place.rename(tmp_path / "away")
    assert isinstance(attempts.observe(attempt), Unreachable)
    assert isinstance(attempts.executor.abandon(attempt), Unreachable)
    if what == "attempts":
        settings.attempts.mkdir()
        assert isinstance(attempts.observe(attempt), Unreachable), "another root says nothing either"
        settings.attempts.rmdir()
    assert len(marked(attempt)) >= 2
    away.rename(place)
    assert isinstance(attempts.observe(attempt), Claimed)
    attempts.executor.stop(attempt, "kill", "enough")
    await attempts.until(attempt, Exited)
    await attempts.executor.close()


async def test_a_launch_whose_claim_was_removed_is_not_taken_back(attempts: Attempts) -> None:
    attempt = await running(attempts, "sleep 300 & sleep 300")
    (attempts.folder(attempt) / files.CLAIM).unlink()
    assert isinstance(attempts.executor.revoke(attempt), Lost)
    assert marked(attempt) == []


async def test_a_copy_of_a_home_leaves_the_attempts_of_the_original_alone(
    attempts: Attempts, tmp_path: Path
) -> None:
    attempt = await running(attempts, "sleep 300 & sleep 300")
    copy = tmp_path / "copy"
    shutil.copytree(attempts.settings.attempts, copy / "attempts")
    other = LocalExecutor(make_settings(copy))
    seen = other.observe([attempt])[attempt]
    assert isinstance(seen, Lost)
    assert seen.elsewhere
    assert str(tmp_path) in seen.reason
    assert len(marked(attempt)) >= 2
    shutil.rmtree(copy / "attempts")
    assert isinstance(other.abandon(attempt), Absent), "its processes name the home they work for"
    assert len(marked(attempt)) >= 2
    attempts.executor.stop(attempt, "kill", "enough")
    await attempts.until(attempt, Exited)


async def test_a_copy_whose_original_is_gone_inherits_and_ends_what_runs(
    attempts: Attempts, tmp_path: Path
) -> None:
    attempt = await running(attempts, "sleep 300 & sleep 300")
    copy = tmp_path.with_name(tmp_path.name + "-copy")
    shutil.copytree(attempts.settings.attempts, copy / "attempts")
    supervisor = int(files.read(f"{attempts.folder(attempt)}/{files.CLAIM}")["pid"])
    os.kill(supervisor, signal.SIGKILL)
    shutil.rmtree(attempts.settings.attempts)
    seen = _observed_without(tmp_path, copy, attempt)
    assert isinstance(seen, Lost)
    assert not seen.elsewhere
    await eventually(lambda: not marked(attempt), "what was left over is killed")


def _observed_without(home: Path, copy: Path, attempt: str) -> Observation:
    """Return what *copy* sees while *home* is not there."""
    moved = home.rename(home.with_name(home.name + "-gone"))
    try:
        return LocalExecutor(make_settings(copy)).observe([attempt])[attempt]
    finally:
        moved.rename(home)
        shutil.rmtree(copy)
