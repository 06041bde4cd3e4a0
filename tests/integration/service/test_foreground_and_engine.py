"""`penstock test` and an engine come to the same: one file, run by both."""

from __future__ import annotations

import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from drive.instance import Instance
from penstock.errors import DagFileError
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL
from penstock.service.foreground import run_test
from penstock.settings import Settings

FILE = """
from penstock import DAG, BashOperator, BashSensor, EmptyOperator, SkipException, task

with DAG("zoo", schedule=None, is_paused_upon_creation=False):
    @task.branch
    def choose():
        return ["left"]

    @task
    def skips():
        raise SkipException("nothing to do")

    @task(retries=1, retry_delay=0)
    def second_time(ti=None):
        assert ti.try_number == 2, "the first time fails"
        return {"n": ti.try_number}

    @task(trigger_rule="all_done")
    def last(ti=None):
        return ti.xcom_pull(task_ids="second_time")

    left, right = EmptyOperator(task_id="left"), BashOperator(task_id="right", bash_command="echo never")
    rule = "none_failed_min_one_success"
    join = BashOperator(task_id="join", bash_command="echo joined", trigger_rule=rule)
    choose() >> [left, right] >> join
    bad = BashOperator(task_id="bad", bash_command="exit 3")
    after = BashOperator(task_id="after", bash_command="true")
    ninety_nine = BashOperator(task_id="ninety_nine", bash_command="exit 99")
    waits = BashSensor(task_id="waits", bash_command="true", mode="reschedule")
    bad >> after
    [second_time(), bad, skips(), ninety_nine, waits] >> last()
"""


def in_short(tasks: list[dict[str, Any]]) -> dict[str, tuple[str, int]]:
    return {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}


def test_both_lead_every_task_to_the_same_state(tmp_path: Path) -> None:
    file = tmp_path / "zoo.py"
    file.write_text(FILE)
    settings = Settings(home=tmp_path / "home", dags_folder=tmp_path)
    log = StringIO()
    report = run_test(file, "zoo", task=None, logical_date=None, conf={}, log=log, settings=settings)
    instance = Instance(tmp_path / "instance")
    instance.write_dag("zoo", FILE)
    instance.start()
    try:
        with instance.client() as engine:
            run_id = engine.commit(Trigger(dag_id="zoo")).run_id
            assert run_id is not None
            for _ in range(600):
                detail = engine.run("zoo", run_id)
                if detail.run.state in RUN_TERMINAL:
                    break
                time.sleep(0.05)
    finally:
        instance.stop()
    rows = [
        {"task_id": row.task_id, "state": row.state, "try_number": row.try_number} for row in detail.tasks
    ]
    expected = in_short(rows)
    assert in_short(report.tasks) == expected
    assert report.state == detail.run.state == "failed", "a leaf could not run"
    assert expected["bad"] == ("failed", 1)
    assert expected["after"] == ("upstream_failed", 0)
    assert expected["second_time"] == ("success", 2)
    assert (expected["right"], expected["ninety_nine"]) == (("skipped", 0), ("skipped", 1))
    assert {task["task_id"]: task["xcoms"] for task in report.tasks}["last"] == {"return_value": {"n": 2}}


def test_a_file_that_does_not_load_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("import pandsa\n")
    settings = Settings(home=tmp_path / "home", dags_folder=tmp_path)
    with pytest.raises(DagFileError, match=r"bad\.py:1: .*pandsa"):
        run_test(file, None, task=None, logical_date=None, conf={}, log=StringIO(), settings=settings)
