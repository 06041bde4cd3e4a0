"""Text that is not UTF-8, in each column of each table: it hurts its own row and no list."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import AutoString, SQLModel

from data.builders import dag, task
from drive.loop import Bench
from drive.neighbours import assert_missed_nothing, fill, live_minutes
from penstock.errors import RefusedError
from penstock.model import acts
from penstock.model.assets import AssetCondition
from penstock.model.queries import RunQuery
from penstock.model.spec import ScheduleSpec
from penstock.store.sqlite.text import Cursor, Raw, as_it_is, shown

COLUMNS = [
    (table.name, column.name)
    for table in SQLModel.metadata.sorted_tables
    for column in table.c
    if isinstance(column.type, sa.String | AutoString)
]
_RUNS = "SELECT id FROM run WHERE dag_id = 'bad' AND state = 'running'"
_TASKS = f"SELECT id FROM task_instance WHERE run_pk IN ({_RUNS})"
WHICH = {
    "quarantine": "1",
    "asset_queue": "1",
    "ledger": "dag_id = 'bad'",
    "pool": "name = 'narrow'",
    "task_instance": f"run_pk IN ({_RUNS})",
    "attempt": f"ti_id IN ({_TASKS}) AND end_us IS NULL",
    "xcom": f"ti_id IN ({_TASKS})",
    "callback": "state IN ('waiting', 'running')",
    "run": "dag_id = 'bad' AND state = 'running'",
    "backfill": "1",
    "pause": "dag_id = 'other'",
    "backfill_slot": "backfill_id = 1",
}
"""Which row of a table is spoilt, where the neighbour has rows too."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Have a database with at least one row in each table, made once."""

    async def make() -> Bench:
        bench = await Bench(tmp_path_factory.mktemp("filled")).open()
        await fill_all(bench)
        bench.close()
        return bench

    return asyncio.run(make())


@pytest.fixture
async def bench(filled: Bench, tmp_path: Path) -> AsyncIterator[Bench]:
    shutil.copytree(filled.settings.home, tmp_path, dirs_exist_ok=True)
    made = Bench(tmp_path)
    made.clock.time, made.clock.seconds = filled.clock.time, filled.clock.seconds
    made.executor.seen = dict(filled.executor.seen)
    await made.open()
    yield made
    made.close()


async def fill_all(bench: Bench) -> None:
    """Have at least one row in each table."""
    fill(bench)
    condition = AssetCondition(kind="asset", name="x", uri="x")
    both = AssetCondition(kind="all", of=(condition, AssetCondition(kind="asset", name="y", uri="y")))
    bench.load(dag("waits", task("a"), schedule=ScheduleSpec(assets=both, text="x")))
    await live_minutes(bench, 1, restart_at=5)
    bench.act(acts.EmitAsset(name="x"))
    done = bench.engine.runs("bad", limit=50)[-1].run_id
    bench.act(acts.Clear(dag_id="bad", run_id=done))
    bench.act(acts.SetVariable(name="w", value="1"), act_id="01JV0000000000000000000000")
    bench.trigger("bad")
    bench.tick()
    with closing(sqlite3.connect(bench.settings.database)) as raw, raw:
        raw.execute("INSERT INTO import_error VALUES ('f.py', 'm', 1, NULL, 0)")
        raw.execute(
            "INSERT INTO quarantine (id, kind, reason, place, since_us) "
            "VALUES ('order:x', 'order', 'r', '', 0)"
        )
        raw.execute(
            f"INSERT INTO xcom SELECT id, 'return_value', '1', attempt_id FROM task_instance "
            f"WHERE run_pk IN ({_RUNS}) AND attempt_id IS NOT NULL"
        )
        raw.execute(
            "INSERT INTO failure (ti_id, attempt_id, try_number, at_us, fingerprint, line) "
            f"SELECT id, 'a', 1, 1, 'f', 'l' FROM task_instance WHERE run_pk IN ({_RUNS}) LIMIT 1"
        )
        raw.execute(
            "INSERT INTO failure_note (fingerprint, kind, by, at_us, why, upto) "
            "VALUES ('f', 'acknowledged', 'ada', 1, 'known', 1)"
        )
        raw.execute(
            'INSERT INTO question SELECT attempt_id, 1, \'{"subject": "s", "options": ["a"]}\', NULL '
            "FROM attempt WHERE end_us IS NULL"
        )
        raw.execute("INSERT INTO look VALUES ('ada', 'failures', 1, 1)")
        raw.execute(
            "INSERT INTO sample SELECT attempt_id, 0, 1.0, 1, 1, 1, 1 FROM attempt WHERE end_us IS NULL"
        )


def spoil(bench: Bench, table: str, column: str) -> None:
    """Write bytes that are not UTF-8 into a column of one row, as another program would."""
    names = {each.name for each in SQLModel.metadata.tables[table].c}
    where = WHICH.get(table, "dag_id = 'bad'" if "dag_id" in names else "1")
    with closing(sqlite3.connect(bench.settings.database)) as raw, raw:
        guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            raw.execute(f"DROP TRIGGER {name}")
        touched = raw.execute(
            f"UPDATE {table} SET {column} = CAST(x'7bff' AS TEXT) "
            f"WHERE rowid = (SELECT max(rowid) FROM {table} WHERE {where})"
        )
        assert touched.rowcount == 1, f"no row in {table}"
        for _, text in guards:
            raw.execute(text)


def read_all(bench: Bench) -> None:
    """Ask every question there is; no answer has bytes in it, so it is the same over the wire."""
    engine = bench.engine
    found: list[Any] = [engine.status(), engine.dags(), engine.events(limit=1000), engine.quarantine()]
    found += [engine.pools(), engine.assets(), engine.import_errors(), engine.backfills()]
    found += [engine.asset_events(), engine.variables(), engine.connections()]
    found += [engine.failures(everything=True, person="ada"), engine.find_runs(RunQuery()), engine.live()]
    for row in engine.dags():
        if "\\" in row.dag_id:  # a name that nobody can ask for
            continue
        found += [engine.dag(row.dag_id), engine.ledger(row.dag_id), engine.callbacks(row.dag_id)]
        found += [engine.events(dag_id=row.dag_id), engine.why(row.dag_id), engine.backfills(row.dag_id)]
        day = bench.clock.time.date()
        found += [engine.days(row.dag_id, first=day, last=day)]
        for run in engine.runs(row.dag_id):
            if "\\" in run.run_id:
                continue
            detail = engine.run(row.dag_id, run.run_id)
            found += [run, detail]
            with contextlib.suppress(RefusedError):  # one that ended before anybody read the row
                found.append(engine.why(row.dag_id, run.run_id))
            for one in detail.tasks[:1]:
                found.append(engine.attempts(row.dag_id, run.run_id, one.task_id, one.map_index))
    found += [engine.backfill(row.backfill_id) for row in engine.backfills()]
    for each in found:
        for one in each if isinstance(each, list) else [each]:
            assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


def _of_the_suite() -> Iterator[Any]:
    """Yield all columns; those after the first two of a table take minutes together."""
    seen: Counter[str] = Counter()
    for table, column in COLUMNS:
        seen[table] += 1
        marks = [pytest.mark.slow] if seen[table] > 2 else []
        yield pytest.param(table, column, id=f"{table}.{column}", marks=marks)


@pytest.mark.parametrize(("table", "column"), list(_of_the_suite()))
async def test_text_that_is_not_utf8_hurts_its_own_row_alone(bench: Bench, table: str, column: str) -> None:
    spoil(bench, table, column)
    read_all(bench)
    await live_minutes(bench, 1, restart_at=0)
    assert_missed_nothing(bench, 2)
    read_all(bench)
    for row in bench.engine.quarantine():
        if row.id in bench.loop.world.quarantine:
            bench.act(acts.QuarantineDrop(subject=row.id))
    read_all(bench)
    assert bench.engine.quarantine() == []


NAMED = {
    "run.conf": ("run", "bad/"),
    "run.reason": ("run", "bad/"),
    "dag_version.spec": ("dag", "bad"),
    "dag.file": ("dag", "bad"),
    "task_instance.reason": ("run", "bad/"),
    "task_instance.outcome": ("run", "bad/"),
    "pause.why": ("row", "pause:schedule/other"),
    "backfill.conf": ("row", "backfill:1"),
    "pool.description": ("row", "pool:narrow"),
    "callback.facts": ("row", "callback:"),
    "stored_value.entry": ("row", "stored_value:variable/"),
}
"""What goes into quarantine, by the column: its kind, and how its id begins."""


@pytest.mark.parametrize("place", NAMED)
async def test_the_quarantine_names_the_column(bench: Bench, place: str) -> None:
    kind, subject = NAMED[place]
    table, column = place.split(".")
    spoil(bench, table, column)
    await bench.restart()
    row = next(row for row in bench.engine.quarantine() if row.kind == kind and row.id.startswith(subject))
    assert place + r" is not UTF-8: {\xff" in row.reason


async def test_an_event_that_is_not_utf8_is_shown_all_the_same(bench: Bench) -> None:
    before = len(bench.engine.events(limit=1000))
    spoil(bench, "event", "reason")
    events = bench.engine.events(limit=1000)
    assert len(events) == before
    assert [event.reason for event in events if event.reason and "\\" in event.reason] == [r"{\xff"]


async def test_a_backfill_that_cannot_be_read_is_listed_with_the_reason(bench: Bench) -> None:
    spoil(bench, "backfill", "state")
    (row,) = bench.engine.backfills()
    assert row.quarantined is not None
    assert "backfill.state" in row.quarantined
    await bench.restart()
    (row,) = bench.engine.backfills()
    assert row.quarantined is not None
    assert row.quarantined == bench.engine.backfill(1).quarantined
    assert "backfill.state is not UTF-8" in row.quarantined


def test_stored_bytes_are_shown_as_text() -> None:
    assert shown(b"a\xff") == r"a\xff"
    assert shown("a") == "a"
    assert shown(None) == "None"


BAD = (
    "SELECT value FROM (SELECT 1 AS n, 'one' AS value UNION ALL SELECT 2, CAST(x'ff41' AS TEXT)"
    " UNION ALL SELECT 3, 'two')"
)


@pytest.mark.parametrize(
    "read",
    [
        lambda cursor: cursor.fetchall(),
        lambda cursor: [cursor.fetchone(), *cursor.fetchall()],
        lambda cursor: [cursor.fetchone(), cursor.fetchone(), *cursor.fetchall()],
        lambda cursor: [cursor.fetchone(), cursor.fetchone(), cursor.fetchone()],
        lambda cursor: [cursor.fetchone(), *cursor.fetchmany(9)],
        lambda cursor: [*cursor.fetchmany(2), *cursor.fetchmany(2)],
        lambda cursor: [*cursor.fetchmany(), *cursor.fetchmany(), *cursor.fetchmany(None)],
        list,
        lambda cursor: [next(cursor), *cursor],
    ],
)
@pytest.mark.parametrize(("otherwise", "bad"), [(as_it_is, b"\xffA"), (shown, "\\xffA")])
def test_a_result_with_bad_text_reads_the_same_however_it_is_fetched(
    read: Callable[[Cursor], list[Any]], otherwise: Callable[[bytes], str | bytes], bad: object
) -> None:
    with contextlib.closing(sqlite3.connect(":memory:", factory=Raw)) as raw:
        raw.otherwise = otherwise
        cursor = raw.cursor()
        assert read(cursor.execute(BAD)) == [("one",), (bad,), ("two",)]
        assert cursor.fetchone() is None
        assert cursor.fetchall() == cursor.fetchmany(3) == list(cursor) == []
        assert read(cursor.execute(BAD)) == [("one",), (bad,), ("two",)], "a cursor is used again"
        assert raw.text_factory is str
        assert list(cursor.execute("SELECT ?", ("plain",))) == [("plain",)]


def test_other_errors_of_a_result_are_raised() -> None:
    with contextlib.closing(sqlite3.connect(":memory:", factory=Raw)) as raw:
        cursor = raw.cursor()
        rows = "(SELECT 1 AS n UNION ALL SELECT 2)"
        late = f"SELECT CASE n WHEN 2 THEN abs(-9223372036854775807 - 1) ELSE n END FROM {rows}"
        with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
            list(cursor.execute(late))
        with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
            cursor.execute(late).fetchall()
        raw.execute("CREATE TABLE t (a TEXT)")
        write = "INSERT INTO t VALUES (CAST(x'ff' AS TEXT)) RETURNING a"
        with pytest.raises(sqlite3.OperationalError, match="decode to UTF-8"):
            cursor.execute(write).fetchall()
        assert raw.execute("SELECT count(*) FROM t").fetchone() == (1,), "what writes is not done again"


@pytest.mark.parametrize("bad", [0, 1, 199, 200, 201, 399, 450])
def test_rows_that_are_fetched_some_at_a_time_come_once_and_in_order(bad: int) -> None:
    with contextlib.closing(sqlite3.connect(":memory:", factory=Raw)) as raw:
        raw.execute("CREATE TABLE t (id INTEGER, name TEXT)")
        raw.executemany("INSERT INTO t VALUES (?, ?)", [(place, f"n{place}") for place in range(451)])
        raw.execute("UPDATE t SET name = CAST(x'ff' AS TEXT) WHERE id = ?", (bad,))
        cursor = raw.cursor().execute("SELECT id, name FROM t ORDER BY id")
        found = []
        while some := cursor.fetchmany(200):
            found += some
        assert found == [(place, b"\xff" if place == bad else f"n{place}") for place in range(451)]
