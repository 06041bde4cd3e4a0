"""What lost attempts left running is looked for until it is gone, and not again after that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from penstock import process
from penstock.attempts.protocol import dump
from penstock.execution.executor import Lost, Observation, Unreachable
from penstock.execution.local import directory, leftovers
from penstock.execution.local.directory import Facts
from penstock.execution.local.executor import LocalExecutor
from penstock.settings import Settings

QUIET, STUBBORN, EARLIER = (f"0123456789ab-0000000{at}" for at in range(3))


def test_what_a_lost_attempt_left_is_looked_for_until_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = LocalExecutor(Settings(home=tmp_path, dags_folder=tmp_path))
    for each, boot in ((QUIET, process.boot_id()), (STUBBORN, process.boot_id()), (EARLIER, "another boot")):
        directory.create(tmp_path / "attempts", each, b"spec")
        claim = {"v": 1, "kind": "claimed", "pid": 4_000_000, "start_ticks": 1, "boot_id": boot}
        folder = tmp_path / "attempts" / each[:7] / each
        (folder / "claim").write_bytes(dump(claim))
        (folder / "phase").touch()
    lives = {STUBBORN}
    sessions: list[int] = []
    looked: list[list[str]] = []

    def end_sessions(lost: Iterable[Facts]) -> None:
        sessions.append(len(list(lost)))

    def end_marked(ids: Collection[str], home: str) -> dict[str, bool]:
        assert home == str(tmp_path)
        looked.append(sorted(ids))
        return {each: each not in lives for each in ids if each == STUBBORN}

    monkeypatch.setattr(leftovers, "end_sessions", end_sessions)
    monkeypatch.setattr(leftovers, "end_marked", end_marked)

    def kinds() -> dict[str, type[Observation]]:
        return {each: type(seen) for each, seen in executor.observe([QUIET, STUBBORN, EARLIER]).items()}

    lost: dict[str, type[Observation]] = dict.fromkeys((QUIET, STUBBORN, EARLIER), Lost)
    assert kinds() == lost | {STUBBORN: Unreachable}
    assert kinds() == lost | {STUBBORN: Unreachable}
    lives.clear()
    assert kinds() == lost
    assert kinds() == lost
    assert looked == [[QUIET, STUBBORN], [STUBBORN], [STUBBORN]]
    assert sessions == [2, 1, 1]
