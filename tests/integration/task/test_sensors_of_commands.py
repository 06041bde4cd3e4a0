"""Sensors that run a command: what its exit code means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drive.tasks import Runs
from penstock import (
    DAG,
    BashSensor,
)


@pytest.fixture
def dag() -> DAG:
    return DAG("d", schedule=None)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


def reschedule(**more: Any) -> dict[str, Any]:
    """Return the arguments of a sensor that pokes once."""
    return {"task_id": "s", "mode": "reschedule", "poke_interval": 10, **more}


COMMANDS: list[tuple[str, dict[str, Any], str]] = [
    ("exit 0", {}, "success"),
    ("exit 3", {}, "rescheduled"),
    ("exit 3", {"retry_exit_code": 3}, "rescheduled"),
    ("exit 4", {"retry_exit_code": 3}, "fail_without_retry"),
    ("test {{ ds }} = 2026-01-15", {}, "success"),
    ('test "$A" = 1', {"env": {"A": 1}}, "success"),
]


@pytest.mark.parametrize(("command", "options", "kind"), COMMANDS)
def test_commands(command: str, options: dict[str, Any], kind: str, dag: DAG, runs: Runs) -> None:
    BashSensor(dag=dag, bash_command=command, **reschedule(), **options)
    assert runs.here(dag, "s").kind == kind
