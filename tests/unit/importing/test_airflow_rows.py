"""Rows of Airflow's own database: what they set, and what is said about those that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.importing.airflow_exports import Setting
from penstock.importing.airflow_rows import TABLES, taken_from
from penstock.model.acts import SetConnection, SetPool, SetVariable


def opened(value: str) -> str:
    """Decrypt a value as tests encrypt it."""
    if not value.startswith("enc:"):
        raise ValueError("it is encrypted with another Fernet key than the one given")
    return value.removeprefix("enc:")


def row(table: str, **fields: Any) -> dict[str, Any]:
    """Return a whole row of a table."""
    return dict.fromkeys(TABLES[table]) | fields


CASES: list[tuple[str, dict[str, Any], Setting]] = [
    ("variable", {"key": "a", "val": "1"}, SetVariable(name="a", value="1")),
    (
        "variable",
        {"key": "a", "val": 'enc:{"x": 1}', "is_encrypted": 1, "description": "d"},
        SetVariable(name="a", value='{"x": 1}', description="d"),
    ),
    ("slot_pool", {"pool": "p", "slots": 3}, SetPool(name="p", slots=3)),
    (
        "slot_pool",
        {"pool": "p", "slots": "3", "description": "d", "include_deferred": True},
        SetPool(name="p", slots=3, description="d", include_deferred=True),
    ),
    (
        "connection",
        {"conn_id": "db", "conn_type": "postgres", "host": "h", "port": "5432", "password": "enc:p",
         "is_encrypted": True, "extra": 'enc:{"a": 1}', "is_extra_encrypted": 1, "description": "d"},
        SetConnection(conn_id="db", description="d", entry={
            "conn_type": "postgres", "host": "h", "port": 5432, "password": "p", "extra": {"a": 1},
        }),
    ),
    (
        "connection",
        {"conn_id": "web", "conn_type": "http", "password": "", "is_encrypted": True, "extra": "",
         "is_extra_encrypted": True},
        SetConnection(conn_id="web", entry={"conn_type": "http"}),
    ),
]  # fmt: skip
UNREAD: list[tuple[str, dict[str, Any], str]] = [
    (
        "variable",
        {"key": "a", "val": "x", "is_encrypted": True},
        "variable 'a': it is encrypted with another",
    ),
    ("variable", {"key": "a"}, "variable 'a': it has no value"),
    (
        "connection",
        {"conn_id": "c", "conn_type": "x", "password": "x", "is_encrypted": 1},
        "connection 'c': it is",
    ),
    (
        "connection",
        {"conn_id": "c", "conn_type": "x", "extra": "a=b"},
        "connection 'c': its extra is not JSON",
    ),
    ("connection", {"conn_id": "c", "conn_type": "x", "port": "y"}, "connection 'c': "),
]


@pytest.mark.parametrize(("table", "fields", "wanted"), CASES)
def test_what_a_row_sets(table: str, fields: dict[str, Any], wanted: Setting) -> None:
    taken = taken_from({table: [row(table, **fields)]}, opened)
    assert (taken.settings, taken.unread) == ([wanted], [])


@pytest.mark.parametrize(("table", "fields", "words"), UNREAD)
def test_what_cannot_be_read_is_named_and_the_rest_is_taken(
    table: str, fields: dict[str, Any], words: str
) -> None:
    taken = taken_from(
        {table: [row(table, **fields)], "slot_pool": [row("slot_pool", pool="p", slots=1)]}, opened
    )
    assert taken.settings == [SetPool(name="p", slots=1)]
    assert len(taken.unread) == 1
    assert taken.unread[0].startswith(words)


def test_pauses_of_dags() -> None:
    rows = [row("dag", dag_id="a", is_paused=1), row("dag", dag_id="b", is_paused=False)]
    assert taken_from({"dag": rows}, opened).paused == {"a": True, "b": False}
