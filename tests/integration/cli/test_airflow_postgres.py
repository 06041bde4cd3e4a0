"""`penstock airflow import --from postgresql://...`: a real server, with the columns that Airflow has."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.commands import Say
from drive.instance import Instance
from drive.postgres import PASSWORD, Postgres, postgres
from drive.waiting import wait_for
from penstock.cli.airflow_database import read_database
from penstock.errors import UsageError

pytestmark = pytest.mark.slow

OF_3 = """
CREATE TABLE variable (id serial PRIMARY KEY, key varchar(250) UNIQUE, val text, description text,
    is_encrypted boolean, team_name varchar(50));
CREATE TABLE connection (id serial PRIMARY KEY, conn_id varchar(250) UNIQUE NOT NULL,
    conn_type varchar(500) NOT NULL, description text, host varchar(500), schema varchar(500), login text,
    password text, port integer, is_encrypted boolean, is_extra_encrypted boolean, team_name varchar(50),
    extra text);
CREATE TABLE slot_pool (id serial PRIMARY KEY, pool varchar(256) UNIQUE, slots integer, description text,
    include_deferred boolean NOT NULL, team_name varchar(50));
CREATE TABLE dag (dag_id varchar(250) PRIMARY KEY, is_paused boolean, is_stale boolean, fileloc varchar(2000),
    timetable_summary text);
"""
OF_2 = """
CREATE TABLE variable (id serial PRIMARY KEY, key varchar(250) UNIQUE, val text, description text,
    is_encrypted boolean);
CREATE TABLE connection (id serial PRIMARY KEY, conn_id varchar(250) UNIQUE NOT NULL,
    conn_type varchar(500) NOT NULL, description text, host varchar(500), schema varchar(500),
    login varchar(500), password varchar(5000), port integer, is_encrypted boolean,
    is_extra_encrypted boolean, extra text);
CREATE TABLE slot_pool (id serial PRIMARY KEY, pool varchar(256) UNIQUE, slots integer, description text);
CREATE TABLE dag (dag_id varchar(250) PRIMARY KEY, is_paused boolean, is_active boolean, fileloc text);
INSERT INTO slot_pool (pool, slots) VALUES ('default_pool', 64);
"""
DAGS = """
from penstock import DAG, EmptyOperator
for name in ("nyc_flights", "user_snapshots"):
    with DAG(name, schedule="@daily", is_paused_upon_creation=False):
        EmptyOperator(task_id="t")
"""
VALUES = {
    "true": "t", "false": "f", "null": "\\N", "null_word": "null", "number": "007", "nothing": "",
    "lines": "one\r\ntwo\n\nthree", "quotes": """a "b", 'c' \\ d;e""", "letters": "Zoë ✓ 東京",
    "json": '{"a": [1, null, "x\\ny"]}', "long": "x" * 200_000,
}  # fmt: skip
"""Values of variables that rows written as text could mistake for something else."""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as made:
        for name, schema in (("of_2", OF_2), ("of_3", OF_3), ("other", "CREATE TABLE t (a int);")):
            made.sql(f"CREATE DATABASE {name}")
            made.sql(schema, name)
        rows = "\n".join(
            f"INSERT INTO variable (key, val, is_encrypted) VALUES ('{name}', {_quoted(value)}, false);"
            for name, value in VALUES.items()
        )
        made.sql(
            rows + "INSERT INTO connection (conn_id, conn_type, host, port, login, extra, is_encrypted,"
            " is_extra_encrypted) VALUES ('dw', 'postgres', 'db.example', 5433, 'etl', '{\"sslmode\":"
            " \"require\"}', false, false), ('bare', 'http', NULL, NULL, NULL, NULL, false, false);"
            "INSERT INTO slot_pool (pool, slots, description, include_deferred) VALUES"
            " ('default_pool', 128, 'Default pool', false), ('wide', 7, NULL, true);"
            "INSERT INTO dag (dag_id, is_paused) VALUES ('nyc_flights', true), ('user_snapshots', false),"
            " ('elsewhere', true);",
            "of_3",
        )
        yield made


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@pytest.fixture(params=["psql", "psycopg"])
def through(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, server: Postgres) -> str:
    """The library or the program that reads."""
    if request.param == "psycopg":
        pytest.importorskip("psycopg")
    else:
        for name in ("psycopg", "psycopg2"):
            monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.setenv("PATH", str(server.programs), prepend=":")
    return str(request.param)


@pytest.mark.usefixtures("through")
def test_every_value_is_what_it_is_in_the_database(server: Postgres) -> None:
    rows = read_database(server.url_of("of_3"))
    assert {row["key"]: row["val"] for row in rows["variable"]} == VALUES
    assert {row["is_encrypted"] for row in rows["variable"]} == {False}
    dw, bare = sorted(rows["connection"], key=lambda row: str(row["conn_id"]), reverse=True)
    assert (dw["host"], dw["port"], dw["login"], dw["extra"]) == (
        "db.example", 5433, "etl", '{"sslmode": "require"}',
    )  # fmt: skip
    assert (bare["conn_type"], bare["host"], bare["port"]) == ("http", None, None)
    assert {row["pool"]: (row["slots"], row["include_deferred"]) for row in rows["slot_pool"]} == {
        "default_pool": (128, False),
        "wide": (7, True),
    }
    assert {row["dag_id"]: row["is_paused"] for row in rows["dag"]} == {
        "elsewhere": True,
        "nyc_flights": True,
        "user_snapshots": False,
    }
    older = read_database(server.url_of("of_2").replace("postgresql://", "postgresql+psycopg2://"))
    assert older["slot_pool"] == [
        {"pool": "default_pool", "slots": 64, "description": None, "include_deferred": None}
    ]


@pytest.mark.usefixtures("through")
def test_nothing_is_written_there(server: Postgres) -> None:
    """Not even by a table that turns out to be a view over a function that writes."""
    server.sql("CREATE DATABASE writes")
    server.sql(
        OF_3.replace("CREATE TABLE variable", "CREATE TABLE kept")
        + "CREATE FUNCTION put() RETURNS SETOF kept LANGUAGE sql AS"
        " $$INSERT INTO kept (key, val) VALUES ('x', 'y') RETURNING *$$;"
        "CREATE VIEW variable AS SELECT * FROM put();",
        "writes",
    )
    try:
        with pytest.raises(UsageError, match="read-only transaction"):
            read_database(server.url_of("writes"))
    finally:
        server.sql("DROP DATABASE writes WITH (FORCE)")


@pytest.mark.usefixtures("through")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("/postgres$", "/other", r"has no table 'variable': is it Airflow's database\?"),
        ("/postgres$", "/nowhere", 'database "nowhere" does not exist'),
        (PASSWORD, "wrong-pw-77", "password authentication failed"),
        (r":\d+/", ":1/", "cannot be read: "),
    ],
)
def test_what_cannot_be_read_says_why_and_never_the_password(
    server: Postgres, old: str, new: str, words: str
) -> None:
    url = re.sub(old, new, server.url)
    with pytest.raises(UsageError, match=words) as caught:
        read_database(url)
    assert "postgresql://postgres:***@127.0.0.1" in str(caught.value)
    assert new not in str(caught.value) or "pw" not in new


@pytest.mark.usefixtures("through")
def test_it_is_taken_over(
    alone: Say, home: Path, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a real engine; what is encrypted only with its key, which is in an airflow.cfg."""
    monkeypatch.delenv("AIRFLOW__CORE__FERNET_KEY", raising=False)
    url = server.url_of("of_3")
    instance = Instance(home)
    instance.write_dag("here", DAGS)
    instance.start()
    try:
        with instance.client() as engine:
            wait_for(lambda: len(engine.dags()) == 2, 60, "the DAGs are not loaded")
            planned = alone("airflow", "import", "--from", url, "--dry-run", "--json")
            assert planned.code == 0, planned.err
            assert len(planned.document["would_set"]) == len(VALUES) + 2 + 2 + 1
            assert engine.variables() == []
            done = alone("airflow", "import", "--from", url)
            assert done.code == 0, done.err
            assert PASSWORD not in done.err + done.out
            assert "the pauses of DAGs that are not here were left: elsewhere" in done.err
            assert {row.name for row in engine.variables()} == set(VALUES)
            for name, value in VALUES.items():
                answer = alone("variables", "get", name)
                assert answer.out.removesuffix("\n") == value.replace("\r\n", "\n"), name  # as it is shown
            assert {row.conn_id for row in engine.connections()} == {"dw", "bare"}
            assert {row.name: row.slots for row in engine.pools()} == {"default_pool": 128, "wide": 7}
            assert [row.dag_id for row in engine.dags() if row.paused] == ["nyc_flights"]
            _take_over_encrypted(alone, server, tmp_path / "airflow.cfg")
    finally:
        instance.close()


def _take_over_encrypted(alone: Say, server: Postgres, configuration: Path) -> None:
    fernet = pytest.importorskip("cryptography.fernet")
    key = fernet.Fernet.generate_key()
    value, password, extra = (
        fernet.Fernet(key).encrypt(text.encode()).decode() for text in ("t", "pw-9c", '{"a": 1}')
    )
    server.sql(
        f"INSERT INTO variable (key, val, is_encrypted) VALUES ('kept', '{value}', true);"
        "INSERT INTO connection (conn_id, conn_type, password, extra, is_encrypted, is_extra_encrypted)"
        f" VALUES ('safe', 'http', '{password}', '{extra}', true, true);",
        "of_2",
    )
    url = server.url_of("of_2")
    configuration.write_text(f"[core]\nfernet_key = {key.decode()}\n")
    without = alone("airflow", "import", "--from", url, "--clear-secrets")
    assert without.code == 1
    assert without.err.count("give the Fernet key with --fernet-key-file") == 2
    with_key = ("airflow", "import", "--from", url, "--fernet-key-file", str(configuration))
    refused = alone(*with_key)
    assert refused.code == 1
    assert "connection safe would be stored with a plain-text secret" in refused.err
    opened = alone(*with_key, "--clear-secrets")
    assert opened.code == 0, opened.err
    assert "pw-9c" not in refused.err + refused.out + opened.err + opened.out
    assert alone("variables", "get", "kept").out == "t\n"
