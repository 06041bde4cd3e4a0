"""What an engine holds open is taken away, replaced or overwritten: the next commit is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from penstock import process
from penstock.errors import EngineAlreadyRunningError, LostError
from penstock.holder import NAME, Holder, holder_of
from penstock.service import identity
from penstock.service.daemon import prepare_home
from penstock.service.lock import HomeLock
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.meta import read_meta, write_meta

Harm = Callable[[Settings], object]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    made = Settings(home=home, dags_folder=home / "dags")
    prepare_home(made)
    return made


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database.open(settings.database)
    opened.reserve_log()
    write_meta(opened, "before", "1")
    identity.hold(settings, opened)
    yield opened
    opened.held = None
    opened.close()


def copy_of(settings: Settings) -> Path:
    target = settings.home.parent / "copy.db"
    with closing(sqlite3.connect(settings.database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    return target


def _overwrite(settings: Settings) -> None:
    data = copy_of(settings).read_bytes()
    with settings.database.open("r+b") as stream:
        stream.write(data)
        stream.truncate()
    os.utime(settings.database)


def _replace_home(settings: Settings) -> None:
    old = settings.home.rename(settings.home.with_name("old"))
    shutil.copytree(old, settings.home)


def _log(settings: Settings) -> Path:
    return Path(f"{settings.database}-wal")


def _index(settings: Settings) -> Path:
    return Path(f"{settings.database}-shm")


def _replace_log(settings: Settings) -> None:
    shutil.copy(_log(settings), settings.home / "log")
    (settings.home / "log").rename(_log(settings))


def _make_anew(settings: Settings) -> None:
    settings.database.unlink()
    settings.database.touch()


def _replace_attempts(settings: Settings) -> None:
    settings.attempts.rename(settings.home / "older")
    settings.attempts.mkdir()


HARMS: dict[str, tuple[Harm, str]] = {
    "database removed": (lambda s: s.database.unlink(), "the database"),
    "database renamed": (lambda s: s.database.rename(s.home / "aside.db"), "aside.db now"),
    "database replaced": (lambda s: copy_of(s).replace(s.database), "was replaced"),
    "database made anew": (_make_anew, "was replaced"),
    "database overwritten": (_overwrite, "was overwritten"),
    "database emptied": (lambda s: os.truncate(s.database, 0), "was overwritten"),
    "log removed": (lambda s: _log(s).unlink(), "log of the database"),
    "log replaced": (_replace_log, "log of the database"),
    "index removed": (lambda s: _index(s).unlink(), "index of the database's log"),
    "home renamed": (lambda s: s.home.rename(s.home.with_name("other")), "other up -d"),
    "home replaced": (_replace_home, "the home"),
    "home removed": (lambda s: shutil.rmtree(s.home), "the home"),
    "attempts removed": (lambda s: shutil.rmtree(s.attempts), "attempts folder"),
    "attempts renamed": (lambda s: s.attempts.rename(s.home / "older"), "older now"),
    "attempts replaced": (_replace_attempts, "attempts folder"),
}


@pytest.mark.skipif(not process.LINUX, reason="where a file lies now is told by /proc")
@pytest.mark.parametrize("case", HARMS)
def test_nothing_is_acknowledged_that_nobody_would_find(
    settings: Settings, database: Database, case: str
) -> None:
    harm, said = HARMS[case]
    harm(settings)
    with pytest.raises(LostError) as refused:
        write_meta(database, "after", "2")
    assert said in str(refused.value)
    assert "up -d" in str(refused.value), "it says what to do"
    with pytest.raises(LostError) as again, database.write():
        raise AssertionError("a second commit is let through")
    assert str(again.value) == str(refused.value)
    with pytest.raises(LostError):
        database.checkpoint(truncate=True)


@pytest.mark.parametrize(
    "harm", [lambda s: s.database.unlink(), lambda s: s.home.rename(s.home.with_name("other"))]
)
def test_what_is_taken_away_in_the_middle_of_a_commit_is_not_acknowledged(
    settings: Settings, database: Database, harm: Harm
) -> None:
    with pytest.raises(LostError), database.write():
        harm(settings)


def test_the_files_of_a_database_behind_a_link_are_those_that_it_leads_to(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home, dags_folder=home / "dags")
    prepare_home(settings)
    (tmp_path / "elsewhere").mkdir()
    Database.open(tmp_path / "elsewhere" / "real.db").close()
    settings.database.symlink_to(tmp_path / "elsewhere" / "real.db")
    database = Database.open(settings.database)
    write_meta(database, "before", "1")
    identity.hold(settings, database)
    write_meta(database, "before", "2")
    shutil.copy(tmp_path / "elsewhere" / "real.db", tmp_path / "other.db")
    settings.database.unlink()
    settings.database.symlink_to(tmp_path / "other.db")
    with pytest.raises(LostError, match="was replaced"):
        write_meta(database, "after", "3")
    database.held = None
    database.close()


def test_an_engines_own_writing_and_others_reading_are_no_harm(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    for number in range(30):
        write_meta(database, "n", "x" * 100_000 + str(number))
        if number % 7 == 0:
            database.checkpoint(truncate=number % 2 == 0)
        with closing(sqlite3.connect(settings.database)) as other:
            assert other.execute("SELECT count(*) FROM meta").fetchone()[0] == 2
    with closing(sqlite3.connect(settings.database)) as other:  # nobody should, but it loses nothing
        other.execute("INSERT INTO meta VALUES ('foreign', '1')")
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    write_meta(database, "n", "last")
    database.backup(tmp_path / "copy.db")
    write_meta(database, "n", "later")


@pytest.mark.parametrize("case", ["database removed", "database replaced", "log removed", "database renamed"])
def test_what_was_acknowledged_is_saved(settings: Settings, database: Database, case: str) -> None:
    HARMS[case][0](settings)
    with pytest.raises(LostError):
        write_meta(database, "after", "2")
    copy = database.rescue(settings.home / "rescued.db")
    place = copy or (settings.home / "aside.db" if "renamed" in case else settings.database)
    assert (copy is not None) == (case in {"database removed", "database replaced"})
    shutil.copy(place, settings.home.parent / "looked-at.db")  # without any log beside it
    found = Database.open(settings.home.parent / "looked-at.db")
    try:
        assert read_meta(found, "before") == "1"
    finally:
        found.close()


def test_an_overwritten_database_is_not_touched(settings: Settings, database: Database) -> None:
    _overwrite(settings)
    before = settings.database.read_bytes()
    with pytest.raises(LostError):
        write_meta(database, "after", "2")
    assert database.rescue(settings.home / "rescued.db") is None
    assert settings.database.read_bytes() == before


# --- the lock ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        lambda s: None,
        lambda s: shutil.rmtree(s.run_folder),
        lambda s: (s.run_folder / NAME).unlink(),
        lambda s: (s.run_folder / "fresh").rename(s.run_folder / NAME),
        lambda s: (s.run_folder / NAME).write_text("12345678\n"),
        lambda s: s.run_folder.rename(s.home / "ran"),
    ],
    ids=["nothing", "run", "lock", "lock-anew", "lock-says-another", "run-renamed"],
)
def test_a_home_is_held_whatever_happens_to_its_lock_file(settings: Settings, harm: Harm) -> None:
    with HomeLock(settings.run_folder) as lock:
        (settings.run_folder / "fresh").touch()
        harm(settings)
        settings.run_folder.mkdir(exist_ok=True)
        with pytest.raises(EngineAlreadyRunningError), HomeLock(settings.run_folder):
            raise AssertionError("two hold the home")
        assert holder_of(settings.run_folder) == Holder(os.getpid())
        if lock.lost_name():
            lock.renew_name()
        assert not lock.lost_name()
    assert holder_of(settings.run_folder) is None
    with HomeLock(settings.run_folder):
        pass


def test_two_homes_that_lead_to_one_database_do_not_share_it(settings: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other", dags_folder=tmp_path / "other" / "dags")
    prepare_home(other)
    Database.open(settings.database).close()
    other.database.symlink_to(settings.database)
    with HomeLock(settings.run_folder) as first, HomeLock(other.run_folder) as second:
        first.hold_database(settings.database)
        with pytest.raises(EngineAlreadyRunningError, match="database"):
            second.hold_database(other.database)


def test_a_lock_file_that_somebody_else_holds_is_said(settings: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other", dags_folder=tmp_path / "other" / "dags")
    prepare_home(other)
    with HomeLock(settings.run_folder) as lock, HomeLock(other.run_folder):
        (settings.run_folder / NAME).unlink()
        (settings.run_folder / NAME).hardlink_to(other.run_folder / NAME)
        assert lock.lost_name()
        with pytest.raises(EngineAlreadyRunningError):
            lock.renew_name()
