"""Notes: written by an act, kept in the trail, the newest one shown."""

from __future__ import annotations

import pytest

from data.builders import dag, task
from drive.loop import Bench
from penstock.errors import UnknownError, UsageError
from penstock.model.acts import SetNote
from penstock.model.search import RunSearch, TaskSearch


def notes(bench: Bench) -> list[str | None]:
    [run] = bench.engine.search_runs(RunSearch()).rows
    return [run.note, *(row.note for row in bench.engine.search_tasks(TaskSearch()).rows)]


async def test_a_run_and_its_tasks_have_a_note_each(bench: Bench) -> None:
    bench.load(dag("etl", task("a"), task("b", "a")))
    run_id = bench.trigger("etl")
    assert notes(bench) == [None, None, None]
    bench.act(SetNote(dag_id="etl", run_id=run_id, note="source was late"))
    bench.act(SetNote(dag_id="etl", run_id=run_id, task_id="b", note="slow disk"))
    assert notes(bench) == ["source was late", None, "slow disk"]
    bench.act(SetNote(dag_id="etl", run_id=run_id, note="known"))
    bench.act(SetNote(dag_id="etl", run_id=run_id, task_id="b", note=""))
    assert notes(bench) == ["known", None, None]
    written = [row for row in bench.engine.events(dag_id="etl", run_id=run_id) if row.kind == "note"]
    assert [(row.actor, row.task_id, row.after) for row in written] == [
        ("tester", "b", None),
        ("tester", None, "known"),
        ("tester", "b", "slow disk"),
        ("tester", None, "source was late"),
    ]


async def test_a_note_about_nothing_is_refused(bench: Bench) -> None:
    bench.load(dag("etl", task("a")))
    run_id = bench.trigger("etl")
    with pytest.raises(UnknownError):
        bench.act(SetNote(dag_id="etl", run_id="nope", note="x"))
    with pytest.raises(UnknownError):
        bench.act(SetNote(dag_id="etl", run_id=run_id, task_id="nope", note="x"))
    with pytest.raises(UsageError, match="at most 10,000 characters"):
        bench.act(SetNote(dag_id="etl", run_id=run_id, note="x" * 10_001))
