"""Small parts of the store: the file of values, what is kept in memory, checks of rows, bad files."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.builders import NOON, add_dag, add_run, dag, task
from data.rows.store import Store, fill
from penstock.errors import StoreError
from penstock.model.queries import RunQuery
from penstock.model.states import RunState
from penstock.store import network, tables
from penstock.store.checked import checked, json_object, known, not_text
from penstock.store.database import Database
from penstock.store.engine.pools import ensure_pools
from penstock.store.engine.records import ValueRecord
from penstock.store.engine.values_file import seed_values, write_values
from penstock.store.sql.columns import TABLES
from penstock.store.sqlite import log
from penstock.store.sqlite.connect import CHECKPOINT_PAGES
from penstock.store.sqlite.copies import read_through
from penstock.store.statement import table_of
from penstock.store.upkeep import backup
from penstock.store.upkeep.health import problems
from penstock.store.views import durations, run_pages, versions
from penstock.store.views.durations import Durations
from penstock.store.views.runs import task_counts

VALUES = (
    ValueRecord("variable", "day", '"mon"', "about", 7, "ann"),
    ValueRecord("variable", "sizes", "[1, 2]", None, 8, "bob"),
    ValueRecord("connection", "db", '{"host": "h"}', None, 9, "cat"),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "penstock.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    store = Store(folder)
    yield store
    store.database.close()


# -- the file of values ----------------------------------------------------------------------------


def test_values_are_written_for_this_user_alone_and_fill_another_store(
    tmp_path: Path, database: Database
) -> None:
    file = tmp_path / "values.json"
    write_values(file, VALUES)
    assert json.loads(file.read_text()) == {
        "v": 1,
        "variable": {"day": "mon", "sizes": [1, 2]},
        "connection": {"db": {"host": "h"}},
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("values*")] == ["values.json"]
    seed_values(database, file.read_bytes())
    seed_values(database, b"{}")
    with database.read() as connection:
        rows = connection.execute(sa.select(table_of(tables.StoredValueRow))).all()
    assert sorted(map(tuple, rows)) == [
        ("connection", "db", '{"host": "h"}', None, 0, ""),
        ("variable", "day", '"mon"', None, 0, ""),
        ("variable", "sizes", "[1, 2]", None, 0, ""),
    ]


def test_a_full_disk_keeps_the_old_values_and_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "values.json"
    write_values(file, VALUES[:1])
    before = file.read_bytes()

    def full(body: object, target: Any) -> None:
        target.write("{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        write_values(file, VALUES)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["values.json"]


def test_pools_of_the_settings_are_made_once_and_never_resized(database: Database) -> None:
    ensure_pools(database, {"narrow": 2, "default_pool": 5})
    ensure_pools(database, {"narrow": 9, "wide": 30})
    ensure_pools(database, {})
    with database.read() as connection:
        rows = connection.execute(sa.select(table_of(tables.PoolRow))).all()
    found = {row.name: (row.slots, row.description, row.include_deferred) for row in rows}
    assert found.pop("default_pool")[0] == 128
    assert found == {"narrow": (2, None, False), "wide": (30, None, False)}


# -- what is kept in memory ------------------------------------------------------------------------


def test_the_versions_used_longest_ago_are_forgotten(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_KEPT", 2)
    kept = versions.Versions()
    with filled.database.read() as connection:
        first = kept.one(connection, 1)
        kept.one(connection, 2)
        assert kept.one(connection, 1) is first
        kept.one(connection, 3)
        assert list(kept._kept) == [1, 3]
        assert kept.one(connection, 1) is first
        broken, unknown, odd = (kept.one(connection, key) for key in (10, 99, "x"))  # type: ignore[arg-type]
        assert list(kept._kept) == [3, 1]
        kept.load(connection, [1, 2, 3])
        kept.one(connection, 3)
        assert sorted(kept._kept) == [1, 2, 3], "a list of all is asked for again"
    assert [each.readable for each in (first, broken, unknown, odd)] == [True, False, False, False]
    assert unknown.spec.description == odd.spec.description == "this version cannot be read: it is not stored"
    assert (broken.spec.dag_id, broken.spec.file, broken.tasks) == ("broken", "broken.py", {})


def test_the_durations_of_dags_shown_longest_ago_are_forgotten(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, "_KEPT_DAGS", 2)
    kept = Durations()
    with filled.database.read() as connection:
        etl = kept.usuals(connection, "etl")
        kept.usuals(connection, "fan")
        assert kept.usuals(connection, "etl") is etl
        kept.usuals(connection, "hourly")
        assert list(kept._kept) == ["etl", "hourly"]


def test_history_is_read_in_parts_until_there_is_enough(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = dag("d", task("a"))
    version = add_dag(database, spec)
    for number in range(110):
        state = {108: "cancelled", 107: "failed"}.get(number, "success")
        add_run(
            database, spec, version, at=NOON + timedelta(hours=number), state=state,
            tasks={"a": "success" if state == "success" else "failed"}, took=float(number),
        )  # fmt: skip
    with database.read() as connection:

        def seconds() -> list[float]:
            return list(Durations().usuals(connection, "d").by_task["a"].seconds)

        everything = [float(number) for number in range(9, 110) if number not in {107, 108}]
        assert seconds() == everything
        assert len(Durations().usuals(connection, "d").runs) == 100
        for enough, read in ((1, 20), (19, 20), (20, 40), (39, 40), (40, 60), (98, 100), (10_000, 100)):
            monkeypatch.setattr(durations, "_ENOUGH", enough)
            assert seconds() == everything[-(read - 1) :], enough


def test_counts_of_ended_runs_come_from_memory_until_the_run_changes(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = run_pages.RunPages(versions.Versions())
    asked: list[list[int]] = []
    real = task_counts

    def counting(connection: Any, keys: Any) -> Any:
        wanted = list(keys)
        asked.append(wanted)
        return real(connection, wanted)

    monkeypatch.setattr(run_pages, "task_counts", counting)
    query = RunQuery(limit=8)
    with filled.database.read() as connection:
        first = pages.read(connection, query, 0)
        assert pages.read(connection, query, 0) == first
        ended = {run.version for run in first.runs if run.end is not None}
        assert len(asked[0]) == 8
        assert len(asked[1]) == 8 - len(ended)
        assert {version for _, version in pages._counts} == ended
        monkeypatch.setattr(run_pages, "_KEPT", 2)
        newest = list(pages._counts)[-2:]
        pages.read(connection, query, 0)
        assert list(pages._counts) == newest


# -- checks of rows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((1, "d", 0), None),
        (("x", "d", 0), "run.id is 'x': Expected `int`, got `str`"),
        ((1, b"\xff", 0), "run.dag_id is not UTF-8: \\xff"),
        ((1, b"ok", 0), "run.dag_id contains bytes, not text: ok"),
        ((1, None, 0), "run.dag_id is None: Expected `str`, got `null`"),
        ((1, "d", 10**18), "run.queued_us is 1000000000000000000: Expected `int` <= 253000000000000000"),
        ((1, "d", -(10**18)), "run.queued_us is -1000000000000000000: Expected `int` >= -62000000000000000"),
        ((1, "d"), "run: Expected `array` of at least length 3, got 2"),
        (("y" * 99, "d", 0), f"run.id is '{'y' * 79}: Expected `int`, got `str`"),
    ],
)
def test_a_row_is_checked_column_by_column(row: tuple[Any, ...], said: str | None) -> None:
    check = checked(TABLES["run"], ["id", "dag_id", "queued_us"])
    if said is None:
        assert check(row) == row
        return
    with pytest.raises(ValueError, match="run") as caught:
        check(row)
    assert str(caught.value) == said


def test_columns_have_the_kinds_of_values_that_they_can_hold() -> None:
    pool = checked(TABLES["pool"], ["slots", "description", "include_deferred"])
    assert pool((1, None, True)) == (1, None, True)
    for row in ((None, None, True), (1.5, None, True), (1, 2, True), (1, None, 7)):
        with pytest.raises(ValueError, match=r"pool\."):
            pool(row)
    run = checked(TABLES["run"], ["stood_us", "end_us"])
    assert run((10**18, None)) == (10**18, None)
    sample = checked(TABLES["sample"], ["cpu_percent"])
    assert sample((1.5,)) == (1.5,)
    with pytest.raises(ValueError, match="cpu_percent is 'x'"):
        sample(("x",))
    word = checked(TABLES["run"], ["state"], state=RunState)
    assert word(("failed",)) == (RunState.FAILED,)
    with pytest.raises(ValueError, match="state is 'odd'"):
        word(("odd",))


def test_words_texts_and_objects_that_are_not_right() -> None:
    assert known(RunState, "failed", RunState.QUEUED) is RunState.FAILED
    assert known(RunState, "odd", RunState.QUEUED) is RunState.QUEUED
    assert known(RunState, None, RunState.QUEUED) is RunState.QUEUED
    assert not_text(b"\xff" + b"x" * 99) == f"is not UTF-8: \\xff{'x' * 76}"
    assert json_object("run", "conf", '{"a": 1}') == {"a": 1}
    with pytest.raises(ValueError, match=r"^run.conf is not JSON: Expecting"):
        json_object("run", "conf", "{")
    with pytest.raises(ValueError, match=r"^run.conf must be a JSON object, not \[1{79}$"):
        json_object("run", "conf", f"[{'1' * 99}]")


# -- files that are not right ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        ("", None),
        ("disk / ext4 rw\nhost:/x /srv nfs4 rw\n", None),
        ("disk / ext4 rw\nhost:/x {} nfs4 rw\n", "nfs4"),
        ("disk / nfs rw\nhost:/x {}/not ext4 rw\n", "nfs"),
        ("disk / nfs rw\nhost:/x {} ext4 rw\n", None),
        ("host:/x {} ext4 rw\nhost:/y {} fuse.sshfs rw\n", "fuse.sshfs"),
        ("disk / ext4 rw\nhost:/x {}x nfs rw\n", None),
    ],
)
def test_network_file_systems_are_told_by_the_nearest_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str, found: str | None
) -> None:
    here = tmp_path / "a home"
    here.mkdir()
    text = mounts.format(*[str(here).replace(" ", "\\040")] * 2) if "{}" in mounts else mounts
    monkeypatch.setattr(Path, "read_text", lambda _path, **_: text)
    assert network.network_file_system(here) == found


def test_where_mounts_cannot_be_read_a_folder_counts_as_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_path: Path, **_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert network.network_file_system(tmp_path) is None


def test_a_copy_is_told_apart_from_what_is_not_one(filled: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    made = backup.back_up(filled.database.path, copy, replace=False)
    assert (made.path, made.schema, made.bytes) == (copy, tables.SCHEMA_VERSION, copy.stat().st_size)
    assert made.runs == len(filled.names("SELECT id FROM run"))
    assert backup.prove(copy) == made
    with pytest.raises(StoreError, match=r"nope\.db does not exist$"):
        backup.prove(tmp_path / "nope.db")
    newer = Path(shutil.copy(copy, tmp_path / "newer.db"))
    with sqlite3.connect(newer) as raw:
        raw.execute(f"PRAGMA user_version = {tables.SCHEMA_VERSION + 1}")
    raw.close()
    with pytest.raises(StoreError, match="use a newer program"):
        backup.prove(newer)
    torn = Path(shutil.copy(copy, tmp_path / "torn.db"))
    with sqlite3.connect(torn) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("CREATE TABLE checked (a INTEGER)")
        raw.execute("INSERT INTO checked VALUES (NULL)")
        strict = "CREATE TABLE checked (a INTEGER NOT NULL)"
        raw.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'checked'", (strict,))
    raw.close()
    read = read_through(torn, tables.APPLICATION_ID, tables.SCHEMA_VERSION)
    assert (read.damage, read.runs) == ("NULL value in checked.a", 0)
    with pytest.raises(StoreError, match=r"torn\.db is damaged: NULL value in checked\.a"):
        backup.prove(torn)


def test_a_restore_onto_a_network_file_system_is_refused(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "network_file_system", lambda _folder: "nfs")
    with pytest.raises(StoreError, match=r"is on a network file system \(nfs\)$"):
        backup.put_back(filled.database.path, tmp_path / "penstock.db", tmp_path / "old.db")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_vacuumed_says_so(tmp_path: Path) -> None:
    file = tmp_path / "penstock.db"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match=r"penstock\.db could not be vacuumed: file is not a database"):
        backup.shrink(file)


def test_a_run_without_events_and_a_strange_file_are_problems(database: Database) -> None:
    spec = dag("d", task("a"))
    add_run(database, spec, add_dag(database, spec), run_id="quiet")
    assert [(each.kind, each.text) for each in problems(database)] == [("history", "d/quiet has no events")]
    with database.raw() as raw:
        raw.execute("PRAGMA application_id = 7")
        raw.execute(f"PRAGMA user_version = {tables.SCHEMA_VERSION + 2}")
    assert [each.text for each in problems(database)][:2] == [
        "application_id is 0x7: not a Penstock database",
        f"schema {tables.SCHEMA_VERSION + 2}, this program's is {tables.SCHEMA_VERSION}",
    ]


def test_a_log_that_is_not_there_has_no_bytes_and_needs_no_sync(tmp_path: Path) -> None:
    assert log.log_bytes(tmp_path / "nope.db") == 0
    log.sync(tmp_path / "nope.db")


def test_the_log_gets_its_room_and_is_on_the_disk_before_work_begins(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    database.reserve_log()
    assert len(synced) == 1
    assert database.wal_bytes() > CHECKPOINT_PAGES * 3500  # most pages: some stay in the cache
    monkeypatch.setattr(log, "has_room_to_reserve", lambda _path: False)
    database.reserve_log()
    assert len(synced) == 1
