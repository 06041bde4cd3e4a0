"""Single tasks in this process: forms, hooks, params, and operators of the author's own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import Runs
from penstock import (
    DAG,
    BaseOperator,
    EmptyOperator,
    LatestOnlyOperator,
    PokeReturnValue,
    PythonOperator,
    task,
)
from penstock.task_process.callback import _call
from penstock.task_process.run import reason_of


def latest_only(tmp_path: Path, run_after: str, run_type: str = "scheduled") -> tuple[str, ...]:
    """Return what a LatestOnlyOperator in a daily DAG skips."""
    dag = DAG("d", schedule="@daily", timezone="Europe/Amsterdam")
    task = LatestOnlyOperator(task_id="latest", dag=dag)
    task >> [EmptyOperator(task_id=name, dag=dag) for name in "ab"]
    ran = Runs(tmp_path).here(dag, "latest", run_after=run_after, run_type=run_type)
    assert (ran.kind, ran.xcoms) == ("success", {})
    return tuple(ran.ending.skips)


def test_only_the_newest_run_goes_on(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert latest_only(tmp_path, now.isoformat()) == ()
    assert latest_only(tmp_path, (now - timedelta(days=3)).isoformat()) == ("a", "b")
    assert latest_only(tmp_path, (now - timedelta(days=3)).isoformat(), "manual") == ()


def test_decorated_forms_do_what_their_operators_do(tmp_path: Path) -> None:
    with DAG("d", schedule=None) as dag:

        @task.branch
        def choose(pick: str) -> str:
            return pick

        @task.short_circuit
        def stop() -> bool:
            return False

        @task.sensor(poke_interval=0.001)
        def wait(pokes: list[int]) -> PokeReturnValue:
            pokes.append(1)
            return PokeReturnValue(is_done=len(pokes) == 3, xcom_value=len(pokes))

        @task
        async def later(ds: str) -> str:
            return ds

        x, y, z = (EmptyOperator(task_id=name) for name in "xyz")
        choose("x") >> [x, y]
        stop() >> z
        wait([])
        later()
    runs = Runs(tmp_path)
    assert list(runs.here(dag, "choose").ending.skips) == ["y"]
    assert list(runs.here(dag, "stop").ending.skips) == ["z"]
    assert runs.here(dag, "wait").xcoms == {"return_value": 3}
    assert runs.here(dag, "later").xcoms == {"return_value": "2026-01-15"}


def test_what_surrounds_a_task_runs_around_it(tmp_path: Path) -> None:
    said: list[str] = []
    dag = DAG("d", schedule=None)

    def work() -> str:
        said.append("work")
        return "value"

    PythonOperator(
        task_id="t",
        dag=dag,
        python_callable=work,
        pre_execute=lambda context: said.append(f"before {context['ds']}"),
        post_execute=lambda context, value: said.append(f"after {value}"),
    )
    assert Runs(tmp_path).here(dag, "t").kind == "success"
    assert said == ["before 2026-01-15", "work", "after value"]


def test_params_of_run_task_and_dag(tmp_path: Path) -> None:
    dag = DAG("d", schedule=None, params={"a": 1, "b": 2, "c": 3})
    PythonOperator(
        task_id="t", dag=dag, python_callable=lambda params: params, params={"b": 20, "c": 30, "d": 40}
    )
    ran = Runs(tmp_path).here(dag, "t", conf={"c": 300, "unknown": 1}, params={"a": 1, "b": 2, "c": 300})
    assert ran.xcoms["return_value"] == {"a": 1, "b": 20, "c": 300, "d": 40, "unknown": 1}


def test_an_operator_of_the_authors(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Greet(BaseOperator):
        template_fields = ("name",)

        def __init__(self, *, name: Any, **more: Any) -> None:
            super().__init__(**more)
            self.name = name

        def execute(self, context: Any) -> str:
            self.log.warning("greeting %s", self.name)
            return f"hello {self.name} on {context['ds']}"

    with DAG("d", schedule=None) as dag:
        source = PythonOperator(task_id="source", python_callable=lambda: "you").output
        Greet(task_id="greet", name=source)
    assert dag.task_dict["greet"].upstream_task_ids == {"source"}
    assert [one.task_id for one in dag.tasks] == ["source", "greet"]
    runs = Runs(tmp_path)
    runs.here(dag, "source")
    assert runs.here(dag, "greet").xcoms == {"return_value": "hello you on 2026-01-15"}
    assert "greeting you" in caplog.text


class Own(BaseException):
    """What an author should not, but may, raise."""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BaseException(), "BaseException"),
        (BaseException("no\nmore"), "BaseException: no"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit("gone"), "GeneratorExit: gone"),
        (Own("mine"), "Own: mine"),
        (
            BaseExceptionGroup("two", [Own("a"), KeyboardInterrupt()]),
            "BaseExceptionGroup: two (2 sub-exceptions)",
        ),
        (SystemExit("no money"), "sys.exit('no money')"),
        (SystemExit(300), "sys.exit(300)"),
        (asyncio.CancelledError(), "CancelledError"),
    ],
)
def test_whatever_a_task_raises_has_a_name(tmp_path: Path, error: BaseException, reason: str) -> None:
    dag = DAG("d", schedule=None)

    def fail() -> None:
        raise error

    PythonOperator(task_id="a", python_callable=fail, dag=dag)
    ran = Runs(tmp_path).here(dag, "a")
    assert (ran.kind, ran.ending.reason, ran.ending.exit_code) == ("failed", reason, 1)
    assert _call(lambda context: fail(), {}, "task_failure") == f"<lambda>: {reason_of(error)}"  # type: ignore[arg-type]
