"""Questions about the instance as a whole: what happened, what was missed, what is set."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec

from data.rows.shown import asked, lines
from data.rows.store import FAN, Store
from data.rows.when import NOW, at
from penstock.model.views.system import DiskFacts
from penstock.store.views import system


def digests(store: Store) -> Iterator[list[str]]:
    reads = store.reads
    for person, since in product(
        ("ann", "ann@host", "bob", "zoe"), (None, at("02-27 18:00"), at("03-01 07:00"))
    ):
        yield asked("digest", reads.digest, person, since, 100, 5)
    yield asked("digest", reads.digest, "ann", None, 1, 0)
    yield asked("digest", reads.digest, "ann", NOW, -1, -1)
    yield asked("digest", reads.digest, "ann", NOW.replace(tzinfo=None), 1, 1)
    for everything, since, cause, seen in product(
        (False, True), (None, at("02-28 00:00")), (None, "abc", "eee%", "run1"), (None, 9)
    ):
        yield asked(
            "failures", reads.failures, since=since, everything=everything, fingerprint=cause, person="ann",
            limit=50, tasks=2, seen=seen,
        )  # fmt: skip
    for limit, tasks in ((1, 0), (-1, 1), (2, 20)):
        yield asked(
            "failures", reads.failures, since=None, everything=True, fingerprint=None, person="zoe",
            limit=limit, tasks=tasks,
        )  # fmt: skip
    yield asked("newest_news", reads.newest_news)


def points(store: Store) -> Iterator[list[str]]:
    reads = store.reads
    for dag_id in ("hourly", "etl", "idle", "gone", "nope"):
        for limit in (100, 2, -1):
            yield asked("ledger", reads.ledger, dag_id, limit)
        for first, last, limit in (
            ("02-20 00:00", "02-21 03:00", 50), ("02-22 00:00", "02-26 12:00", 50),
            ("03-01 00:00", "03-02 04:00", 60),
            ("02-20 10:00", "02-20 12:00", 2), ("03-01 13:00", "03-01 13:00", 5),
            ("03-01 13:00", "03-01 12:00", 5),
            ("03-01 00:00", "03-02 00:00", -1),
        ):  # fmt: skip
            yield asked("points", reads.points, dag_id, at(first), at(last), limit)
        for first, last in (("02-19", "03-03"), ("03-01", "03-01"), ("03-02", "03-01"), ("03-28", "03-30")):
            days = at(f"{first} 00:00").date(), at(f"{last} 00:00").date()
            yield asked("days", reads.days, dag_id, *days)
    yield asked("points", reads.points, "etl", NOW.replace(tzinfo=None), NOW, 5)


def instance(store: Store) -> Iterator[list[str]]:
    reads = store.reads
    yield status(store)
    page = reads.of_system.system()
    parts = msgspec.structs.replace(
        page, disk=DiskFacts(), engine=msgspec.structs.replace(page.engine, version="")
    )
    yield lines("system", parts)
    now_us = int(NOW.timestamp() * 1e6)
    with store.database.read() as connection:
        for free, used, unused in ((10**9, 10**6, 10**5), (10, 10**5, 10**6)):
            facts = DiskFacts(database=used, wal=5, unused=unused, free=free, total=10**10, least=10**7)
            yield lines(f"disk {free} {used}", system.Writing().disk(connection, now_us, facts))
        yield lines("disk long ago", system.Writing().disk(connection, now_us + 10**13, facts))
        yield lines("disk at the start", system.Writing().disk(connection, 1, facts))
    yield asked("pools", reads.pools)
    yield asked("quarantine", reads.quarantine)
    yield asked("import_errors", reads.import_errors)
    yield asked("cursor", reads.cursor)
    for kind in ("variable", "connection"):
        yield asked("values", reads.values, kind)
    for dag_id in (None, "hourly", "etl", "fan", "nope"):
        yield asked("backfills", reads.backfills, dag_id)
    for backfill in range(1, 8):
        yield asked("backfill", reads.backfill, backfill)
    for dag_id, run_id in ((None, None), ("etl", None), ("etl", "again"), ("fan", FAN), ("nope", None)):
        yield asked("breakpoints", reads.breakpoints, dag_id, run_id)
    for values in (
        (None, None, 5), ("etl",), ("etl", "again"), (None, None, 100, 20), ("nope",), ("etl", "nope"),
        (None, None, -1),
        ("fan", FAN, 100, 0, ("part", 1)), ("fan", FAN, 100, 0, ("part", 2)),
        ("etl", "again", 100, 0, ("extract", -1)),
    ):  # fmt: skip
        yield asked("events", reads.events, *values)
    yield asked("assets", reads.assets)
    for name, uri, alias, limit in (
        (None, None, None, 100), ("orders", None, None, 100), (None, "s3://orders", None, 100),
        (None, None, "stream", 9),
        ("orders", "s3://other", None, 9), (None, None, 'st"r%', 9), (None, None, "str", 9),
        ("totals", None, None, 1),
    ):  # fmt: skip
        yield asked("asset_events", reads.asset_events, name, uri, alias, limit)
    yield asked("facts", lambda: _forecast(store))


def status(store: Store) -> list[str]:
    """Return the status without what differs from home to home."""
    found = msgspec.structs.replace(store.reads.status(), home="", database_bytes=0, version="")
    return lines("status", found)


def _forecast(store: Store) -> dict[str, Any]:
    facts = store.reads.facts()
    found: dict[str, Any] = {
        "now": facts.now, "parallelism": facts.parallelism, "per tick": facts.runs_per_tick,
        "pools": facts.pools
    }  # fmt: skip
    for dag in facts.dags:
        told = (
            dag.cursor, dag.first_seen, dag.missing, dag.barred, dag.paused, dag.frozen, dag.served,
            dag.history,
            {name: (usual.p50, len(usual.seconds)) for name, usual in dag.usual.items()}, dag.stops,
        )  # fmt: skip
        found[f"dag {dag.structure.spec.dag_id} of {dag.structure.id}"] = told
    for run in facts.runs:
        of_run = (
            run.structure.id, run.state, run.run_after_us, run.logical_us, run.backfill_id, run.held,
            run.tasks, run.stops,
        )  # fmt: skip
        found[f"run {run.dag_id}/{run.run_id}"] = of_run
    for backfill in facts.backfills:
        found[f"backfill {backfill.id}"] = backfill
    return found
