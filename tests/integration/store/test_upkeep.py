"""`penstock db`: sizes, the check, copies made under a writing engine, and putting one back."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from data.builders import NOON, add_attempt, add_dag, add_run, dag, insert, task, task_key
from drive.loop import Bench
from penstock.attempts.files import attempt_path
from penstock.cli.main import run
from penstock.clock import to_us
from penstock.errors import RefusedError, StoreError
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.service import upkeep
from penstock.service.lock import HomeLock
from penstock.settings import Settings
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.upkeep import backup

OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
SPEC = dag("d", task("a"))
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    return Settings(home=home, dags_folder=home / "dags")


@pytest.fixture
def used(settings: Settings) -> Settings:
    """A home in which two runs have ended."""

    async def work() -> None:
        bench = await Bench(settings.home).open()
        bench.load(SPEC)
        for _ in range(2):
            bench.trigger("d")
            bench.finish()
            bench.clock.forward(60)
        bench.close()

    asyncio.run(work())
    settings.versions.mkdir()
    (settings.versions / f"{'0' * 64}.py").touch()
    return settings


@pytest.fixture
def say(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Say:
    def command(*arguments: str) -> tuple[int, str, str]:
        code = run(["--home", str(settings.home), "db", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def add_one(database: Database, number: int) -> None:
    run_id = add_run(database, SPEC, 1, run_id=f"r{number}", state="success", logical_us=None)
    add_attempt(database, task_key(database, "d", run_id, "a"), f"018f00000000-{number:08x}", outcome=OK)


def runs(path: Path) -> int:
    with closing(sqlite3.connect(path)) as raw:
        return int(raw.execute("SELECT count(*) FROM run").fetchone()[0])


# -- size --------------------------------------------------------------------------------------------


def test_sizes_by_table_and_by_dag(used: Settings, say: Say) -> None:
    document = json.loads(say("size", "--json")[1])
    assert document["database_bytes"] == used.database.stat().st_size
    of_tables = {row["table"]: row for row in document["tables"]}
    assert of_tables["run"]["rows"] == 2
    assert of_tables["run"]["bytes"] >= 4096
    assert sum(row["bytes"] for row in document["tables"]) <= document["database_bytes"]
    [row] = document["dags"]
    assert (row["dag_id"], row["runs"], row["tasks"], row["attempts"]) == ("d", 2, 2, 2)
    assert row["events"] > 8
    assert document["oldest_run"].startswith("2026-03-02T12:00")
    text = say("size")[1]
    assert "runs of 30 days, and the newest 30 whatever their age; 10 GiB of logs a DAG" in text


# -- check -------------------------------------------------------------------------------------------


def test_what_is_whole_is_said_to_be(used: Settings, say: Say) -> None:
    assert used.database.is_file()
    assert say("check")[0] == 0
    code, out, _ = say("check", "--json")
    assert (code, json.loads(out)) == (0, {"ok": True, "problems": []})


@pytest.mark.parametrize(
    ("damage", "kind", "words"),
    [
        ("UPDATE task_instance SET state = 'failed' WHERE id = 1", "history", "its events lead to success"),
        ("UPDATE run SET state = 'failed' WHERE id = 2", "history", "is failed; its events lead to success"),
        ("DELETE FROM event WHERE kind = 'run_start' AND seq < 9", "history", "run_succeed began at running"),
        ("DELETE FROM run WHERE id = 1", "reference", "of task_instance refers to a run that does not exist"),
        ("PRAGMA user_version = 1", "schema", "schema 1, this program's is"),
        ("PRAGMA application_id = 7", "schema", "not a Penstock database"),
    ],
)
def test_damage_is_found_and_named(used: Settings, say: Say, damage: str, kind: str, words: str) -> None:
    with closing(sqlite3.connect(used.database, isolation_level=None)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(damage)
    code, out, err = say("check", "--json")
    assert code == 1
    if "application_id" in damage:
        assert "not a Penstock database" in err
        return
    found = json.loads(out)["problems"]
    assert any(each["kind"] == kind and words in each["text"] for each in found), found


def test_a_torn_file_is_found(used: Settings, say: Say) -> None:
    with used.database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 4))
    code, out, err = say("check")
    assert code == 1
    assert "file: " in out or "cannot be" in err or "malformed" in err


def test_files_without_rows_and_rows_without_files_are_found(used: Settings) -> None:
    folder = attempt_path(used.attempts, "018f00000000-0000000a")
    folder.mkdir(parents=True)
    assert upkeep.check(used) == [], "it may be younger than what we read"
    os.utime(folder, (0, 0))
    (used.versions / f"{'0' * 64}.py").unlink()
    said = [problem.text for problem in upkeep.check(used) if problem.kind == "files"]
    assert [("018f00000000-0000000a" in text, "000.py is missing" in text) for text in said] == [
        (False, True),
        (True, False),
    ]


# -- backup and restore --------------------------------------------------------------------------------


def test_a_backup_under_a_writer_is_one_moment(used: Settings, tmp_path: Path) -> None:
    database, ends = Database.open(used.database), threading.Event()

    def write() -> None:
        number = 0
        while not ends.is_set():
            add_one(database, number := number + 1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [upkeep.backup(used, tmp_path / f"{number}.db") for number in range(5)]
    finally:
        ends.set()
        writer.join()
        database.close()
    assert [copy.runs for copy in made] == sorted(copy.runs for copy in made)
    for copy in made:
        assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
        with closing(sqlite3.connect(copy.path)) as raw:
            [attempts, tasks] = [
                raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("attempt", "task_instance")
            ]
            assert tasks - attempts in {0, 1}, "between two transactions, never within one"
        assert backup.prove(copy.path).runs == copy.runs
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob("*-wal"))


def test_a_backup_takes_nothing_elses_place(used: Settings, say: Say, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    code, _, err = say("backup", str(target))
    assert (code, target.read_text()) == (1, "mine")
    assert "exists already" in err
    code, out, _ = say("backup", str(target), "--force", "--json")
    assert (code, json.loads(out)["runs"]) == (0, 2)
    assert runs(target) == 2
    for wrong in (used.database, tmp_path / "nowhere" / "copy.db"):
        code, _, err = say("backup", str(wrong), "--force")
        assert code == 1
        assert str(wrong) in err


def test_a_full_disk_leaves_no_half_copy(
    used: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_sync", full)
    with pytest.raises(StoreError, match="No space left"):
        upkeep.backup(used, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


def test_a_copy_is_put_back_and_the_old_one_stays(used: Settings, say: Say, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    assert say("backup", str(target))[0] == 0
    database = Database.open(used.database)
    add_one(database, 1)
    database.close()
    code, out, _ = say("restore", str(target), "--yes", "--json")
    assert code == 0
    document = json.loads(out)
    assert (runs(used.database), runs(Path(document["aside"]))) == (2, 3)
    assert document["runs"] == 2
    Database.open(used.database).close()
    assert say("check")[0] == 0
    code, out, _ = say("restore", document["aside"], "--yes", "--json")
    assert (code, runs(used.database)) == (0, 3)
    assert json.loads(out)["aside"] != document["aside"]


def test_what_only_the_log_holds_goes_aside_too(used: Settings, tmp_path: Path) -> None:
    upkeep.backup(used, tmp_path / "copy.db")
    raw = sqlite3.connect(used.database, isolation_level=None)
    raw.execute("PRAGMA wal_autocheckpoint = 0")
    raw.execute("UPDATE run SET reason = 'late'")
    crashed = {suffix: Path(f"{used.database}{suffix}").read_bytes() for suffix in ("", "-wal")}
    raw.close()
    for suffix, data in crashed.items():
        Path(f"{used.database}{suffix}").write_bytes(data)
    _, aside = upkeep.restore(used, tmp_path / "copy.db")
    assert aside is not None
    with closing(sqlite3.connect(aside)) as old, closing(sqlite3.connect(used.database)) as new:
        assert old.execute("SELECT count(*) FROM run WHERE reason = 'late'").fetchone() == (2,)
        assert new.execute("SELECT count(*) FROM run WHERE reason = 'late'").fetchone() == (0,)


def test_a_damaged_database_can_be_replaced(used: Settings, tmp_path: Path) -> None:
    upkeep.backup(used, tmp_path / "copy.db")
    used.database.write_bytes(b"not a database at all" * 1000)
    Path(f"{used.database}-wal").write_bytes(b"its log")
    _, aside = upkeep.restore(used, tmp_path / "copy.db")
    assert runs(used.database) == 2
    assert aside is not None
    assert aside.read_bytes().startswith(b"not a database")
    assert Path(f"{aside}-wal").read_bytes() == b"its log"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("PRAGMA user_version = 999", "has schema 999"),
        ("PRAGMA application_id = 1", "is not a Penstock database"),
        (None, "not a whole SQLite database"),
    ],
)
def test_a_bad_copy_changes_nothing(
    used: Settings, say: Say, tmp_path: Path, change: str | None, words: str
) -> None:
    target = tmp_path / "copy.db"
    upkeep.backup(used, target)
    if change is None:
        target.write_bytes(target.read_bytes()[:9000])
    else:
        with closing(sqlite3.connect(target, isolation_level=None)) as raw:
            raw.execute(change)
    before = used.database.read_bytes()
    code, _, err = say("restore", str(target), "--yes")
    assert code == 1
    assert words in err or "malformed" in err or "damaged" in err
    assert used.database.read_bytes() == before
    assert not list(used.home.glob("*restor*"))


def test_a_crash_in_the_middle_loses_neither(
    used: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upkeep.backup(used, tmp_path / "copy.db")
    database = Database.open(used.database)
    add_one(database, 1)
    database.close()
    replace = Path.replace

    def die(self: Path, target: Path) -> Path:
        if target == used.database:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            upkeep.restore(used, tmp_path / "copy.db")
    assert runs(used.database) == 3, "the old one still stands"


# -- the engine --------------------------------------------------------------------------------------


def test_a_running_engine_is_not_pulled_away_from_under(used: Settings, say: Say, tmp_path: Path) -> None:
    upkeep.backup(used, tmp_path / "copy.db")
    used.run_folder.mkdir()
    with HomeLock(used.run_folder):
        for command in (("vacuum",), ("restore", str(tmp_path / "copy.db"), "--yes")):
            code, _, err = say(*command)
            assert code == RefusedError.exit_code
            assert "`penstock down` first" in err
        assert say("check")[0] == 0
        assert say("size")[0] == 0
    assert say("vacuum")[0] == 0


def test_vacuum_gives_room_back(used: Settings, say: Say) -> None:
    database = Database.open(used.database)
    for number in range(300):
        insert(
            database, tables.EventRow, at_us=to_us(NOON), actor="engine", kind="x" * 3000, reason=str(number)
        )
    with database.write() as connection:
        connection.execute("DROP TRIGGER event_no_delete")
        connection.execute("DELETE FROM event WHERE kind LIKE 'x%'")
    database.close()
    assert json.loads(say("size", "--json")[1])["free_bytes"] > 500_000
    code, out, _ = say("vacuum", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["before"] - document["after"] > 500_000
    assert used.database.stat().st_size == document["after"]
    assert runs(used.database) == 2


def test_no_database_is_said_so(settings: Settings, say: Say) -> None:
    for command in (("size",), ("check",), ("vacuum",), ("backup", str(settings.home / "b.db"))):
        code, _, err = say(*command)
        assert code == 1
        assert "does not exist" in err


def test_a_first_database_can_come_from_a_copy(settings: Settings, tmp_path: Path) -> None:
    source = Database.open(tmp_path / "source.db")
    add_dag(source, SPEC)
    add_one(source, 1)
    source.close()
    done, aside = upkeep.restore(settings, tmp_path / "source.db")
    assert (done.runs, aside, runs(settings.database)) == (1, None, 1)
