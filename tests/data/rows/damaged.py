"""A store with a damaged row of every kind: each is shown as far as it can be read, and hurts only itself."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from data.rows.of_engine import stored
from data.rows.of_instance import status
from data.rows.shown import asked
from data.rows.store import FAN, HOURLY, TODAY, Store
from data.rows.when import NOW, at
from penstock.model.queries import RunQuery
from penstock.model.search import EventSearch, RunSearch, TaskSearch, XComSearch
from penstock.store.engine.working_set import WorkingSet

_TASK = (
    "UPDATE task_instance SET {} WHERE id = (SELECT t.id FROM task_instance t JOIN run r ON r.id = t.run_pk"
)
_ONE = " WHERE r.run_id = '{}' AND t.task_id = '{}')"
_EVENTS = "INSERT INTO asset_event (at_us, name, uri, extra, aliases, source, by) VALUES "
DAMAGE = (
    "UPDATE run SET conf = '[1]' WHERE run_id = 'again'",
    "UPDATE run SET run_type = 'odd' WHERE run_id = 'asset one'",
    "UPDATE run SET state = 'odd' WHERE run_id = 'refill'",
    "UPDATE run SET version_id = 'x' WHERE run_id = 'back 10'",
    "UPDATE run SET run_after_us = 1e300 WHERE run_id = 'bought'",
    "UPDATE run SET start_us = 'noon' WHERE run_id = 'back 11'",
    _TASK.format("try_number = 'x'") + _ONE.format("by hand", "check"),
    _TASK.format("state = 'odd'") + _ONE.format("by hand", "report"),
    _TASK.format("outcome = 'exit 1'") + _ONE.format("by hand", "extract"),
    _TASK.format("map_index = 'x', rush = 'soon'") + _ONE.format(FAN, "start"),
    _TASK.format("end_us = 'x'") + _ONE.format(TODAY, "extract"),
    _TASK.format("peak_rss = 'x'") + _ONE.format("refill", "load"),
    _TASK.format("start_us = 'x'") + _ONE.format(HOURLY, "tick"),
    "UPDATE run SET end_us = 'x' WHERE run_id = 'scheduled__2026-03-01T10:00:00+00:00'",
    "UPDATE attempt SET try_number = 'x' WHERE pid = 40060",
    "UPDATE attempt SET queued_us = 'x', pid = 'y' WHERE pid = 40061",
    "UPDATE attempt SET outcome = '{' WHERE pid = 40062",
    "UPDATE sample SET rss = 'x' WHERE processes = 2",
    "UPDATE sample SET cpu_percent = 'x' WHERE processes = 3",
    "UPDATE event SET map_index = 'x' WHERE seq = 20",
    "UPDATE event SET at_us = 'x' WHERE seq = 29",
    "UPDATE pause SET since_us = 'x' WHERE kind = 'freeze'",
    "UPDATE pause SET reached_us = 'x' WHERE task_id = 'tick'",
    "UPDATE pause SET until_us = 'x' WHERE kind = 'run'",
    "UPDATE pool SET slots = 'x' WHERE name = 'parts'",
    "UPDATE import_error SET since_us = 'x' WHERE file = 'a.py'",
    "UPDATE ledger SET status = 'odd' WHERE id = 20",
    "UPDATE ledger SET first_us = 'x' WHERE id = 21",
    "UPDATE backfill SET reprocess = 'odd' WHERE id = 1",
    "UPDATE backfill SET from_us = 'x', max_active_runs = 'y', state = 'odd' WHERE id = 2",
    "UPDATE backfill SET conf = '[]', created_us = 1e300, state = 'odd' WHERE id = 4",
    "UPDATE backfill_slot SET logical_us = 'x' WHERE backfill_id = 3",
    "UPDATE callback SET state = 'odd' WHERE id = 3",
    "UPDATE asset_event SET aliases = '[1]' WHERE id = 6",
    "UPDATE asset_event SET aliases = '{' WHERE id = 5",
    "UPDATE asset_event SET extra = '[]' WHERE id = 4",
    "UPDATE asset_event SET source = '1' WHERE id = 2",
    _EVENTS
    + "(9, x'ff41', 's3://odd', '{}', '[]', '{}', 'ann'), (9, 'odd', x'ff42', '{}', '[]', '{}', 'ann')",
    "UPDATE stored_value SET entry = '5' WHERE name = 'b'",
    "UPDATE stored_value SET entry = '{' WHERE name = 'db'",
    "UPDATE dag SET first_seen_us = 'x' WHERE dag_id = 'idle'",
    "UPDATE dag SET file = x'ff41' WHERE dag_id = 'gone'",
    "UPDATE quarantine SET kind = 'odd' WHERE id = 'broken'",
    "UPDATE failure_note SET until_us = 'x' WHERE fingerprint = 'run1'",
    "UPDATE meta SET value = '{\"took\": \"x\"}' WHERE key = 'retention'",
    "UPDATE dag_version SET created_us = 'x' WHERE dag_id = 'buyer'",
)


def damaged(store: Store) -> Iterator[list[str]]:
    """Ask of a copy that is damaged."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / store.database.path.name
        with contextlib.closing(sqlite3.connect(store.database.path)) as connection:
            connection.execute("VACUUM INTO ?", (str(place),))
        with contextlib.closing(sqlite3.connect(place)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in DAMAGE:
                assert connection.execute(statement).rowcount > 0, statement
            connection.commit()
        opened = Store(Path(folder))
        try:
            yield from _ask(opened)
        finally:
            opened.database.close()


def _ask(store: Store) -> Iterator[list[str]]:
    reads, search, tasks = store.reads, store.search, store.reads.of_tasks
    yield asked("dags", reads.dags)
    for dag_id in ("etl", "hourly", "buyer", "idle", "gone"):
        yield asked("dag", reads.dag, dag_id)
        yield asked("runs", reads.runs, dag_id, 12)
        yield asked("ledger", reads.ledger, dag_id, 5)
        yield asked("backfills", reads.backfills, dag_id)
        yield asked("callbacks", reads.callbacks, dag_id)
    yield asked("find_runs", reads.find_runs, RunQuery(limit=12))
    for dag_id, run_id in (
        ("etl", "by hand"),
        ("etl", "again"),
        ("fan", FAN),
        ("hourly", HOURLY),
        ("etl", "refill"),
    ):
        yield asked("run", reads.run, dag_id, run_id)
        yield asked("printed", tasks.printed, dag_id, run_id, 0)
        yield asked("run_attempts", tasks.run_attempts, dag_id, run_id, ("check", "report", "load", "part"))
    for task in ("extract", "load", "check", "report"):
        yield asked("history", tasks.history, "etl", task, None, 6, None)
    yield asked("grid", tasks.grid, "etl", 5, None)
    yield asked(
        "grid_cells",
        tasks.grid_cells,
        "etl",
        ("by hand", TODAY, "refill"),
        ("extract", "check", "report", "g"),
    )
    for name in store.names("SELECT DISTINCT attempt_id FROM sample ORDER BY 1"):
        yield asked("samples", reads.samples, name)
    for backfill in (1, 2, 3, 4):
        yield asked("backfill", reads.backfill, backfill)
    yield asked("points", reads.points, "hourly", at("03-01 10:00"), at("03-01 14:00"), 20)
    yield asked("days", reads.days, "hourly", at("03-01 00:00").date(), NOW.date())
    for ask in (
        reads.pools, reads.quarantine, reads.import_errors, reads.events, reads.assets, search.dags,
        search.figures,
        search.pool_counts,
    ):  # fmt: skip
        yield asked(ask.__name__, ask)
    yield asked("live", reads.live, {})
    yield asked("asset_events", reads.asset_events, None, None, None, 10)
    yield asked("breakpoints", reads.breakpoints, None, None)
    yield asked("digest", reads.digest, "bob", None, 20, 2)
    yield asked("search runs", search.runs, RunSearch(limit=60))
    yield asked("search tasks", search.tasks, TaskSearch(run_ids=("by hand", "again", FAN)))
    yield asked("search events", search.events, EventSearch(order=("-id",), limit=12))
    yield asked("search xcoms", search.xcoms, XComSearch(dag_id="etl"))
    for kind in ("variable", "connection"):
        yield asked("values", reads.values, kind)
    yield asked("versions", search.versions, "buyer")
    yield asked("retention", lambda: reads.of_system.system().retention)
    yield status(store)
    yield from stored(WorkingSet(store.database))
