"""The database guards itself: legal moves, one live attempt, a trail that stays; and it knows its schema."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from data.builders import NOON, add_attempt, add_dag, add_events, add_run, dag, insert, task, task_key
from data.schemas import schema
from penstock.clock import to_us
from penstock.errors import StoreError
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.transitions import RunEvent, TaskEvent, run_edges, task_edges
from penstock.store import database as database_module
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine.gate import Gate
from penstock.store.engine.records import RunRecord, TaskRecord
from penstock.store.engine.working_set import WorkingSet
from penstock.store.network import network_file_system
from penstock.store.sqlite import connect
from penstock.store.sqlite.guards import install_guards
from penstock.store.statement import table_of

OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "penstock.db")
    yield opened
    opened.close()


@pytest.fixture
def run_id(database: Database) -> str:
    spec = dag("d", task("a"), task("b", "a"))
    return add_run(database, spec, add_dag(database, spec))


# -- guards --------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", TaskState)
def test_the_database_lets_a_task_make_the_moves_of_the_table_and_no_other(
    database: Database, run_id: str, before: TaskState
) -> None:
    key = task_key(database, "d", run_id, "a")
    for after in TaskState:
        with database.write() as connection:  # whatever it was before, it is *before* now
            connection.execute("DROP TRIGGER guard_task_instance")
            connection.execute(sa.update(_task).where(_task.c.id == key).values(state=before.value))
            install_guards(connection)
        legal = after is before or (before, after) in task_edges()
        assert _moves(database, _task, key, after.value) == legal, f"{before} -> {after}"


@pytest.mark.parametrize("before", RunState)
def test_the_database_lets_a_run_make_the_moves_of_the_table_and_no_other(
    database: Database, run_id: str, before: RunState
) -> None:
    with database.read() as connection:
        key = connection.execute(sa.select(_run.c.id).where(_run.c.run_id == run_id)).scalar()
    for after in RunState:
        with database.write() as connection:
            connection.execute("DROP TRIGGER guard_run")
            connection.execute(sa.update(_run).where(_run.c.id == key).values(state=before.value))
            install_guards(connection)
        legal = after is before or (before, after) in run_edges()
        assert _moves(database, _run, key, after.value) == legal, f"{before} -> {after}"


def _moves(database: Database, table: sa.Table, key: int, after: str) -> bool:
    try:
        with database.write() as connection:
            connection.execute(sa.update(table).where(table.c.id == key).values(state=after))
    except sqlite3.IntegrityError as error:
        if "illegal move" not in str(error):
            raise
        return False
    return True


def test_a_task_instance_has_one_live_attempt_at_most(database: Database, run_id: str) -> None:
    key = task_key(database, "d", run_id, "a")
    add_attempt(database, key, "000000000001-00000001", outcome=OK)
    add_attempt(database, key, "000000000001-00000002")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        add_attempt(database, key, "000000000001-00000003")
    add_attempt(database, task_key(database, "d", run_id, "b"), "000000000001-00000004")


def test_a_dag_has_one_run_for_a_logical_date_and_as_many_as_wanted_without(database: Database) -> None:
    spec = dag("d", task("a"))
    version = add_dag(database, spec)
    add_run(database, spec, version)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        add_run(database, spec, version, run_id="another")
    add_run(database, spec, version, run_id="first", logical_us=None)
    add_run(database, spec, version, run_id="second", logical_us=None)


def test_a_dag_has_one_active_backfill_at_most(database: Database) -> None:
    values = {
        "dag_id": "d", "from_us": 0, "to_us": 1, "reprocess": "none", "max_active_runs": 1,
        "backwards": False, "by": "tester", "created_us": 0,
    }  # fmt: skip
    insert(database, tables.BackfillRow, **values, state="success", end_us=2)
    insert(database, tables.BackfillRow, **values, state="running")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        insert(database, tables.BackfillRow, **values, state="paused")


@pytest.mark.parametrize("kind", ["dag_new", "meet", "act_clear"])
def test_events_are_never_changed_and_stay_as_long_as_their_run(
    database: Database, run_id: str, kind: str
) -> None:
    add_events(database, [("d", None if kind == "dag_new" else run_id, kind)])

    def refuses(statement: str) -> bool:
        try:
            with database.write() as connection:
                connection.execute(statement)
        except sqlite3.IntegrityError:
            return True
        return False

    assert refuses("UPDATE event SET actor = 'nobody'")
    assert refuses("DELETE FROM event")
    assert not refuses("DELETE FROM run")
    assert refuses("DELETE FROM event") == (kind != "meet")


def test_a_run_takes_all_that_hangs_on_it_along(database: Database, run_id: str) -> None:
    key = task_key(database, "d", run_id, "a")
    add_attempt(database, key, "000000000001-00000001", outcome=OK)
    insert(database, tables.XComRow, ti_id=key, key="k", value="1")
    with database.write() as connection:
        connection.execute(sa.delete(_run))
    with database.read() as connection:
        for name in ("task_instance", "attempt", "xcom"):
            assert connection.execute(f"SELECT count(*) FROM {name}").scalar() == 0


# -- the gate ------------------------------------------------------------------------------------


def records(database: Database, run_id: str) -> tuple[RunRecord, TaskRecord]:
    found = WorkingSet(database).run("d", run_id)
    assert found is not None
    return found[0], found[1][0]


def test_a_move_over_a_row_that_is_not_as_remembered_writes_nothing_at_all(
    database: Database, run_id: str
) -> None:
    run, one = records(database, run_id)
    other_run, other = records(database, run_id)
    gate = Gate(database)
    gate.now_us = to_us(NOON)
    gate.move_task(run, one, TaskEvent.MEET)
    assert gate.commit().runs == {("d", run_id)}
    late = Gate(database)
    late.move_run(other_run, RunEvent.FAIL)
    late.move_task(other_run, other, TaskEvent.SKIP)
    with pytest.raises(StoreError, match="changed by another program"):
        late.commit()
    assert late.empty
    run, one = records(database, run_id)
    assert (run.state, one.state, one.version) == (RunState.RUNNING, TaskState.SCHEDULED, 2)
    with database.read() as connection:
        kinds = connection.execute("SELECT kind FROM event").scalars()
    assert kinds == ["meet"]


def test_a_commit_that_fails_leaves_the_cursor_at_the_last_event(database: Database, run_id: str) -> None:
    run, one = records(database, run_id)
    gate = Gate(database)
    gate.move_task(run, one, TaskEvent.MEET)
    one.version = 99
    gate.move_task(run, one, TaskEvent.SKIP)
    with pytest.raises(StoreError):
        gate.commit()
    gate.discard()
    assert gate.cursor == 0
    run, one = records(database, run_id)
    gate.move_task(run, one, TaskEvent.MEET)
    assert gate.commit().cursor == 1


def test_a_new_run_gets_keys_that_follow_those_of_the_store(database: Database, run_id: str) -> None:
    run, one = records(database, run_id)
    gate = Gate(database)
    gate.now_us = to_us(NOON)
    another = RunRecord(
        id=0,
        dag_id="d",
        run_id="m",
        run_type=RunType.MANUAL,
        state=RunState.QUEUED,
        version=1,
        version_id=run.version_id,
        logical_us=None,
        interval_start_us=None,
        interval_end_us=None,
        run_after_us=0,
        queued_us=0,
    )
    tasks = [
        TaskRecord(
            id=0,
            run_pk=0,
            task_id="a",
            map_index=-1,
            state=TaskState.PENDING,
            version=1,
            try_number=0,
            max_tries=1,
            position=0,
        )
    ]
    gate.create_run(another, tasks)
    gate.commit()
    assert another.id > run.id
    assert tasks[0].id > one.id
    found = WorkingSet(database).run("d", "m")
    assert found == (another, tasks)


# -- opening -------------------------------------------------------------------------------------


def test_a_new_file_belongs_to_its_owner_alone_and_waits_for_the_disk(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "penstock.db")
    assert stat.S_IMODE((tmp_path / "penstock.db").stat().st_mode) == 0o600
    with database.write() as connection:
        asked = {
            name: connection.execute(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "fullfsync", "foreign_keys", "trusted_schema")
        }
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }
    assert database.quick_check() == "ok"
    database.close()


def test_the_log_stays_small_on_a_disk_with_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(tmp_path / "penstock.db")
    facts = list(os.statvfs(tmp_path))
    facts[4] = (8 << 20) // facts[1]  # blocks that are free for us
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(facts))
    database.reserve_log()
    for number in range(600):
        with database.write() as connection:
            connection.execute(sa.insert(table_of(tables.PoolRow)), {"name": f"p{number}", "slots": 1})
    assert database.wal_bytes() < 3 << 20
    database.close()


def test_the_log_takes_its_room_before_the_first_commit_and_grows_no_more(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "penstock.db")
    size = (tmp_path / "penstock.db").stat().st_size
    database.reserve_log()
    reserved = database.wal_bytes()
    assert reserved > 8 << 20
    for number in range(50):
        with database.write() as connection:
            connection.execute(sa.insert(table_of(tables.PoolRow)), {"name": f"p{number}", "slots": 1})
    assert database.wal_bytes() == reserved
    database.reserve_log()  # with commits in it, nothing of them is lost
    database.checkpoint(truncate=True)
    assert database.wal_bytes() == 0
    assert (tmp_path / "penstock.db").stat().st_size <= size + (1 << 20)
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM pool").scalar() == 51
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name='room'").scalar() == 0
    assert database.quick_check() == "ok"
    database.close()


def opened(folder: Path) -> list[str]:
    """Return the files below *folder* that this process has open."""
    files = (os.path.realpath(each.path) for each in os.scandir("/dev/fd"))
    return [file for file in files if file.startswith(f"{folder}/")]


def test_a_file_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE theirs (x)")
    raw.commit()
    raw.close()
    with pytest.raises(StoreError, match="is not a Penstock database"):
        Database.open(path)
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    raw.close()
    text = tmp_path / "text.db"
    text.write_text("not a database at all, only words " * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        Database.open(text)
    assert opened(tmp_path) == []


def test_a_newer_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "penstock.db"
    Database.open(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {tables.SCHEMA_VERSION + 1}")
    raw.close()
    for readonly in (False, True):
        with pytest.raises(StoreError, match="use a newer program"):
            Database.open(path, readonly=readonly)
    assert opened(tmp_path) == []


def test_reading_only_needs_a_file_and_changes_none(tmp_path: Path) -> None:
    path = tmp_path / "penstock.db"
    with pytest.raises(StoreError, match="does not exist"):
        Database.open(path, readonly=True)
    assert not path.exists()
    Database.open(path).close()
    reader = Database.open(path, readonly=True)
    with reader.read() as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM pool")
    reader.close()


def test_a_database_that_another_process_holds_is_the_stores_trouble_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "_BUSY_MS", 20)
    database = Database.open(tmp_path / "penstock.db")
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"), database.write() as connection:
        connection.execute("UPDATE pool SET slots = 1")
    other.execute("ROLLBACK")
    other.close()
    with database.write() as connection:
        connection.execute("UPDATE pool SET slots = 1")
    assert {name: pool.slots for name, pool in WorkingSet(database).pools().items()} == {"default_pool": 1}
    database.close()


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /mnt/far nfs4 rw 0 0
server:/export /mnt/far\\040away nfs4 rw 0 0
tmpfs /mnt/far/near tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/mnt/far", "nfs4"),
        ("/mnt/far/deep/down", "nfs4"),
        ("/mnt/far away/x", "nfs4"),
        ("/mnt/far/near/x", None),
        ("/mnt/farther", None),
        ("/home", None),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(
    monkeypatch: pytest.MonkeyPatch, folder: str, kind: str | None
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: MOUNTS)
    assert network_file_system(Path(folder)) == kind


def test_a_network_file_system_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "network_file_system", lambda _: "nfs4")
    with pytest.raises(StoreError, match="network file system"):
        Database.open(tmp_path / "penstock.db")
    assert list(tmp_path.iterdir()) == []


def test_the_guards_learn_the_moves_of_a_newer_program(tmp_path: Path) -> None:
    path = tmp_path / "penstock.db"
    Database.open(path).close()
    whole = schema(path)
    raw = sqlite3.connect(path)
    raw.execute("DELETE FROM edge WHERE before = 'running'")
    raw.commit()
    raw.close()
    Database.open(path).close()
    assert schema(path) == whole


def test_every_table_is_known_to_the_metadata() -> None:
    assert set(SQLModel.metadata.tables) >= {"run", "task_instance", "attempt", "event", "edge", "ledger"}
