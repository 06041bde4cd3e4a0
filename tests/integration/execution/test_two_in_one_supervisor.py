"""Several attempts, orders and timers in one supervisor: each has its own, and none hurts another."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import Attempts, marked, open_local, shell
from drive.waiting import eventually
from penstock import process
from penstock.execution.executor import Claimed
from penstock.execution.local import supervisors
from penstock.model.outcome import OutcomeKind

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="leftovers are found in /proc")


@pytest.fixture
async def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Attempts]:
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 1)
    found = await open_local(tmp_path)
    yield found
    await found.executor.close()


def lives(pid: int) -> bool:
    return (seen := process.stat(pid)) is not None and not seen.ended


async def test_time_limits_and_ends_side_by_side(attempts: Attempts) -> None:
    """The nearest timer rings first, whichever attempt it belongs to, and rings for that one alone."""
    far = shell("sleep 600", time_limit=500.0)
    near = shell("sleep 600", time_limit=0.4)
    ends = shell("sleep 0.6; exit 3", time_limit=400.0)
    attempts.executor.submit([far, near, ends])
    outcomes = [await attempts.end(each.attempt_id) for each in (near, ends)]
    assert [each.kind for each in outcomes] == [OutcomeKind.TIMEOUT, OutcomeKind.EXIT_CODE]
    assert outcomes[1].exit_code == 3
    assert len({attempts.supervisor_of(each.attempt_id) for each in (far, near, ends)}) == 1
    assert isinstance(attempts.observe(far.attempt_id), Claimed)
    attempts.executor.stop(far.attempt_id, "kill", "enough")
    assert (await attempts.end(far.attempt_id)).kind is OutcomeKind.CANCELLED


async def test_orders_that_are_given_again_and_again_put_nothing_off(
    attempts: Attempts, tmp_path: Path
) -> None:
    """The grace counts from the first order, however many follow."""
    deaf = shell(f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 0.05; done", grace=2.0)
    attempts.executor.submit([deaf])
    await eventually((tmp_path / "deaf").exists, "it does not hear SIGTERM")

    async def insist() -> None:
        while True:
            attempts.executor.stop(deaf.attempt_id, "term", "again")
            await asyncio.sleep(0.2)

    insisting = asyncio.create_task(insist())
    outcome = await attempts.end(deaf.attempt_id)
    insisting.cancel()
    assert (outcome.kind, outcome.killed_after is not None) == (OutcomeKind.CANCELLED, True)
    assert marked(deaf.attempt_id) == []


async def test_a_harder_order_is_carried_out_at_once(attempts: Attempts, tmp_path: Path) -> None:
    deaf = shell(f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 0.05; done", grace=500.0)
    other = shell("sleep 600")
    attempts.executor.submit([deaf, other])
    await eventually((tmp_path / "deaf").exists, "it does not hear SIGTERM")
    await attempts.until(other.attempt_id, Claimed)
    attempts.executor.stop(deaf.attempt_id, "term", "please")
    attempts.executor.stop(deaf.attempt_id, "kill", "now")
    assert (await attempts.end(deaf.attempt_id)).kind is OutcomeKind.CANCELLED
    assert isinstance(attempts.observe(other.attempt_id), Claimed)
    attempts.executor.stop(other.attempt_id, "kill", "enough")
    await attempts.end(other.attempt_id)


async def test_a_stop_while_a_secrets_command_runs_ends_that_and_starts_nothing(
    attempts: Attempts, tmp_path: Path
) -> None:
    asked, ran = tmp_path / "asked", tmp_path / "ran"
    command = f"cmd:echo $$ > {asked}.new; mv {asked}.new {asked}; exec sleep 600"
    spec = shell(f"touch {ran}", secrets={"TOKEN": command}, grace=500.0)
    attempts.executor.submit([spec])
    await eventually(asked.exists, "the secret's command runs")
    pid = int(asked.read_text())
    assert lives(pid)
    attempts.executor.stop(spec.attempt_id, "term", "not this one")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "not this one")
    assert not ran.exists()
    await eventually(lambda: not lives(pid), "the command's end")


async def test_a_launch_that_a_quit_follows_at_once_runs_to_its_end(tmp_path: Path) -> None:
    """An engine that goes leaves what it asked for, and what runs, to the supervisor."""
    first = await open_local(tmp_path)
    ledger = tmp_path / "ledger"
    before = shell(f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; exit 5")
    first.executor.submit([before])
    await first.until(before.attempt_id, Claimed)
    late = shell(f"echo ran >> {ledger}; exit 7")
    first.executor.submit([late])
    await first.executor.close()
    (tmp_path / "go").touch()
    second = await open_local(tmp_path)
    assert (await second.end(before.attempt_id)).exit_code == 5
    assert (await second.end(late.attempt_id)).exit_code == 7
    assert ledger.read_text() == "ran\n"
    await second.executor.close()


async def test_who_belongs_to_nobody_goes_with_the_last_attempt(attempts: Attempts, tmp_path: Path) -> None:
    """A process that left its session and its environment may be anybody's while others run here."""
    wrote = tmp_path / "stray"
    inner = f"echo $$ > {wrote}.new; mv {wrote}.new {wrote}; exec sleep 600"
    leaves = shell(
        f"(setsid env -i PATH=$PATH sh -c '{inner}' > /dev/null 2>&1 &)\n"
        f"while [ ! -e {wrote} ]; do sleep 0.05; done"
    )
    stays = shell(f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; exit 4")
    attempts.executor.submit([stays, leaves])
    await attempts.end(leaves.attempt_id)
    assert isinstance(attempts.observe(stays.attempt_id), Claimed), "a neighbour is not touched"
    (tmp_path / "go").touch()
    assert (await attempts.end(stays.attempt_id)).exit_code == 4
    await eventually(lambda: not lives(int(wrote.read_text())), "the stray's end")
