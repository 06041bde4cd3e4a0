"""What a task learns of other runs: their XComs, and the last one that succeeded. On a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drive.instance import Instance
from drive.waiting import wait_for
from penstock.api.client import SocketEngine
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL

FILE = """
from penstock import DAG, BashOperator, PythonOperator, task

with DAG("source", schedule=None, is_paused_upon_creation=False):
    @task
    def push(ds, ti):
        ti.xcom_push("day", ds)
        if ds != "2026-01-03":
            ti.xcom_push("early", ds)
        return {"ds": ds}
    push()

with DAG("sink", schedule=None, is_paused_upon_creation=False):
    @task
    def pull(ti, prev_data_interval_start_success, prev_start_date_success, dag_run):
        there = {"task_ids": "push", "dag_id": "source"}
        return {
            "same run id": ti.xcom_pull(**there, key="day"),
            "named": ti.xcom_pull(**there, run_id="one"),
            "list": ti.xcom_pull(task_ids=["push", "nobody"], dag_id="source"),
            "prior": ti.xcom_pull(**there, key="early", include_prior_dates=True),
            "no such run": ti.xcom_pull(**there, run_id="never", default="D"),
            "no such key": ti.xcom_pull(**there, key="zzz"),
            "own prior": ti.xcom_pull(task_ids="later", key="return_value", include_prior_dates=True),
            "before": str(prev_data_interval_start_success),
            "began": prev_start_date_success is not None,
        }
    pull() >> BashOperator(task_id="later", bash_command="echo {{ ds }}")
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path)
    made.write_dag("both", FILE)
    made.start()
    yield made
    made.stop()


def finish(engine: SocketEngine, dag_id: str, run_id: str, day: int) -> None:
    """Trigger a run and wait for its end."""
    engine.commit(Trigger(dag_id=dag_id, run_id=run_id, logical_date=datetime(2026, 1, day, tzinfo=UTC)))
    wait_for(lambda: engine.run(dag_id, run_id).run.state in RUN_TERMINAL, 60, "the run does not end")


def test_values_of_other_runs(instance: Instance) -> None:
    found: dict[str, Any] = {}
    with instance.client() as engine:
        wait_for(lambda: len(engine.dags()) == 2, 60, "the file is not loaded")
        for day, run_id in enumerate(("one", "two", "three"), 1):
            finish(engine, "source", run_id, day)
            finish(engine, "sink", run_id, day)
            (attempt,) = engine.attempts("sink", run_id, "pull")
            values = json.loads((Path(str(attempt.log_path)).parent / "xcom").read_text())["values"]
            found[run_id] = values["return_value"]
    assert found["one"] == {
        "same run id": "2026-01-01",
        "named": {"ds": "2026-01-01"},
        "list": [{"ds": "2026-01-01"}, None],
        "prior": "2026-01-01",
        "no such run": "D",
        "no such key": None,
        "own prior": None,
        "before": "None",
        "began": False,
    }
    assert found["three"]["same run id"] == "2026-01-03"
    assert found["three"]["named"] == {"ds": "2026-01-01"}
    assert found["three"]["prior"] == "2026-01-02"
    assert found["three"]["own prior"] == "2026-01-02"
    assert found["three"]["before"] == "2026-01-02 00:00:00+00:00"
    assert found["three"]["began"] is True
