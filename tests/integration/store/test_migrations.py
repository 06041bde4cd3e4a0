"""A database grows with the program, keeps its rows and a copy of what was, or stays as it is."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.builders import add_attempt, add_dag, add_run, dag, task, task_key
from data.schemas import schema
from penstock.errors import StoreError
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.store import migrations, tables
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet

OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "penstock.db")
    yield opened
    opened.close()


@pytest.fixture
def run_id(database: Database) -> str:
    spec = dag("d", task("a"), task("b", "a"))
    return add_run(database, spec, add_dag(database, spec))


def test_an_empty_file_that_is_migrated_is_the_same_as_a_new_one(tmp_path: Path) -> None:
    made, grown = tmp_path / "made.db", tmp_path / "grown.db"
    Database.open(made).close()
    grown.touch()
    migrations.upgrade(grown)
    assert schema(grown) == schema(made)
    assert sorted(path.name for path in tmp_path.glob("grown*")) == ["grown.db"], "nothing to keep a copy of"


def test_each_revision_raises_the_schema_by_one() -> None:
    folder = Path(migrations.__file__).parent / "versions"
    numbers = [path.name[:4] for path in sorted(folder.glob("[0-9]*.py"))]
    assert numbers == [f"{number:04d}" for number in range(1, tables.SCHEMA_VERSION + 1)]


REVISION = '''
"""Give pools a colour, by making the table anew."""
import sqlalchemy as sa
from alembic import op

revision = "{number:04d}"
down_revision = "{before:04d}"


def upgrade():
    with op.batch_alter_table("run", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.String()))
    {more}
'''


@pytest.fixture
def next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program with one revision more, in a folder of its own; returns the revision's file."""
    source = Path(migrations.__file__).parent
    folder = tmp_path / "migrations"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    now = tables.SCHEMA_VERSION
    file = folder / "versions" / f"{now + 1:04d}_colour.py"
    file.write_text(REVISION.format(number=now + 1, before=now, more=""))
    monkeypatch.setattr(migrations, "__file__", str(folder / "__init__.py"))
    monkeypatch.setattr(tables, "SCHEMA_VERSION", now + 1)
    return file


def columns_of_run(path: Path) -> list[str]:
    raw = sqlite3.connect(path)
    try:
        return [row[1] for row in raw.execute("PRAGMA table_info(run)")]
    finally:
        raw.close()


def test_a_migration_keeps_rows_and_a_copy_of_what_was(
    database: Database, run_id: str, request: pytest.FixtureRequest
) -> None:
    add_attempt(database, task_key(database, "d", run_id, "a"), "000000000001-00000001", outcome=OK)
    database.close()
    before = schema(database.path)
    request.getfixturevalue("next_revision")
    migrations.upgrade(database.path)
    assert "colour" in columns_of_run(database.path)
    assert "guard_run" in schema(database.path), "the guards are made again with their table"
    raw = sqlite3.connect(database.path)
    assert raw.execute("SELECT count(*) FROM attempt").fetchone() == (1,), "children stay with their parent"
    assert raw.execute("PRAGMA user_version").fetchone() == (tables.SCHEMA_VERSION,)
    raw.close()
    copy = database.path.with_name(database.path.name + f".before-{tables.SCHEMA_VERSION}")
    assert schema(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("raise ValueError('half way')", "half way"),
        ("op.execute('DELETE FROM run')", "would be left without its run"),
    ],
)
def test_a_migration_that_fails_changes_nothing(
    database: Database, run_id: str, request: pytest.FixtureRequest, more: str, words: str
) -> None:
    assert run_id
    database.close()
    before = schema(database.path)
    file: Path = request.getfixturevalue("next_revision")
    now = tables.SCHEMA_VERSION
    file.write_text(REVISION.format(number=now, before=now - 1, more=more))
    with pytest.raises((ValueError, StoreError), match=words):
        migrations.upgrade(database.path)
    assert schema(database.path) == before


def test_a_database_of_an_older_program_is_migrated_when_it_is_opened(tmp_path: Path) -> None:
    """In a process of its own: what opens it has no use for what that imports."""
    made, older = tmp_path / "made.db", tmp_path / "older.db"
    Database.open(made).close()
    older.touch()
    migrations.upgrade(older, f"{tables.SCHEMA_VERSION - 1:04d}")
    reader = Database.open(older, readonly=True)
    assert reader.behind
    reader.close()
    Database.open(older).close()
    assert schema(older) == schema(made)
    assert older.with_name(f"older.db.before-{tables.SCHEMA_VERSION}").exists()


def test_a_migration_that_fails_says_why_and_the_database_stays_as_it_was(tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    older.touch()
    migrations.upgrade(older, f"{tables.SCHEMA_VERSION - 1:04d}")
    raw = sqlite3.connect(older)
    raw.execute("DROP TABLE event")
    raw.close()
    before = schema(older)
    with pytest.raises(StoreError, match=r"could not be migrated: .*no such table"):
        Database.open(older)
    assert schema(older) == before


def test_a_copy_is_whole_or_is_not_there(database: Database, run_id: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    (tmp_path / "copy.db.part").write_text("cut short by a crash")
    database.backup(target)
    copy = Database.open(target, readonly=True)
    assert WorkingSet(copy).run("d", run_id) == WorkingSet(database).run("d", run_id)
    copy.close()
    assert not (tmp_path / "copy.db.part").exists()
