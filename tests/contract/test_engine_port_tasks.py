"""One suite for both implementations of the Engine port: single tasks, XComs, history, grid, timeline."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import NOON
from data.filled_store import ATTEMPT, ETL, LIVE, Port
from penstock.attempts import files
from penstock.attempts.protocol import attempt_path
from penstock.clock import to_us
from penstock.errors import UnknownError
from penstock.loading.keep import kept_source
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, TaskState
from penstock.model.views.grid import GridCell
from penstock.store import tables
from penstock.store.statement import table_of

BEFORE = NOON - timedelta(days=1)


def put_xcom(port: Port, task_id: str, key: str, value: Any, *, text: str | None = None) -> None:
    """Store an XCom of the run ``now``; its task needs an attempt."""
    ti_id = builders.task_key(port.database, "etl", "now", task_id)
    builders.insert(
        port.database,
        tables.XComRow,
        ti_id=ti_id,
        key=key,
        value=json.dumps(value) if text is None else text,
        attempt_id=ATTEMPT,
    )


def attempted(port: Port, task_id: str, attempt_id: str = ATTEMPT) -> None:
    table = table_of(tables.TaskInstanceRow)
    with port.database.write() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.id == builders.task_key(port.database, "etl", "now", task_id))
            .values(attempt_id=attempt_id, attempts=1)
        )


def leave(port: Port, name: str, fields: dict[str, Any], attempt_id: str = ATTEMPT) -> None:
    """Leave a record in an attempt's directory, as its task would."""
    folder = attempt_path(port.settings.attempts, attempt_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(files.dump_fields(fields))


def history(port: Port, task_id: str, seconds: list[float | None], *, state: str = "success") -> None:
    """Add runs of etl, the oldest first, in which a task took *seconds*."""
    for place, took in enumerate(seconds):
        builders.add_run(
            port.database,
            ETL,
            1,
            at=NOON - timedelta(days=500 - place),
            state=state if took is not None else "running",
            tasks={task_id: state if took is not None else "running"},
            took=took,
            run_id=f"h{place:03}",
        )


def test_a_task_with_how_it_is_set(port: Port) -> None:
    found = port.engine.task("etl", "now", "report")
    assert (found.run.run_id, found.run.counts["success"]) == ("now", 1)
    assert (found.task.task_id, found.task.state) == ("report", TaskState.RUNNING)
    assert (found.file, found.owner, found.retries, found.newest) == ("etl.py", "ops", 2, True)
    assert found.params == {"day": "today"}
    assert found.rendered == {}


def test_a_task_of_an_older_version_says_so(port: Port) -> None:
    builders.add_dag(port.database, builders.dag("etl", builders.task("extract"), description="new"))
    found = port.engine.task("etl", "now", "report")
    assert (found.newest, found.owner) == (False, "ops")


@pytest.mark.parametrize("names", [("etl", "now", "nope"), ("etl", "nope", "load"), ("nope", "now", "load")])
def test_a_task_that_does_not_exist(port: Port, names: tuple[str, str, str]) -> None:
    with pytest.raises(UnknownError):
        port.engine.task(*names)
    with pytest.raises(UnknownError):
        port.engine.task("etl", "now", "load", 3)


def test_conf_lies_over_the_defaults_and_what_is_called_like_a_secret_is_covered(port: Port) -> None:
    run = table_of(tables.RunRow)
    conf = {"day": "monday", "api_token": "hunter2-hunter2", "deep": {"password": "swordfish", "n": 3}}
    with port.database.write() as connection:
        connection.execute(sa.update(run).where(run.c.run_id == "now").values(conf=json.dumps(conf)))
    found = port.engine.task("etl", "now", "load")
    assert found.params == {"day": "monday", "api_token": "***", "deep": {"password": "***", "n": 3}}
    assert (found.conf, found.defaults) == (found.params, {"day": "today"})


def test_what_an_attempt_rendered(port: Port) -> None:
    attempted(port, "extract")
    leave(
        port, files.RENDERED, {"fields": {"bash_command": "echo 2026", "env": {"DB_PASSWORD": "swordfish"}}}
    )
    found = port.engine.task("etl", "now", "extract")
    assert found.attempt_id == ATTEMPT
    assert found.rendered == {"bash_command": "echo 2026", "env": {"DB_PASSWORD": "***"}}
    assert port.engine.task("etl", "now", "extract", attempt_id=LIVE).rendered == {}


def test_the_source_is_that_of_the_runs_version(port: Port) -> None:
    found = port.engine.run_source("etl", "now")
    assert (found.file, found.text) == ("etl.py", None)  # it is not kept
    path = kept_source(port.settings, "0" * 64)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"from penstock import *\n# \xff\n")
    found = port.engine.run_source("etl", "now")
    assert found.text == "from penstock import *\n# \N{REPLACEMENT CHARACTER}\n"
    assert found.path == str(path)
    path.write_bytes(b"#" * ((1 << 20) + 1))
    assert port.engine.run_source("etl", "now").text is None


def test_xcoms_in_the_order_of_tasks_and_keys(port: Port) -> None:
    for task_id in ("extract", "load"):
        attempted(port, task_id)
    put_xcom(port, "load", "return_value", [1, 2])
    put_xcom(port, "extract", "b", {"n": 1})
    put_xcom(port, "extract", "a", "text")
    rows = port.engine.xcoms("etl", "now")
    assert [(row.task_id, row.key, row.value) for row in rows] == [
        ("extract", "a", "text"),
        ("extract", "b", {"n": 1}),
        ("load", "return_value", [1, 2]),
    ]
    assert rows[1].bytes == len('{"n": 1}')
    assert [row.key for row in port.engine.xcoms("etl", "now", "load")] == ["return_value"]
    assert port.engine.xcoms("etl", "now", "load", 3) == []


def test_xcoms_called_like_a_secret_are_covered_and_broken_ones_are_shown_as_they_are(port: Port) -> None:
    attempted(port, "extract")
    put_xcom(port, "extract", "api_key", "hunter2-hunter2")
    put_xcom(port, "extract", "login", {"user": "ann", "password": "swordfish", "tokens": 3})
    put_xcom(port, "extract", "odd", None, text="{not json")
    found = {row.key: row.value for row in port.engine.xcoms("etl", "now", "extract")}
    assert found == {
        "api_key": "***",
        "login": {"user": "ann", "password": "***", "tokens": 3},
        "odd": "{not json",
    }


def test_xcoms_too_large_for_the_database_come_from_the_attempt(port: Port) -> None:
    attempted(port, "extract")
    leave(
        port,
        files.XCOM,
        {
            "values": {"return_value": "x" * 70_000, "secret_of_it": "plain"},
            "covered": {"return_value": "***"},
        },
    )
    found = {row.key: row.value for row in port.engine.xcoms("etl", "now", "extract")}
    assert found == {"return_value": "***", "secret_of_it": "***"}


def test_xcoms_too_large_to_answer_say_where_they_are(port: Port) -> None:
    attempted(port, "extract")
    leave(port, files.XCOM, {"values": {"return_value": "x" * (1 << 20)}})
    [row] = port.engine.xcoms("etl", "now", "extract")
    assert (row.key, row.value, row.left_out) == ("", None, True)
    assert row.path is not None
    assert row.path.endswith(f"{ATTEMPT}/xcom")
    assert row.bytes is not None
    assert row.bytes > 1 << 20


def test_many_xcoms_are_left_out_of_the_answer_for_all_and_not_of_that_for_one(port: Port) -> None:
    attempted(port, "extract")
    for number in range(70):
        put_xcom(port, "extract", f"k{number:02}", "x" * 64_000)
    rows = port.engine.xcoms("etl", "now")
    assert [row.left_out for row in rows] == [False] * 65 + [True] * 5
    assert not any(row.left_out for row in port.engine.xcoms("etl", "now", "extract"))


def test_history_is_newest_first_with_what_is_usual(port: Port) -> None:
    history(port, "extract", [float(second) for second in range(1, 21)])
    found = port.engine.history("etl", "extract", limit=100, before=BEFORE - timedelta(days=30))
    assert [row.run_id for row in found.runs[:2]] == ["h019", "h018"]
    assert [row.seconds for row in found.runs[:3]] == [20.0, 19.0, 18.0]
    assert (found.p50, found.p95) == (10.5, 19.0)
    assert [row.run_id for row in found.runs if row.slow] == ["h019"]


def test_history_of_failures_has_no_usual(port: Port) -> None:
    history(port, "load", [60.0], state="failed")
    found = port.engine.history("etl", "load", before=BEFORE - timedelta(days=30))
    assert (found.p50, found.p95, found.runs[0].state) == (None, None, TaskState.FAILED)


def test_a_task_with_few_successes_is_never_slow(port: Port) -> None:
    history(port, "extract", [*[1.0] * 9, 60.0])
    found = port.engine.history("etl", "extract", before=BEFORE - timedelta(days=30))
    assert not any(row.slow for row in found.runs)


def test_history_looks_at_as_many_runs_as_asked(port: Port) -> None:
    history(port, "extract", [1.0] * 30)
    assert len(port.engine.history("etl", "extract", limit=7).runs) == 7
    older = port.engine.history("etl", "extract", limit=5, before=NOON - timedelta(days=490))
    assert [row.run_id for row in older.runs] == ["h009", "h008", "h007", "h006", "h005"]


def test_history_takes_the_instances_of_a_mapped_task_together(port: Port) -> None:
    builders.add_run(
        port.database, ETL, 1, at=NOON - timedelta(hours=3), run_id="m", took=5.0, state="failed"
    )
    first = builders.task_key(port.database, "etl", "m", "extract")
    table = table_of(tables.TaskInstanceRow)
    with port.database.write() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.id == first)
            .values(map_index=0, state="success", peak_rss=100, cpu_seconds=1.0)
        )
        row = connection.execute(sa.select(table).where(table.c.id == first)).mappings()[0]
        row |= {"id": None, "map_index": 1, "state": "failed", "peak_rss": 300, "cpu_seconds": 2.0}
        row |= {"end_us": row["end_us"] + 4_000_000}
        connection.execute(sa.insert(table), [row])
    both = next(row for row in port.engine.history("etl", "extract").runs if row.run_id == "m")
    assert (both.state, both.instances, both.seconds) == (TaskState.FAILED, 2, 9.0)
    assert (both.peak_rss, both.cpu_seconds) == (300, 3.0)
    one = next(r for r in port.engine.history("etl", "extract", map_index=0).runs if r.run_id == "m")
    assert (one.state, one.instances, one.seconds) == (TaskState.SUCCESS, 1, 5.0)
    cells = port.engine.grid_cells("etl", ["m"], ["extract", "extract[1]", "extract[7]"])
    assert cells["extract"][0] is not None
    assert (cells["extract"][0].state, cells["extract"][0].count, cells["extract"][0].failed) == (
        TaskState.FAILED,
        2,
        1,
    )
    assert cells["extract[1]"][0] is not None
    assert cells["extract[1]"][0].count == 1
    assert cells["extract[7]"] == [None]


def test_history_of_a_task_that_never_was(port: Port) -> None:
    with pytest.raises(UnknownError):
        port.engine.history("etl", "nope")
    with pytest.raises(UnknownError):
        port.engine.history("nope", "extract")


def test_the_grid_has_runs_newest_first_and_goes_back_in_time(port: Port) -> None:
    found = port.engine.grid("etl", limit=2)
    assert [run.run_id for run in found.runs] == ["now", f"scheduled__{BEFORE.isoformat()}"]
    assert (found.more, found.runs[0].state, found.runs[0].counts) == (True, RunState.RUNNING, {})
    older = port.engine.grid("etl", limit=2, before=found.runs[-1].run_after)
    assert (len(older.runs), older.more) == (1, False)


def test_the_grid_names_tasks_that_the_dag_no_longer_has(port: Port) -> None:
    assert port.engine.grid("etl").gone == ()
    builders.add_dag(port.database, builders.dag("etl", builders.task("extract"), description="new"))
    assert [node.task_id for node in port.engine.grid("etl").gone] == ["load", "report"]


def test_cells_of_tasks_and_of_groups(port: Port) -> None:
    runs = ["now", f"scheduled__{BEFORE.isoformat()}", "nope"]
    cells = port.engine.grid_cells("etl", runs, ["extract", "g", "nope"])
    assert list(cells) == ["extract", "g", "nope"]
    now, before, unknown = cells["extract"]
    assert isinstance(now, GridCell)
    assert isinstance(before, GridCell)
    assert unknown is None
    assert (now.state, before.state, before.took(NOON)) == (TaskState.SUCCESS, TaskState.SUCCESS, 30.0)
    [scheduled, failed, _] = cells["g"]
    assert scheduled is not None
    assert failed is not None
    assert (scheduled.state, failed.state, failed.failed) == (TaskState.SCHEDULED, TaskState.FAILED, 1)
    assert cells["nope"] == [None, None, None]


def test_a_part_of_a_run(port: Port) -> None:
    part = port.engine.run_part("etl", "now", ["g", "extract[3]", "nope"])
    assert [task.task_id for task in part.tasks] == ["load"]
    assert part.tasks[0].held is not None
    assert (part.run.run_id, part.run.counts["success"]) == ("now", 1)
    assert [task.task_id for task in port.engine.run_part("etl", "now", ["report", "extract"]).tasks] == [
        "extract",
        "report",
    ]
    assert port.engine.run_part("etl", "now", []).tasks == ()


def test_attempts_of_several_tasks_oldest_first(port: Port) -> None:
    ended = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, duration=1.0)
    load = builders.task_key(port.database, "etl", "now", "load")
    builders.add_attempt(
        port.database, load, "0198c0ffee01-0000000a", at=NOON - timedelta(hours=1), outcome=ended
    )
    found = port.engine.run_attempts("etl", "now", ["load", "report"])
    assert [row.task_id for row in found] == ["load", "report"]
    assert [row.end is None for row in found] == [False, True]
    assert port.engine.run_attempts("etl", "now", []) == []


def test_events_of_one_task(port: Port) -> None:
    for task_id, index in (("load", -1), ("load", 2), ("extract", -1)):
        builders.insert(
            port.database,
            tables.EventRow,
            at_us=to_us(NOON),
            actor="engine",
            kind="fail",
            dag_id="etl",
            run_id="now",
            task_id=task_id,
            map_index=index,
        )
    ask = partial(port.engine.events, dag_id="etl", run_id="now")
    assert len(ask(task_id="load")) == 1
    assert len(ask(task_id="load", map_index=2)) == 1
    assert len(ask()) == 5
