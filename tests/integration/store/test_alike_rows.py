"""Moves and events of many task instances that are alike: written by few statements, as if one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.errors import StaleRowsError
from penstock.model.spec import DagSpec, encode_spec, spec_hash
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.transitions import TaskEvent
from penstock.store.database import Database
from penstock.store.engine import batch
from penstock.store.engine.gate import Gate
from penstock.store.engine.records import RunRecord, TaskRecord, VersionRecord
from penstock.store.engine.working_set import WorkingSet


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(batch, "_MANY", 3)
    opened = Database.open(tmp_path / "penstock.db")
    yield opened
    opened.close()


def made(database: Database, run_id: str, count: int = 7) -> tuple[Gate, RunRecord, list[TaskRecord]]:
    """Return a gate and a run of it with *count* tasks, half of which may be tried once more."""
    gate = Gate(database)
    gate.now_us = 5
    spec = DagSpec(dag_id="d", file="d.py")
    if WorkingSet(database).version_hashes(1) is None:
        text = encode_spec(spec)
        gate.add(VersionRecord(1, "d", spec_hash(text), "s", "d.py", text.decode(), 1))
    run = RunRecord(0, "d", run_id, RunType.MANUAL, RunState.RUNNING, 1, 1, None, None, None, 1, 1)
    tasks = [
        TaskRecord(0, 0, f"t{place}", place - 4, TaskState.PENDING, 1, 0, 1 + place % 2, place)
        for place in range(3, 3 + count)
    ]
    gate.create_run(run, tasks)
    gate.commit()
    return gate, run, tasks


def rows(database: Database, run_id: str) -> list[tuple[object, ...]]:
    """Return what the events of a run say, in order."""
    with database.read() as connection:
        found = connection.execute(
            "SELECT at_us, actor, kind, task_id, map_index, before, after, reason FROM event"
            f" WHERE run_id = '{run_id}' ORDER BY seq"
        )
        return [tuple(row) for row in found]


def test_rows_and_events_are_as_if_written_one_by_one(database: Database) -> None:
    told = {}
    for run_id, columns in (("alike", "moved"), ("single", None)):
        gate, run, tasks = made(database, run_id)
        for task in tasks:
            task.reason = "it is over" if task.position < 6 else "so is this"
            gate.move_task(run, task, TaskEvent.CANCEL, reason=task.reason, columns=columns)
        gate.commit()
        assert WorkingSet(database).run("d", run_id) == (run, tasks)
        for task in tasks:
            task.reason, task.end_us, task.max_tries = None, None, 9 + task.position % 2
            gate.move_task(run, task, TaskEvent.CLEAR, columns="cleared" if columns else None)
        gate.note("act_clear", dag_id="d", run_id=run_id)
        gate.commit()
        assert WorkingSet(database).run("d", run_id) == (run, tasks)
        told[run_id] = rows(database, run_id)
    assert told["alike"] == told["single"]
    assert len(told["alike"]) == 1 + 7 + 7 + 1


def test_a_second_move_in_the_same_transaction_is_written_after_the_first(database: Database) -> None:
    gate, run, tasks = made(database, "r")
    for task in tasks[:4]:
        gate.move_task(run, task, TaskEvent.CANCEL, columns="moved")
    gate.save_task(run, tasks[4])
    for task in reversed(tasks[2:5]):  # the last one was saved, and the others are cancelled
        event = TaskEvent.CANCEL if task.state is TaskState.PENDING else TaskEvent.CLEAR
        gate.move_task(run, task, event, columns="cleared")
    gate.move_task(run, tasks[0], TaskEvent.CLEAR)
    gate.commit()
    assert WorkingSet(database).run("d", "r") == (run, tasks)


@pytest.mark.parametrize("change", ["state = 'scheduled'", "version = 9"])
def test_one_row_that_is_not_as_expected_stops_all(database: Database, change: str) -> None:
    gate, run, tasks = made(database, "r")
    with database.write() as connection:
        connection.execute(f"UPDATE task_instance SET {change} WHERE id = {tasks[3].id}")
    before = rows(database, "r")
    for task in tasks:
        gate.move_task(run, task, TaskEvent.CANCEL, columns="moved")
    with pytest.raises(StaleRowsError, match="1 task instance row"):
        gate.commit()
    assert rows(database, "r") == before
    found = WorkingSet(database).run("d", "r")
    assert found is not None
    assert TaskState.CANCELLED not in {task.state for task in found[1]}


def test_an_illegal_move_is_refused_by_the_database_too(database: Database) -> None:
    gate, _, tasks = made(database, "r")
    gate._batch.swap_alike(tasks[0].id, "moved", ("running", 2, 5, None, None, 1, "pending"))
    with pytest.raises(Exception, match="illegal move"):
        gate.commit()
