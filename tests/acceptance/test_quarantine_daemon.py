"""A DAG with a bad value, in the database of a real instance: the neighbour's schedule misses nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from drive.instance import Instance
from drive.waiting import wait_for
from penstock.model.acts import QuarantineDrop, Trigger
from penstock.model.states import RunState, TaskState

FINE = """
from contextlib import closing
from datetime import timedelta
from penstock import DAG, BashOperator, EmptyOperator

with DAG("fine", schedule=timedelta(seconds=2), catchup="all", is_paused_upon_creation=False):
    EmptyOperator(task_id="a") >> BashOperator(task_id="b", bash_command="true")
"""
BAD = """
from contextlib import closing
from datetime import timedelta
from penstock import DAG, BashOperator, EmptyOperator

with DAG("bad", schedule=timedelta(seconds=2), catchup="none", is_paused_upon_creation=False):
    EmptyOperator(task_id="a") >> BashOperator(task_id="b", bash_command="sleep 600")
"""


def spoil(database: Path) -> None:
    """Write a trigger rule into the stored DAG that does not exist."""
    raw = sqlite3.connect(database)
    (text,) = raw.execute("SELECT spec FROM dag_version WHERE dag_id = 'bad'").fetchone()
    spec = json.loads(text)
    spec["tasks"][1]["trigger_rule"] = "none_failed_or_skipped"
    raw.execute("UPDATE dag_version SET spec = ? WHERE dag_id = 'bad'", (json.dumps(spec),))
    raw.commit()
    raw.close()


def test_a_bad_value_in_a_dag_costs_its_neighbour_nothing_over_restarts(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write_dag("fine", FINE)
    instance.write_dag("bad", BAD)
    instance.start()
    try:
        with instance.client() as engine:
            wait_for(lambda: len(engine.runs("bad")) >= 1 and len(engine.runs("fine")) >= 2, 30, "no runs")
        instance.stop()
        spoil(instance.settings.database)
        for sharply in (True, False):
            instance.start()
            with instance.client() as engine:
                before = len(engine.runs("fine", limit=1000))
                wait_for(lambda: len(engine.runs("fine", limit=1000)) >= before + 2, 30, "it stands still")  # noqa: B023
                rows = engine.quarantine()
                assert ("dag", "bad") in {(row.kind, row.id) for row in rows}
                assert all("none_failed_or_skipped" in row.reason for row in rows)
                status = engine.status()
                assert status.quarantined == len(rows)
                assert "none_failed_or_skipped" in "".join(status.warnings)
                assert next(row for row in engine.dags() if row.dag_id == "bad").quarantined
            (instance.kill if sharply else instance.stop)()
        instance.start()
        with instance.client() as engine:
            message = engine.commit(QuarantineDrop(subject="bad"), actor="tester").message
            assert "DAG bad is deleted" in message
            assert "stopped" in message
            assert engine.quarantine() == []
            points = sorted(row.first for row in engine.ledger("fine", limit=1000) for _ in range(row.count))
            assert {later - sooner for sooner, later in pairwise(points)} == {timedelta(seconds=2)}
            assert {row.status for row in engine.ledger("fine", limit=1000)} <= {"ran", "ran_late"}
        wait_for(lambda: instance.leftovers() == [], 30, "tasks of the dropped DAG live on")
    finally:
        instance.stop()


STUBBORN = """
from penstock import DAG, BashOperator

with DAG("stubborn", schedule=None):
    BashOperator(task_id="a", bash_command="trap '' TERM; while true; do sleep 0.2; done")
"""


def test_a_dropped_run_leaves_no_process_that_ignores_sigterm(tmp_path: Path) -> None:
    instance = Instance(tmp_path, "stop_grace = 1\n")
    instance.write_dag("stubborn", STUBBORN)
    instance.start()
    try:
        with instance.client() as engine:
            wait_for(lambda: any(row.dag_id == "stubborn" for row in engine.dags()), 30, "no DAG")
            run = engine.commit(Trigger(dag_id="stubborn"), actor="tester").run_id
            assert run is not None
            wait_for(
                lambda: engine.run("stubborn", run).tasks[0].state is TaskState.RUNNING, 30, "it does not run"
            )
        instance.stop()
        with closing(sqlite3.connect(instance.settings.database)) as raw, raw:
            raw.execute("UPDATE run SET conf = CAST(x'7bff' AS TEXT)")
        instance.start()
        with instance.client() as engine:
            [row] = engine.quarantine()
            assert "run.conf is not UTF-8" in row.reason
            assert instance.leftovers(), "its task works on"
            assert (
                "1 live attempt stopped" in engine.commit(QuarantineDrop(subject=row.id), actor="t").message
            )
            wait_for(lambda: instance.leftovers() == [], 30, "the task of the dropped run lives on")
            assert engine.run("stubborn", run).run.state is RunState.FAILED
            [attempt] = engine.attempts("stubborn", run, "a")
            assert attempt.end is not None
    finally:
        instance.stop()
