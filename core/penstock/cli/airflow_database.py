"""Reads variables, connections, pools and the pauses of DAGs from Airflow's own database.

SQLite through Python, PostgreSQL through psycopg if it is installed and else through the program `psql`.
Nothing is written there: SQLite is opened read-only, PostgreSQL in a transaction that may only read.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock.errors import UsageError
from penstock.importing.airflow_rows import TABLES

_SQLITE = b"SQLite format 3\x00"
_PSQL_SECONDS = 60

Query = Callable[[str], list[tuple[Any, ...]]]
Rows = dict[str, list[dict[str, Any]]]


def is_database(source: str) -> bool:
    """Whether *source* is the URL of a database, or an SQLite file."""
    if re.match(r"[a-z0-9+_]+://", source):
        return True
    try:
        with Path(source).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def read_database(source: str) -> Rows:
    """Return the rows of `TABLES` in the database *source*, a URL or an SQLite file, by table.

    Raises `UsageError` if it cannot be read, or is not Airflow's.
    """
    scheme, _, _ = source.partition("://")
    dialect = scheme.partition("+")[0]
    if "://" not in source or dialect == "sqlite":
        with _sqlite(source) as query:
            return _rows(query, "SELECT name FROM pragma_table_info('{table}')", source)
    if dialect in {"postgresql", "postgres"}:
        with _postgres(source) as query:
            columns = (
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = '{table}' AND table_schema = ANY (current_schemas(false))"
            )
            return _rows(query, columns, _covered(source))
    raise UsageError(
        f"{dialect} is not read: sqlite:// and postgresql:// are. Export instead: airflow variables export "
        "variables.json, airflow connections export connections.json, airflow pools export pools.json"
    )


def _rows(query: Query, columns: str, source: str) -> Rows:
    found: Rows = {}
    for table, wanted in TABLES.items():
        there = {str(row[0]) for row in query(columns.format(table=table))}
        if not there:
            raise UsageError(f"{source} has no table {table!r}: is it Airflow's database?")
        names = [name for name in wanted if name in there]
        listed = ", ".join(f'"{name}"' for name in names)
        rows = query(f'SELECT {listed} FROM "{table}" ORDER BY 1')  # noqa: S608 - names of ours
        missing = dict.fromkeys(wanted)
        found[table] = [missing | dict(zip(names, row, strict=True)) for row in rows]
    return found


@contextmanager
def _sqlite(source: str) -> Iterator[Query]:
    path = Path(unquote(urlsplit(source).path.removeprefix("/")) if "://" in source else source)
    if "://" in source and not path.is_absolute():
        path = path.absolute()
    if not path.is_file():
        raise UsageError(f"{path} does not exist")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield lambda text: connection.execute(text).fetchall()
    except sqlite3.Error as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


@contextmanager
def _postgres(source: str) -> Iterator[Query]:
    url = re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", source)
    for name in ("psycopg", "psycopg2"):
        try:
            module: Any = import_module(name)
        except ImportError:
            continue
        try:
            with closing(module.connect(url)) as connection:
                cursor = connection.cursor()
                cursor.execute("SET TRANSACTION READ ONLY")
                yield partial(_fetched, cursor)
        except module.Error as error:
            raise UsageError(f"{_covered(source)} cannot be read: {error}") from None
        return
    yield _psql(url)


def _fetched(cursor: Any, text: str) -> list[tuple[Any, ...]]:
    cursor.execute(text)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _psql(url: str) -> Query:
    """Return a query through the program psql; the URL is in its environment, not among its words.

    Rows come as JSON, one a line, so that types, NULL and newlines are what they are in the database.
    """
    import subprocess

    environment = {
        **os.environ,
        **_libpq(url),
        "PGOPTIONS": "-c default_transaction_read_only=on",
        "PGCLIENTENCODING": "UTF8",
    }

    def query(text: str) -> list[tuple[Any, ...]]:
        command = ["psql", "-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        try:
            done = subprocess.run(
                [*command, "-c", f"SELECT row_to_json(q) FROM ({text}) q"],  # noqa: S608 - text of ours
                env=environment, capture_output=True, check=False, timeout=_PSQL_SECONDS,
            )  # fmt: skip
        except FileNotFoundError:
            raise UsageError(
                "reading PostgreSQL needs psycopg (pip install 'psycopg[binary]') or the program psql"
            ) from None
        except subprocess.TimeoutExpired:
            raise UsageError(f"{_covered(url)} has not answered for {_PSQL_SECONDS} s") from None
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip()
            raise UsageError(f"{_covered(url)} cannot be read: {why or done.returncode}")
        return [tuple(json.loads(line).values()) for line in done.stdout.decode().split("\n") if line]

    return query


def _libpq(url: str) -> dict[str, str]:
    """Return a PostgreSQL URL as the environment variables that every client of it reads."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise UsageError(f"the URL is wrong: {error}") from None
    named = {
        "PGHOST": parts.hostname,
        "PGPORT": None if port is None else str(port),
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.path.removeprefix("/"),
    }
    settings = {
        "host": "PGHOST",
        "sslmode": "PGSSLMODE",
        "port": "PGPORT",
        "connect_timeout": "PGCONNECT_TIMEOUT",
    }
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        if name in settings:
            named[settings[name]] = value
    return {name: unquote(value) for name, value in named.items() if value}


def _covered(source: str) -> str:
    """Return a URL without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", source)


def opener(keys: Sequence[str]) -> Callable[[str], str]:
    """Return what decrypts a value with the first of the Fernet *keys* that fits.

    It raises ValueError, with what to do, for what cannot be decrypted.
    """

    def opened(value: str) -> str:
        if not keys:
            raise ValueError("it is encrypted: give the Fernet key with --fernet-key-file")
        try:
            fernet: Any = import_module("cryptography.fernet")
        except ImportError:
            raise ValueError("it is encrypted, and reading it needs: pip install cryptography") from None
        for key in keys:
            try:
                plain: bytes = fernet.Fernet(key.encode()).decrypt(value.encode())
            except fernet.InvalidToken:
                continue
            except ValueError as error:
                raise ValueError(f"the Fernet key is wrong: {error}") from None
            return plain.decode()
        raise ValueError("it is encrypted with another Fernet key than the one given")

    return opened


def fernet_keys(file: Path | None, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the Fernet keys in *file* (a key, several with commas, or an airflow.cfg), or the environment's.

    Raises `UsageError` if the file has none.
    """
    text = (os.environ if environment is None else environment).get("AIRFLOW__CORE__FERNET_KEY", "")
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise UsageError(f"{file} cannot be read: {error}") from None
        setting = re.search(r"^\s*fernet_key\s*=\s*(.*)$", text, re.MULTILINE)
        text = setting[1] if setting else text
        if not text.strip():
            raise UsageError(f"{file} has no Fernet key")
    return [key.strip() for key in text.split(",") if key.strip()]
