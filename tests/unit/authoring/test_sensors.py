"""Sensors: when they are content, when they give up, and how long they pause."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import MIDNIGHT, Runs
from penstock import (
    DAG,
    DateTimeSensor,
    ExternalTaskSensor,
    FailException,
    FileSensor,
    PokeReturnValue,
    PythonSensor,
    Sensor,
    SqlSensor,
    TimeDeltaSensor,
    TimeSensor,
)
from penstock.authoring import scope
from penstock.task_process.databases import run_sql


@pytest.fixture
def dag() -> DAG:
    return DAG("d", schedule=None)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


def reschedule(**more: Any) -> dict[str, Any]:
    """Return the arguments of a sensor that pokes once."""
    return {"task_id": "s", "mode": "reschedule", "poke_interval": 10, **more}


def test_poking_goes_on_until_yes(dag: DAG, runs: Runs) -> None:
    answers = iter(
        [False, 0, None, PokeReturnValue(is_done=False), PokeReturnValue(is_done=True, xcom_value={"n": 1})]
    )
    PythonSensor(task_id="s", dag=dag, poke_interval=0.001, python_callable=lambda: next(answers))
    ran = runs.here(dag, "s")
    assert (ran.kind, ran.xcoms) == ("success", {"return_value": {"n": 1}})


@pytest.mark.parametrize(
    ("options", "kind"),
    [({}, "fail_without_retry"), ({"soft_fail": True}, "skipped"), ({"never_fail": True}, "skipped")],
)
def test_a_timeout_counts_from_the_first_poke(
    options: dict[str, Any], kind: str, dag: DAG, runs: Runs
) -> None:
    PythonSensor(dag=dag, python_callable=lambda: False, timeout=100, **reschedule(**options))
    began = datetime.now(UTC).timestamp()
    assert runs.here(dag, "s", first_poke_at=began - 50).kind == "rescheduled"
    assert runs.here(dag, "s", first_poke_at=began - 150, pokes=9).kind == kind


def fail() -> bool:
    raise FailException("for good")


def stumble() -> bool:
    raise OSError("for now")


@pytest.mark.parametrize(
    ("function", "options", "kind"),
    [
        (fail, {}, "fail_without_retry"),
        (fail, {"soft_fail": True}, "skipped"),
        (fail, {"silent_fail": True}, "fail_without_retry"),
        (stumble, {}, "failed"),
        (stumble, {"soft_fail": True}, "failed"),
        (stumble, {"silent_fail": True}, "rescheduled"),
        (stumble, {"never_fail": True}, "skipped"),
    ],
)
def test_errors_while_poking(function: Any, options: dict[str, Any], kind: str, dag: DAG, runs: Runs) -> None:
    PythonSensor(dag=dag, python_callable=function, **reschedule(**options))
    assert runs.here(dag, "s").kind == kind


def test_pauses_grow_and_are_capped() -> None:
    def pauses(**options: Any) -> list[float]:
        with scope.fresh():
            sensor: Sensor = PythonSensor(
                task_id="s", dag=DAG("d"), python_callable=print, poke_interval=10, **options
            )
            return [sensor.pause(count) for count in (0, 1, 2, 5)]

    assert pauses() == [10, 10, 10, 10]
    assert pauses(exponential_backoff=True) == [10, 20, 40, 320]
    assert pauses(exponential_backoff=True, max_wait=timedelta(minutes=1)) == [10, 20, 40, 60]


def test_files_patterns_and_folders(dag: DAG, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "deep").mkdir(parents=True)
    (tmp_path / "full" / "deep" / "drop_2026-01-15.csv").touch()
    wanted = {
        "missing": "rescheduled",
        "empty": "rescheduled",
        "full": "success",
        "full/deep/drop_{{ ds }}.csv": "success",
        "full/*/*.csv": "success",
        "**/drop*": "success",
        "*/nothing*": "rescheduled",
    }
    for number, (path, kind) in enumerate(wanted.items()):
        FileSensor(
            dag=dag,
            filepath=f"{tmp_path}/{path}",
            recursive=True,
            **reschedule(task_id=f"s{number}"),
        )
        assert runs.here(dag, f"s{number}").kind == kind, path


def test_a_relative_file_starts_at_its_connection(dag: DAG, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "drop").touch()
    FileSensor(dag=dag, filepath="drop", fs_conn_id="landing", **reschedule())
    assert runs.here(dag, "s", connections={"landing": f"file://{tmp_path}"}).kind == "success"
    ran = runs.here(dag, "s")
    assert ran.kind == "failed"
    assert "connection 'landing' does not exist" in str(ran.ending.reason)


def test_moments(dag: DAG, runs: Runs) -> None:
    now = datetime.now(UTC)
    TimeDeltaSensor(dag=dag, delta=timedelta(hours=1), **reschedule(task_id="delta"))
    for end, kind in ((now - timedelta(hours=2), "success"), (now - timedelta(minutes=59), "rescheduled")):
        assert runs.here(dag, "delta", data_interval_end=end.isoformat()).kind == kind
    for number, (target, kind) in enumerate(
        [
            (now - timedelta(seconds=1), "success"),
            ("{{ logical_date.add(days=1).isoformat() }}", "success"),
            ((now + timedelta(hours=1)).isoformat(), "rescheduled"),
            ("not a date", "failed"),
        ]
    ):
        DateTimeSensor(dag=dag, target_time=target, **reschedule(task_id=f"at{number}"))
        assert runs.here(dag, f"at{number}").kind == kind, target


def test_a_moment_that_is_near_is_asked_for_when_it_comes(dag: DAG, runs: Runs) -> None:
    target = datetime.now(UTC) + timedelta(seconds=4)
    DateTimeSensor(dag=dag, target_time=target, **reschedule())
    ran = runs.here(dag, "s")
    assert ran.ending.next_poke_at == pytest.approx(target.timestamp(), abs=0.5)


def test_a_time_of_day_is_that_of_the_first_poke_in_the_dags_zone(runs: Runs) -> None:
    dag = DAG("d", timezone="Asia/Tokyo")
    TimeSensor(dag=dag, target_time=time(23, 30), **reschedule())
    first_poke = datetime(2026, 1, 15, 14, 0, tzinfo=UTC)  # 23:00 in Tokyo
    sensor = dag.task_dict["s"]
    assert isinstance(sensor, TimeSensor)
    seen: list[datetime] = []

    class Spy(TimeSensor):
        def poke(self, context: Any) -> bool:
            seen.append(self.target(context))
            return True

    Spy(dag=dag, target_time=time(23, 30), **reschedule(task_id="spy"))
    assert runs.here(dag, "spy", first_poke_at=first_poke.timestamp()).kind == "success"
    assert seen == [datetime(2026, 1, 15, 14, 30, tzinfo=UTC)]


QUERIES: list[tuple[str, dict[str, Any], str]] = [
    ("SELECT n FROM t", {}, "rescheduled"),
    ("SELECT ok FROM t", {}, "success"),
    ("SELECT 1 FROM t WHERE n > 5", {}, "rescheduled"),
    ("SELECT 1 FROM t WHERE n > 5", {"fail_on_empty": True}, "fail_without_retry"),
    ("SELECT n, ok FROM t", {"selector": lambda row: row[1]}, "success"),
    ("SELECT ok FROM t", {"success": lambda value: value == "no"}, "rescheduled"),
    ("SELECT n FROM t", {"failure": lambda value: value == 0}, "fail_without_retry"),
    ("SELECT ok FROM t WHERE n = ?", {"parameters": [0]}, "success"),
]


@pytest.mark.parametrize(("sql", "options", "kind"), QUERIES)
def test_queries(sql: str, options: dict[str, Any], kind: str, dag: DAG, runs: Runs, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    run_sql(url, ["CREATE TABLE t (n, ok); INSERT INTO t VALUES (0, 'yes')"])
    SqlSensor(dag=dag, conn_id=url, sql=sql, **reschedule(), **options)
    assert runs.here(dag, "s").kind == kind


@contextmanager
def engine(answer: dict[str, Any], asked: list[dict[str, Any]]) -> Iterator[str]:
    """Answer every request on a socket in the same way, and note what was asked."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as server:
        path = f"{folder}/engine.sock"
        server.bind(path)
        server.listen()

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    asked.append(json.loads(line.makefile("rb").readline()))
                    line.sendall(json.dumps({"id": 1, **answer}).encode() + b"\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


GROUP = {"run": "success", "tasks": {"g.a": "success", "g.b": "skipped"}}


@pytest.mark.parametrize(
    ("result", "options", "kind"),
    [
        ({"run": "success", "tasks": {}}, {}, "success"),
        ({"run": "running", "tasks": {}}, {}, "rescheduled"),
        ({"run": None, "tasks": {}}, {}, "rescheduled"),
        ({"run": "failed", "tasks": {}}, {"failed_states": ["failed"]}, "fail_without_retry"),
        ({"run": "failed", "tasks": {}}, {"failed_states": ["failed"], "soft_fail": True}, "skipped"),
        ({"run": "failed", "tasks": {}}, {"skipped_states": ["failed"]}, "skipped"),
        ({"run": "running", "tasks": {"a": "success"}}, {"external_task_id": "a"}, "success"),
        ({"run": "running", "tasks": {"a": "success"}}, {"external_task_ids": ["a", "b"]}, "rescheduled"),
        (GROUP, {"external_task_group_id": "g"}, "success"),
        (GROUP, {"external_task_group_id": "g", "allowed_states": ["success"]}, "rescheduled"),
        (GROUP, {"external_task_group_id": "g", "skipped_states": ["skipped"]}, "skipped"),
        (
            GROUP,
            {"external_task_group_id": "g", "failed_states": ["failed", "skipped"]},
            "fail_without_retry",
        ),
        (GROUP, {"external_task_ids": ["g.a", "g.b"]}, "rescheduled"),
        (
            {"run": "failed", "tasks": {"g.a": "skipped", "g.b": "failed"}},
            {"external_task_group_id": "g", "failed_states": ["failed"], "skipped_states": ["skipped"]},
            "fail_without_retry",
        ),
    ],
)
def test_other_dags(result: dict[str, Any], options: dict[str, Any], kind: str, dag: DAG, runs: Runs) -> None:
    ExternalTaskSensor(
        dag=dag, external_dag_id="other", execution_delta=timedelta(hours=1), **reschedule(**options)
    )
    asked: list[dict[str, Any]] = []
    with engine({"result": result}, asked) as path:
        assert runs.here(dag, "s", socket=path).kind == kind
    (question,) = asked
    assert question["method"] == "run_states"
    assert question["params"]["dag_id"] == "other"
    assert question["params"]["logical_date"] == "2026-01-14T23:00:00+00:00"


def test_other_dags_that_do_not_exist_or_do_not_answer(dag: DAG, runs: Runs) -> None:
    ExternalTaskSensor(dag=dag, external_dag_id="other", **reschedule(task_id="patient"))
    ExternalTaskSensor(dag=dag, external_dag_id="other", check_existence=True, **reschedule(task_id="strict"))
    error = {"error": {"kind": "UnknownError", "message": "DAG 'other' does not exist"}}
    asked: list[dict[str, Any]] = []
    with engine(error, asked) as path:
        assert runs.here(dag, "patient", socket=path).kind == "rescheduled"
        ran = runs.here(dag, "strict", socket=path)
    assert (ran.kind, ran.ending.reason) == (
        "fail_without_retry",
        "FailException: DAG 'other' does not exist",
    )
    assert runs.here(dag, "strict", socket="/nowhere.sock").kind == "rescheduled"
    with engine({"result": {"run": "success", "tasks": {}}}, asked) as path:
        assert runs.here(dag, "strict", socket=path, logical_date=None).kind == "success"
    assert asked[-1]["params"]["logical_date"] == MIDNIGHT, "without a logical date: when the run was due"
