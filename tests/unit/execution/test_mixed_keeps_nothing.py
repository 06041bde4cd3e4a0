"""The executors of an instance remember of an attempt whose it is, and only as long as it lives."""

from __future__ import annotations

from pathlib import Path

from drive.attempts import make_settings, shell
from penstock.execution.executor import Absent, Accepted, Exited
from penstock.execution.local import directory
from penstock.execution.local.executor import prepare_root
from penstock.execution.mixed import Executors
from penstock.settings import Settings


def remembered(executors: Executors) -> int:
    return len(executors._near) + len(executors._owner)


def live_through(executors: Executors, settings: Settings) -> None:
    """Submit an attempt, look at it, take it back, look again, and forget it."""
    spec = shell("true")
    executors.submit([spec])
    assert executors.observe([spec.attempt_id])[spec.attempt_id] == Accepted()
    executors.stop(spec.attempt_id, "term", "enough")
    assert isinstance(executors.revoke(spec.attempt_id), Exited)
    assert isinstance(executors.observe([spec.attempt_id])[spec.attempt_id], Exited)
    assert directory.probe(Path(executors.folder(spec.attempt_id))).stage is directory.Stage.REVOKED
    executors.forget(spec.attempt_id)
    assert executors.observe([spec.attempt_id])[spec.attempt_id] == Absent()
    executors.forget(spec.attempt_id)


def test_with_the_local_one_alone(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    prepare_root(settings.attempts)
    executors = Executors(settings)
    for _ in range(3):
        live_through(executors, settings)
    assert remembered(executors) == 0


def test_with_others_beside_it(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, executors={"grid": {"scheduler": "tls://a:1"}})
    prepare_root(settings.attempts)
    executors = Executors(settings)
    for _ in range(3):
        live_through(executors, settings)
    assert remembered(executors) == 0
