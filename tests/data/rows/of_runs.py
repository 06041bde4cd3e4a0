"""Questions about DAGs and their runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from data.rows.shown import asked, lines, word
from data.rows.store import DAGS, FAN, HOURLY, SCHEDULED, TODAY, Store
from data.rows.when import NOW, at
from penstock.model.queries import RunQuery, RunTerms, Term


def dags(store: Store) -> Iterator[list[str]]:
    reads, search = store.reads, store.search
    for strip in (24, 0, 2):
        yield asked("dags", reads.dags, strip)
    for dag_id in DAGS:
        yield asked("dag", reads.dag, dag_id)
        yield asked("next_points", reads.next_points, dag_id, 3)
        yield asked("spec", search.spec, dag_id)
        yield asked("versions", search.versions, dag_id)
        for number in (None, 1, 2, 3, 4):
            yield asked("version", search.version, dag_id, number)
    yield asked("next_points", reads.next_points, "etl", -1)
    yield asked("facts of DAGs", search.dags)
    for _ in range(2):  # the second time from memory
        yield asked("coming", search.coming, ("etl", "hourly", "gone", "idle", "buyer"))


def runs(store: Store) -> Iterator[list[str]]:
    reads = store.reads
    for dag_id in DAGS:
        yield asked("runs", reads.runs, dag_id)
    yield asked("runs", reads.runs, "etl", -1)
    yield asked("runs", reads.runs, "etl", 3, at("03-01 12:00"))
    yield asked("runs", reads.runs, "etl", 3, NOW.replace(tzinfo=None))
    for dag_id, run_id in (
        ("etl", TODAY), ("etl", "by hand"), ("etl", "again"), ("etl", "ahead"), ("etl", "refill"),
        ("etl", SCHEDULED.format("02-28T12")), ("etl", SCHEDULED.format("02-19T12")), ("fan", FAN),
        ("hourly", HOURLY), ("hourly", "back 10"), ("broken", "stuck"), ("etl", "nope"), ("nope", "nope"),
        ("dropped", SCHEDULED.format("02-09T12")), ("dropped", "nope"),
    ):  # fmt: skip
        yield asked("run", reads.run, dag_id, run_id)
    for wanted in (None, at("03-01 12:00"), at("02-28 12:00"), at("02-28 13:00"), "by hand", "nope"):
        for names in (None, (), ("extract", "load", "nope")):
            yield asked("run_states", reads.run_states, "etl", wanted, names)
    yield asked("run_states", reads.run_states, "fan", FAN, ("part", "inner", "start"))
    groups: tuple[tuple[tuple[str, ...] | None, str | None], ...] = (
        (("load",), None),
        (("nope",), None),
        (None, None),
        (None, "g"),
        (None, "nope"),
        ((), "g.in"),
    )
    for tasks, group in groups:
        yield asked("run_states", reads.run_states, "etl", TODAY, tasks, group, must_exist=True)
        yield asked("run_states", reads.run_states, "etl", TODAY, tasks, group)
    for dag_id in ("etl", "buyer", "nope"):
        for of_run in (None, "by hand", "again", "nope"):
            yield asked("callbacks", reads.callbacks, dag_id, of_run)
    yield asked("callbacks", reads.callbacks, "etl", None, 1)
    for peaks in ({}, {store.names("SELECT attempt_id FROM attempt WHERE end_us IS NULL")[0]: 123_456}):
        yield lines("live", reads.live(peaks))


def run_pages(store: Store) -> Iterator[list[str]]:
    def shown(query: RunQuery) -> list[str]:
        try:
            page = store.reads.find_runs(query)
        except Exception as error:
            return lines(f"find {query}", error)
        found = [f"{run.dag_id}/{run.run_id}" for run in page.runs]
        return lines(f"find {word(query)}", {"runs": found, "total": page.total, "offset": page.offset})

    yield asked("find_runs", store.reads.find_runs, RunQuery())
    yield asked("find_runs again", store.reads.find_runs, RunQuery(limit=3))
    for sort, reverse in product(("date", "state", "started", "took", "type", "dag"), (False, True)):
        yield shown(RunQuery(sort=sort, reverse=reverse))  # type: ignore[arg-type]
    for limit, offset in ((-1, 0), (2, -5), (2, 3), (0, 0), (5, 100)):
        yield shown(RunQuery(limit=limit, offset=offset))
    terms: dict[Any, tuple[tuple[str, ...], ...]] = {
        "dag": (("e",), ("ETL",), ("etl", "fan"), ("_",), ()),
        "state": (
            ("f",),
            ("running", "queued"),
            ("he",),
            ("break",),
            ("quar",),
            ("held", "quarantined"),
            ("success",),
        ),
        "type": (("back",), ("manual", "asset"), ("asset_triggered",)),
        "owner": (("ops",), ("Ops",), ("fanny", "zoe"), ("",)),
        "tag": (("core",), ("Core",), ("night", "wide")),
        "text": (("LOAD",), ("by",), ("gone",), ("%",), ("hourly", "again")),
    }
    for field, values in terms.items():
        for each, inverted, exact in product(values, (False, True), (False, True)):
            yield shown(RunQuery(terms=(Term(field=field, values=each, inverted=inverted, exact=exact),)))
    late = RunTerms(terms=(Term(field="dag", values=("fan",)),), since=at("03-01 00:00"))
    for since, until in (
        (at("03-01 12:00"), None), (None, at("02-13 12:00")), (at("02-28 06:00"), at("02-28 12:00")),
        (NOW.replace(tzinfo=None), None), (None, NOW.replace(tzinfo=None)),
    ):  # fmt: skip
        yield shown(RunQuery(since=since, until=until))
        yield shown(RunQuery(since=since, until=until, others=(late, RunTerms(until=at("02-08 12:00")))))
    yield shown(RunQuery(terms=(Term(field="dag", values=("etl",)), Term(field="state", values=("failed",)))))
    yield shown(RunQuery(others=(RunTerms(),)))
