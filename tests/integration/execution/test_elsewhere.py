"""What happens between an engine and attempts that a client process runs elsewhere, when something breaks."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, marked, shell
from drive.far import Elsewhere, far_root
from drive.waiting import eventually
from penstock.execution.executor import Claimed, Exited, Unreachable
from penstock.execution.remote import copies, known
from penstock.model.outcome import OutcomeKind


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Attempts]:
    home = tmp_path / "home"
    home.mkdir()
    found = begin(home)
    await found.start()
    yield found
    await found.executor.close()


def begin(home: Path) -> Attempts:
    settings = make_settings(home)
    return Attempts(Elsewhere(settings, lease=10.0), settings)


def executor_of(attempts: Attempts) -> Elsewhere:
    assert isinstance(attempts.executor, Elsewhere)
    return attempts.executor


def client_of(attempts: Attempts) -> int:
    pid = executor_of(attempts).far._channel.pid
    assert pid is not None
    return pid


async def test_a_client_that_is_killed_takes_nothing_with_it(far: Attempts, tmp_path: Path) -> None:
    gate, ledger = tmp_path / "gate", tmp_path / "ledger"
    spec = shell(f"echo ran >> {ledger}; while [ ! -e {gate} ]; do sleep 0.02; done; echo bye; exit 3")
    far.executor.submit([spec])
    await far.until(spec.attempt_id, Claimed)
    os.kill(client_of(far), signal.SIGKILL)
    gate.touch()
    outcome = await far.end(spec.attempt_id)
    assert (outcome.kind, outcome.exit_code) == (OutcomeKind.EXIT_CODE, 3)
    assert far.printed(spec.attempt_id) == b"bye\n"
    assert ledger.read_text() == "ran\n"


async def test_the_next_engine_adopts_what_runs_elsewhere(far: Attempts, tmp_path: Path) -> None:
    gate, ledger = tmp_path / "gate", tmp_path / "ledger"
    spec = shell(f"echo ran >> {ledger}; while [ ! -e {gate} ]; do sleep 0.02; done")
    far.executor.submit([spec])
    await far.until(spec.attempt_id, Claimed)
    await far.executor.close()
    other = begin(far.settings.home)
    assert isinstance(other.observe(spec.attempt_id), Unreachable), "nothing is guessed"
    await other.start()
    try:
        seen = await other.until(spec.attempt_id, Claimed)
        assert isinstance(seen, Claimed)
        assert seen.worker == "far-1"
        gate.touch()
        assert (await other.end(spec.attempt_id)).ok
        assert ledger.read_text() == "ran\n"
    finally:
        await other.executor.close()


async def test_a_start_that_nobody_knows_of_is_taken_away_before_it_is_repeated(far: Attempts) -> None:
    """The directory here exists, and the engine died before anybody heard of the launch."""
    spec = shell("true")
    await far.executor.close()
    far.executor.submit([spec])
    other = begin(far.settings.home)
    await other.start()
    try:
        assert (await other.end(spec.attempt_id)).kind is OutcomeKind.REVOKED
        assert not marked(spec.attempt_id)
    finally:
        await other.executor.close()


async def test_a_host_that_is_gone_for_longer_than_the_lease_loses_the_attempt_and_keeps_the_log(
    far: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = shell("echo one; sleep 60", grace=0.0)
    far.executor.submit([spec])
    await eventually(lambda: far.printed(spec.attempt_id) == b"one\n", "its log")
    (far_root(far.settings) / "gone").touch()
    monkeypatch.setattr(known, "SILENT", 0.5)
    seen = await far.until(spec.attempt_id, Unreachable)
    assert isinstance(seen, Unreachable)
    assert seen.host == "far-1"
    assert any("far-1" in (row.name or "") for row in far.executor.workers())
    monkeypatch.setattr(known, "MARGIN", -9.0)  # of a lease of 10 s, as short as it may be
    ended = await far.until(spec.attempt_id, Exited)
    assert isinstance(ended, Exited)
    assert (ended.outcome.kind, ended.worker) == (OutcomeKind.LOST, "far-1")
    assert "longer than its lease" in str(ended.outcome.reason)
    assert far.printed(spec.attempt_id) == b"one\n[penstock] cut at byte 4: host lost\n"
    (far_root(far.settings) / "gone").unlink()
    await eventually(lambda: not marked(spec.attempt_id), "the lease to end it there")


async def test_a_stop_waits_for_contact_and_is_passed_on_then(far: Attempts) -> None:
    spec = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    far.executor.submit([spec])
    await eventually(lambda: b"ready" in far.printed(spec.attempt_id), "readiness")
    os.kill(client_of(far), signal.SIGKILL)
    far.executor.stop(spec.attempt_id, "term", "operator said so")
    outcome = await far.end(spec.attempt_id)
    assert (outcome.kind, outcome.exit_code, outcome.reason) == (OutcomeKind.CANCELLED, 7, "operator said so")


async def test_without_any_news_the_looks_find_the_same(far: Attempts) -> None:
    """News may all be lost: that costs a second, and nothing else."""
    (far_root(far.settings) / "discreet").touch()
    specs = [shell(f"echo {code}; exit {code}") for code in range(4)]
    far.executor.submit(specs)
    assert [(await far.end(spec.attempt_id)).exit_code for spec in specs] == [0, 1, 2, 3]
    assert [far.printed(spec.attempt_id) for spec in specs] == [b"0\n", b"1\n", b"2\n", b"3\n"]


async def test_an_order_to_stop_is_kept_until_somebody_can_be_told(far: Attempts) -> None:
    """The host is away when it is given, and the next engine and its client do not know that it has it."""
    spec = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    far.executor.submit([spec])
    await eventually(lambda: b"ready" in far.printed(spec.attempt_id), "readiness")
    await far.executor.close()
    copies.note_worker(far.settings.attempts, spec.attempt_id, "grid", None)
    gone = far_root(far.settings) / "gone"
    gone.touch()
    other = begin(far.settings.home)
    await other.start()
    try:
        assert isinstance(other.observe(spec.attempt_id), Unreachable)
        other.executor.stop(spec.attempt_id, "term", "operator said so")
        await eventually(lambda: executor_of(other).far._live[spec.attempt_id].seen is not None, "a look")
        assert executor_of(other).far._live[spec.attempt_id].order is not None, "nobody was told"
        gone.unlink()
        outcome = await other.end(spec.attempt_id)
        assert (outcome.kind, outcome.exit_code) == (OutcomeKind.CANCELLED, 7)
    finally:
        await other.executor.close()
