"""The triggers that come with Penstock, and the sensors that leave their waiting to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drive.deferring import Waits, fired, folder_of, go_on, run_triggers
from drive.tasks import Runs
from penstock import (
    DAG,
    DateTimeSensor,
    ExternalTaskSensor,
    FileSensor,
    PythonSensor,
    TimeDeltaSensor,
)
from penstock.attempts import files
from penstock.authoring.exceptions import SensorTimeout, SkipException
from penstock.task_process.triggers import (
    DateTimeTrigger,
    FileDeleteTrigger,
    FileTrigger,
    TimeDeltaTrigger,
)


@pytest.fixture
def dag() -> DAG:
    return DAG("d", schedule=None)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


def test_times(dag: DAG, runs: Runs) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.3)
    Waits(dag=dag, task_id="at", trigger=DateTimeTrigger(soon))
    Waits(
        dag=dag, task_id="after", trigger=TimeDeltaTrigger(dt.timedelta(seconds=0.2), end_from_trigger=True)
    )
    runs.here(dag, "at")
    runs.here(dag, "after")
    run_triggers(runs, "at", "after")
    assert dt.datetime.now(dt.UTC) >= soon
    assert fired(runs, "after")["end"] == "success"


def test_files(dag: DAG, runs: Runs, tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    pattern = str(place / "*.csv")
    Waits(dag=dag, task_id="sees", trigger=FileTrigger(filepath=pattern, poke_interval=0.05))
    Waits(dag=dag, task_id="takes", trigger=FileDeleteTrigger(filepath=str(place / "b"), poke_interval=0.05))
    runs.here(dag, "sees")
    runs.here(dag, "takes")
    for name in ("a.csv", "b"):
        (place / name).write_text("x")
    run_triggers(runs, "sees", "takes")
    assert [each.name for each in place.iterdir()] == ["a.csv"]


SENSORS: list[tuple[Callable[[DAG], Any], str]] = [
    (lambda dag: DateTimeSensor(dag=dag, task_id="s", target_time="2099-01-01T00:00", deferrable=True),
     "DateTimeTrigger"),
    (lambda dag: TimeDeltaSensor(dag=dag, task_id="s", delta=dt.timedelta(days=9999), deferrable=True),
     "DateTimeTrigger"),
    (lambda dag: FileSensor(dag=dag, task_id="s", filepath="/no/such/file", deferrable=True),
     "FileTrigger(filepath=/no/such/file"),
    (lambda dag: ExternalTaskSensor(dag=dag, task_id="s", external_dag_id="other", deferrable=True),
     "WorkflowTrigger(external_dag_id=other"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "trigger"), SENSORS)
def test_sensors_leave_the_waiting_to_a_trigger(
    dag: DAG, runs: Runs, make: Callable[[DAG], Any], trigger: str
) -> None:
    make(dag)
    ran = runs.here(dag, "s")
    assert ran.kind == "deferred"
    assert str(ran.ending.trigger).startswith(trigger)
    assert ran.ending.resume_by is not None, "the sensor's own timeout holds"
    Path(folder_of(runs, "s"), files.FIRED).write_bytes(
        files.dump_fields({"event": {"status": "success", "reason": ""}})
    )
    assert go_on(runs, dag, "s").kind == "success"


@pytest.mark.parametrize(("soft_fail", "error"), [(False, SensorTimeout), (True, SkipException)])
def test_a_sensor_that_waited_too_long(dag: DAG, runs: Runs, soft_fail: bool, error: type[Exception]) -> None:
    FileSensor(dag=dag, task_id="s", filepath="/no/such/file", deferrable=True, soft_fail=soft_fail)
    runs.here(dag, "s")
    assert isinstance(go_on(runs, dag, "s").ending.error, error)


OTHERS = [("failed", False, "fail_without_retry"), ("skipped", False, "skipped"), ("failed", True, "skipped")]


@pytest.mark.parametrize(("status", "soft_fail", "kind"), OTHERS)
def test_what_became_of_another_dag(dag: DAG, runs: Runs, status: str, soft_fail: bool, kind: str) -> None:
    ExternalTaskSensor(
        dag=dag, task_id="s", external_dag_id="other", deferrable=True, soft_fail=soft_fail,
        failed_states=["failed"],
    )  # fmt: skip
    runs.here(dag, "s")
    Path(folder_of(runs, "s"), files.FIRED).write_bytes(
        files.dump_fields({"event": {"status": status, "reason": "other ended as failed"}})
    )
    assert go_on(runs, dag, "s").kind == kind


def test_a_sensor_without_a_trigger_says_so(dag: DAG) -> None:
    PythonSensor(dag=dag, task_id="s", python_callable=lambda: True, deferrable=True)
    assert "deferrable of PythonSensor is ignored" in str(dag.warnings)
