"""Lists over all DAGs, asked of the store and over the socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data import builders
from data.builders import NOON
from data.filled_store import ATTEMPT, ETL, Port
from penstock.attempts.protocol import attempt_path
from penstock.clock import to_us
from penstock.errors import UnknownError, UsageError
from penstock.loading.keep import kept_source
from penstock.model.search import (
    Bound,
    EventSearch,
    Pattern,
    RunSearch,
    StateTerm,
    TaskSearch,
    XComSearch,
)
from penstock.model.states import RunState, TaskState
from penstock.store import tables

DAY = timedelta(days=1)


def runs(port: Port, **conditions: object) -> list[str]:
    page = port.engine.search_runs(RunSearch(**conditions))  # type: ignore[arg-type]
    assert page.total == len(page.rows)
    return [f"{row.run_id[:23]}" for row in page.rows]


def tasks(port: Port, **conditions: object) -> list[str]:
    page = port.engine.search_tasks(TaskSearch(run_ids=("now",), **conditions))  # type: ignore[arg-type]
    assert page.total == len(page.rows)
    return [row.task_id for row in page.rows]


def test_runs_are_filtered_ordered_and_counted(port: Port) -> None:
    first, second, now = "scheduled__2026-02-27T1", "scheduled__2026-02-28T1", "now"
    assert runs(port) == [first, second, now]
    assert runs(port, order=("-run_after",)) == [now, second, first]
    assert runs(port, order=("state", "-id")) == [now, second, first]
    assert runs(port, states=(RunState.RUNNING,)) == [now]
    assert runs(port, states=()) == []
    assert runs(port, dag_ids=("idle",)) == []
    assert runs(port, bounds=(Bound(field="run_after", comparison="lt", value=NOON),)) == [first, second]
    assert runs(port, bounds=(Bound(field="duration", comparison="gt", value=10.0),)) == [second]
    assert runs(port, patterns=(Pattern(field="run_id", texts=("NO_",)),)) == [now]
    assert runs(port, patterns=(Pattern(field="run_id", texts=("NO",), prefix=True),)) == []
    assert runs(port, patterns=(Pattern(field="run_id", texts=("no",), prefix=True),)) == [now]
    assert runs(port, patterns=(Pattern(field="run_id", texts=("ow", "sched"), prefix=True),)) == [
        first,
        second,
    ]
    page = port.engine.search_runs(RunSearch(limit=1, offset=1))
    assert ([row.run_id[:23] for row in page.rows], page.total) == ([second], 3)
    with pytest.raises(UsageError, match="'colour' cannot be searched"):
        port.engine.search_runs(RunSearch(order=("colour",)))


def test_a_run_says_how_long_it_took_and_of_which_version_it_is(port: Port) -> None:
    first, _, now = port.engine.search_runs(RunSearch()).rows
    assert (first.seconds, first.end) == (10.0, NOON - 2 * DAY + timedelta(seconds=10))
    assert (now.seconds, now.end, now.start) == (None, None, NOON)
    assert first.version is not None
    assert (first.version.number, first.version.dag_id, first.version.created) == (1, "etl", NOON)


def test_task_instances_are_filtered_by_what_they_are_and_by_what_their_dag_says(port: Port) -> None:
    assert tasks(port) == ["extract", "load", "report"]
    assert tasks(port, order=("-task_id",)) == ["report", "load", "extract"]
    assert tasks(port, states=(StateTerm(state=TaskState.RUNNING),)) == ["report"]
    assert tasks(port, states=(StateTerm(state=TaskState.SUCCESS, launched=True),)) == []
    assert tasks(port, states=(StateTerm(state=TaskState.SUCCESS, launched=False),)) == ["extract"]
    assert tasks(port, pools=("warehouse",)) == ["report"]
    assert tasks(port, operators=("BashOperator",), pools=("default_pool",)) == ["extract", "load"]
    assert tasks(port, task_ids=("load",), map_indexes=(-1,)) == ["load"]
    assert port.engine.search_tasks(TaskSearch(limit=2)).total == 9
    [report] = port.engine.search_tasks(TaskSearch(run_ids=("now",), task_ids=("report",))).rows
    assert (report.pool, report.pool_slots, report.operator) == ("warehouse", 2, "BashOperator")
    assert report.run_after == NOON


def test_notes_stand_beside_what_they_are_about(port: Port) -> None:
    def note(text: str | None, task_id: str | None = None) -> None:
        builders.insert(
            port.database, tables.EventRow, at_us=to_us(NOON), actor="ann", kind="note", dag_id="etl",
            run_id="now", task_id=task_id, after=text,
        )  # fmt: skip

    note("early")
    note("late")
    note("slow", "load")
    [run] = port.engine.search_runs(RunSearch(run_ids=("now",))).rows
    found = port.engine.search_tasks(TaskSearch(run_ids=("now",))).rows
    assert (run.note, [task.note for task in found]) == ("late", [None, "slow", None])
    note(None)
    [run] = port.engine.search_runs(RunSearch(run_ids=("now",))).rows
    assert run.note is None


def test_dags_are_listed_with_what_their_version_says_and_what_moves(port: Port) -> None:
    etl, idle = port.engine.dag_facts()
    assert (etl.owners, etl.tags, etl.crons, etl.kind) == (("ops",), ("nightly",), ("0 12 * * *",), "cron")
    assert (etl.frozen, etl.paused, etl.active_runs, etl.last_run_state) == (True, False, 1, "running")
    assert (idle.import_error, idle.last_run_state, idle.kind) == (True, None, "none")
    version = builders.add_dag(port.database, builders.dag("idle", owner="new"))
    [changed] = [dag for dag in port.engine.dag_facts() if dag.dag_id == "idle"]
    assert (changed.owners, changed.version.number, changed.version.version_id) == (("new",), 2, version)
    assert [known.number for known in port.engine.versions("idle")] == [1, 2]
    assert port.engine.spec("etl") == ETL
    with pytest.raises(UnknownError):
        port.engine.spec("nope")


def test_the_next_point_is_answered_for_many_dags_at_once(port: Port) -> None:
    assert {name: point.run_after for name, point in port.engine.coming(("etl", "idle")).items()} == {
        "etl": NOON + DAY
    }


def test_runs_are_counted_by_dag_and_state(port: Port) -> None:
    assert port.engine.run_counts() == {"etl": {"success": 2, "running": 1}}
    assert port.engine.run_counts(("idle",)) == {}
    figures = port.engine.figures()
    assert figures.runs == port.engine.run_counts()
    assert [(times.state, times.count, times.seconds) for times in figures.ended] == [("success", 2, 40.0)]
    assert figures.tasks == {"success": 5, "failed": 2, "scheduled": 1, "running": 1}
    assert figures.points == {"etl": {"ran": 1, "skipped": 2, "ran_late": 3}}


def test_slots_are_counted_by_pool_and_state(port: Port) -> None:
    assert port.engine.pool_counts() == {
        "warehouse": {"running": 2},
        "default_pool": {"success": 1, "scheduled": 1},
    }


def test_events_are_searched(port: Port) -> None:
    found = port.engine.search_events(EventSearch(dag_id="etl", order=("-id",)))
    assert [row.kind for row in found.rows] == ["launch", "run_start"]
    assert port.engine.search_events(EventSearch(kinds=("seen",))).total == 1
    assert port.engine.search_events(EventSearch(not_kinds=("seen",), actor="engine")).total == 2
    [first] = port.engine.search_events(EventSearch(seq=found.rows[0].seq)).rows
    assert first == found.rows[0]


def test_pushed_values_are_listed_without_and_read_with_their_values(port: Port) -> None:
    key = builders.task_key(port.database, "etl", "now", "extract")
    wrapped = (
        '{"__classname__":"datetime.datetime","__version__":2,"__data__":{"iso":"2026-01-02","tz":null}}'
    )
    for name, value in (("when", wrapped), ("large", None)):
        builders.insert(port.database, tables.XComRow, ti_id=key, key=name, value=value, attempt_id=ATTEMPT)
    (attempt_path(port.settings.attempts, ATTEMPT) / "xcom").write_text('{"v":1,"values":{"large":[1,2]}}')
    page = port.engine.search_xcoms(XComSearch(dag_id="etl", order=("key",)))
    assert [(row.key, row.at) for row in page.rows] == [
        ("large", NOON + timedelta(seconds=1)),
        ("when", NOON + timedelta(seconds=1)),
    ]
    assert port.engine.xcom("etl", "now", "extract", "when").value == "2026-01-02"
    assert port.engine.xcom("etl", "now", "extract", "large").value == [1, 2]
    with pytest.raises(UnknownError, match="pushed no 'nope'"):
        port.engine.xcom("etl", "now", "extract", "nope")


def test_the_file_of_a_version_is_shown_as_long_as_it_is_kept(port: Port) -> None:
    with pytest.raises(UnknownError, match="is not kept"):
        port.engine.source("etl")
    path = kept_source(port.settings, "0" * 64)
    path.parent.mkdir()
    path.write_text("print('dag')\n")
    assert port.engine.source("etl").text == "print('dag')\n"
    with pytest.raises(UnknownError, match="no version 7"):
        port.engine.source("etl", 7)
