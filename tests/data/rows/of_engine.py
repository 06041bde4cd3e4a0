"""What the engine reads: its working set, and single facts about the past."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import get_args

from data.rows.of_tasks import live_attempts
from data.rows.shown import asked, lines
from data.rows.store import DAGS, Store
from data.rows.when import us
from penstock.store.engine.assets import events_by_id, newest_events, runs_made_by
from penstock.store.engine.stored import read_stored
from penstock.store.engine.working_set import Counted, WorkingSet

DAY = 24 * 3_600_000_000


def engine(store: Store) -> Iterator[list[str]]:
    """Everything that is read at the start of an engine, then each question of its own."""
    reads = WorkingSet(store.database)
    yield from stored(reads)
    yield from _past(reads)
    yield from _single(store, reads)


def stored(reads: WorkingSet) -> Iterator[list[str]]:
    """Return what an engine begins with: what can be read, and what is left out."""
    for without in ((), ("etl/again", "hourly")):
        found = read_stored(reads, without)
        for field in dataclasses.fields(found):
            if field.name != "sieve":
                yield lines(f"stored {field.name} without {without}", getattr(found, field.name))
        sieve = found.sieve
        yield lines("left out", sorted(sieve.out))
        yield lines("faults", [f"{subject.id}: {error}" for subject, error in sieve.faults])
        yield lines("apart", [sorted(sieve.apart), sorted(sieve.bad_dags)])


def _past(reads: WorkingSet) -> Iterator[list[str]]:
    noon = us("02-20 12:00")
    for dag_id in DAGS:
        for before, after in ((None, None), (noon, None), (None, noon), (noon + DAY, noon - 2 * DAY)):
            yield asked("run_ids", reads.run_ids, dag_id, before=before, after=after)
        for moments in (
            (),
            (noon, us("03-01 12:00"), 5),
            range(600),
            [*range(499), noon, us("03-01 00:00")],
        ):
            yield lines(f"run_ids_at {dag_id} {len(moments)}", reads.run_ids_at(dag_id, moments))
        for logical, start in (
            (noon, 0),
            (noon + 1, 0),
            (noon, noon - DAY),
            (noon, noon - DAY - 1),
            (us("03-01 07:00"), 0),
        ):
            yield asked("previous_states", reads.previous_states, dag_id, logical, after=start)
            yield asked("previous_success", reads.previous_success, dag_id, logical, without=())
            yield asked("previous_success", reads.previous_success, dag_id, logical, without=(7, 8))
            yield asked("ledger_before", reads.ledger_before, dag_id, logical)
            yield asked("ledger_before", reads.ledger_before, dag_id, logical, without=(1, 2, 24))
            yield asked("ledger_between", reads.ledger_between, dag_id, logical, logical + 3 * DAY)
            yield asked("ledger_between", reads.ledger_between, dag_id, logical, logical)
        for limit in (0, 1, 100):
            yield asked("last_ends", reads.last_ends, dag_id, limit)
        for run_id in ("by hand", "nope"):
            yield asked("has_run", reads.has_run, dag_id, run_id)
            yield asked("xcoms", reads.xcoms, dag_id, run_id)


def _single(store: Store, reads: WorkingSet) -> Iterator[list[str]]:
    for version in (1, 4, 10, 99):
        yield asked("version", lambda key: (reads.version(key).id, reads.version(key).spec.file), version)
        yield asked("version_hashes", reads.version_hashes, version)
        hashes = (reads.version_hashes(version) or "x-y").split("-")
        for dag_id in ("etl", "broken"):
            yield asked("version_id", reads.version_id, dag_id, *hashes)
            yield asked("version_id", reads.version_id, dag_id, hashes[0], "no")
    for prefix in ("abc1", "abc", "eee%", "eee_", "run", "", "x", "e"):
        yield asked("failures", reads.failures, prefix)
    yield lines("snoozes", reads.snoozes())
    yield lines("newest", [*reads.newest()])
    for person in ("ann", "bob", "zoe"):
        yield asked("looks", reads.looks, person)
    yield lines("peaks", reads.peaks(live_attempts(store)))
    for run_pk in (20, 43, 1):
        yield asked("assets_of_run", reads.assets_of_run, run_pk)
    runs = store.names("SELECT run_pk FROM run_asset_event ORDER BY run_pk")
    for run in runs:
        yield asked("assets_of_run", reads.assets_of_run, run)
    for kind in get_args(Counted):
        yield asked("next_key", reads.next_key, kind)
    for act in ("one", "two"):
        yield asked("answer", reads.answer, act)
    for fact in ("retention", "nope"):
        yield asked("fact", reads.fact, fact)
    yield lines("undos", reads.undos())
    yield lines("missed_deadlines", sorted(reads.missed_deadlines()))
    yield lines("last_written_us", reads.last_written_us())
    with store.database.read() as connection:
        for ids in ([], [1, 4], [*range(-498, 2), 4], [*range(-499, 1), 1, 4]):
            yield lines(f"events_by_id {len(ids)}", events_by_id(connection, ids))
            yield lines(f"runs_made_by {len(ids)}", dict(runs_made_by(connection, ids)))
        yield lines("newest_events", newest_events(connection, "orders", "s3://orders", None, 1))
