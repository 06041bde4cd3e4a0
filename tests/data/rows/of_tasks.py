"""Questions about single tasks and about the grid."""

from __future__ import annotations

from collections.abc import Iterator

from data.rows.rest import callback
from data.rows.shown import asked
from data.rows.store import DAGS, FAN, HOURLY, SCHEDULED, TODAY, Store
from data.rows.when import NOW, at
from penstock.store.views import xcoms


def tasks(store: Store) -> Iterator[list[str]]:
    reads, of_tasks = store.reads, store.reads.of_tasks
    for dag_id, run_id, task_id, index in (
        ("etl", TODAY, "load", -1), ("etl", TODAY, "extract", -1), ("etl", TODAY, "report", -1),
        ("etl", "by hand", "check", -1), ("etl", "by hand", "load", -1), ("etl", "again", "report", -1),
        ("etl", SCHEDULED.format("02-14T12"), "old", -1), ("etl", SCHEDULED.format("02-20T12"), "older", -1),
        ("fan", FAN, "part", 0), ("fan", FAN, "part", 1), ("fan", FAN, "part", 2), ("fan", FAN, "part", 9),
        ("fan", FAN, "part", -1), ("fan", FAN, "start", -1), ("fan", FAN, "inner", 1),
        ("etl", TODAY, "nope", -1),
        ("etl", "nope", "load", -1), ("broken", "stuck", "a", -1), ("hourly", HOURLY, "tick", -1),
    ):  # fmt: skip
        yield asked("task", of_tasks.task, dag_id, run_id, task_id, index)
        yield asked("attempts", reads.attempts, dag_id, run_id, task_id, index)
    for dag_id, task_id, at_index, limit, before in (
        ("etl", "load", None, 100, None), ("etl", "load", -1, 4, None),
        ("etl", "old", None, 9, at("02-20 12:00")),
        ("etl", "load", None, -1, None), ("etl", "extract", None, 2, at("03-01 12:00")),
        ("fan", "part", None, 5, None),
        ("fan", "part", 1, 5, None), ("fan", "part", 7, 5, None), ("fan", "inner", None, 5, None),
        ("etl", "nope", None, 5, None), ("nope", "load", None, 5, None), ("hourly", "tick", None, 100, None),
        ("etl", "old", None, 1, None), ("etl", "load", None, 5, NOW.replace(tzinfo=None)),
    ):  # fmt: skip
        yield asked("history", of_tasks.history, dag_id, task_id, at_index, limit, before)
    for dag_id, run_id, names in (
        ("etl", "by hand", ("extract", "load")), ("fan", FAN, ("part",)), ("etl", TODAY, ()),
        ("etl", "nope", ()),
    ):  # fmt: skip
        yield asked("run_attempts", of_tasks.run_attempts, dag_id, run_id, names)
    moment = int(at("03-01 09:00:06").timestamp() * 1e6)
    ends = store.names("SELECT end_us FROM attempt WHERE end_us IS NOT NULL ORDER BY end_us DESC")
    for dag_id, run_id in (("etl", "by hand"), ("etl", TODAY), ("fan", FAN), ("etl", "nope")):
        for since in (0, moment, int(ends[2])):
            yield asked("printed", of_tasks.printed, dag_id, run_id, since)
        for task, only in ((None, None), ("load", None), ("part", 1), ("part", None)):
            yield asked("pushers", of_tasks.pushers, dag_id, run_id, task, only)
        yield asked("version", lambda *names: of_tasks.version(*names).name, dag_id, run_id)
    [pusher] = of_tasks.pushers("etl", "by hand", "load", None)
    for key, text in pusher.values.items():
        yield asked("stored_row", lambda key, text: xcoms.stored_row(pusher, key, text), key, text)
    for attempt in live_attempts(store):
        yield asked("samples", reads.samples, attempt)
        yield asked("has_ended", reads.has_ended, attempt)
    last = store.names("SELECT attempt_id FROM attempt WHERE end_us IS NOT NULL ORDER BY 1 DESC")[0]
    for attempt in (last, callback(0), callback(3), callback(99), "../x"):
        yield asked("has_ended", reads.has_ended, attempt)
        yield asked("samples", reads.samples, attempt)
    for names, key, run, until in (
        (("tick",), "return_value", None, None), (("tick",), "return_value", None, at("03-01 01:00")),
        (("tick", "part"), "return_value", HOURLY, None), (("tick",), "nope", None, None), ((),
        "return_value", None, None),
    ):  # fmt: skip
        yield asked("xcom_sources", reads.xcom_sources, "hourly", names, key, run, until)
    yield asked("xcom_sources", reads.xcom_sources, "fan", ("part",), "return_value", None, None)
    yield asked("xcom_sources", reads.xcom_sources, "fan", ("part",), "nobody", None, None)


def grid(store: Store) -> Iterator[list[str]]:
    of_tasks = store.reads.of_tasks
    for dag_id in DAGS:
        yield asked("grid", of_tasks.grid, dag_id, 30, None)
    for limit, before in (
        (2, None),
        (-1, None),
        (5, at("02-20 12:00")),
        (3, NOW.replace(tzinfo=None)),
        (20, NOW),
    ):
        yield asked("grid", of_tasks.grid, "etl", limit, before)
    columns = [*reversed(store.names("SELECT run_id FROM run WHERE dag_id = 'etl' ORDER BY id")), "nope"]
    rows = ("extract", "load", "old", "older", "check", "report", "g", "g.in", "nope", "load[0]")
    yield asked("grid_cells", of_tasks.grid_cells, "etl", columns, rows)
    columns = store.names("SELECT run_id FROM run WHERE dag_id = 'fan' ORDER BY id")
    rows = (
        "start",
        "part",
        "part[0]",
        "part[1]",
        "part[2]",
        "part[3]",
        "part[4]",
        "inner",
        "inner[1]",
        "many",
    )
    yield asked("grid_cells", of_tasks.grid_cells, "fan", columns, rows)
    yield asked("grid_cells", of_tasks.grid_cells, "fan", columns, ("part[2]", "part[0]"))
    yield asked("grid_cells", of_tasks.grid_cells, "nope", columns, ("part",))
    for dag_id, run_id, these in (
        ("etl", TODAY, ("g", "extract")), ("etl", TODAY, ("g.in",)), ("fan", FAN, ("part[1]", "start")),
        ("fan", FAN, ("part", "inner[1]")), ("fan", FAN, ("many", "part[3]")), ("fan", FAN, ()),
        ("etl", SCHEDULED.format("02-19T12"), ("old", "g")), ("etl", "again", ("report",)),
        ("etl", "nope", ()),
        ("etl", SCHEDULED.format("02-27T12"), ("extract", "load")),
    ):  # fmt: skip
        yield asked("run_part", of_tasks.run_part, dag_id, run_id, these)


def live_attempts(store: Store) -> list[str]:
    """Return the ids of the live attempts, the oldest first."""
    return store.names("SELECT attempt_id FROM attempt WHERE end_us IS NULL ORDER BY 1")
