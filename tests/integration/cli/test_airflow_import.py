"""`penstock airflow import --from` a database of Airflow: read-only, with its Fernet key, and its pauses."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from penstock.cli.airflow_database import fernet_keys, is_database, opener, read_database
from penstock.errors import UsageError

SCHEMA = """
CREATE TABLE variable (id INTEGER, key TEXT, val TEXT, description TEXT, is_encrypted BOOLEAN);
CREATE TABLE connection (id INTEGER, conn_id TEXT, conn_type TEXT, description TEXT, host TEXT, schema TEXT,
    login TEXT, password TEXT, port INTEGER, is_encrypted BOOLEAN, is_extra_encrypted BOOLEAN, extra TEXT);
CREATE TABLE slot_pool (id INTEGER, pool TEXT, slots INTEGER, description TEXT);
CREATE TABLE dag (dag_id TEXT, is_paused BOOLEAN, fileloc TEXT);
INSERT INTO variable VALUES (1, 'day', 'monday', NULL, 0), (2, 'hid', 'gAAAAA', '', 1);
INSERT INTO connection VALUES (1, 'db', 'postgres', NULL, 'h', 's', 'u', 'p', 5432, 0, 0, '{"a": 1}');
INSERT INTO slot_pool VALUES (1, 'wide', 7, 'w');
INSERT INTO dag VALUES ('a', 1, '/f.py'), ('b', 0, '/f.py');
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "air flow.db"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executescript(SCHEMA)
    return path


@pytest.mark.parametrize("form", ["{path}", "sqlite:///{path}", "sqlite+pysqlite:///{path}"])
def test_an_sqlite_database_is_read_by_path_and_by_url(database: Path, form: str) -> None:
    source = form.format(path=database)
    assert is_database(source)
    rows = read_database(source)
    assert [row["key"] for row in rows["variable"]] == ["day", "hid"]
    assert rows["slot_pool"] == [
        {"pool": "wide", "slots": 7, "description": "w", "include_deferred": None}  # an old version
    ]
    assert {row["dag_id"]: row["is_paused"] for row in rows["dag"]} == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("mysql://u:p@h/airflow", "mysql is not read: sqlite:// and postgresql:// are. Export instead"),
        ("sqlite:////no/such.db", "/no/such.db does not exist"),
    ],
)
def test_what_is_not_read_says_what_to_do(source: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_database(source)


def test_another_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE t (a)")
    with pytest.raises(UsageError, match="has no table 'variable': is it Airflow's database"):
        read_database(str(path))


def test_an_export_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "variables.json"
    path.write_text("{}")
    assert not is_database(str(path))
    assert not is_database(str(tmp_path / "missing"))


def test_the_key_comes_from_a_file_a_configuration_or_the_environment(tmp_path: Path) -> None:
    key, configuration, empty = tmp_path / "key", tmp_path / "airflow.cfg", tmp_path / "empty.cfg"
    key.write_text("one, two\n")
    configuration.write_text("[core]\nfernet_key = three\n# fernet_key = four\n")
    empty.write_text("[core]\nfernet_key =\n")
    assert fernet_keys(key, {}) == ["one", "two"]
    assert fernet_keys(configuration, {"AIRFLOW__CORE__FERNET_KEY": "five"}) == ["three"]
    assert fernet_keys(None, {"AIRFLOW__CORE__FERNET_KEY": "five"}) == ["five"]
    assert fernet_keys(None, {}) == []
    with pytest.raises(UsageError, match="has no Fernet key"):
        fernet_keys(empty, {})


def test_without_the_key_it_says_so() -> None:
    with pytest.raises(ValueError, match="give the Fernet key with --fernet-key-file"):
        opener([])("gAAAAA")


def test_values_are_decrypted_with_the_key_that_fits() -> None:
    fernet = pytest.importorskip("cryptography.fernet")
    old, new = fernet.Fernet.generate_key(), fernet.Fernet.generate_key()
    value = fernet.Fernet(old).encrypt(b"secret").decode()
    assert opener([new.decode(), old.decode()])(value) == "secret"
    with pytest.raises(ValueError, match="another Fernet key than the one given"):
        opener([new.decode()])(value)
    with pytest.raises(ValueError, match="the Fernet key is wrong"):
        opener([base64.b64encode(b"short").decode()])(value)
