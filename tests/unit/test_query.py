"""Statements as text: completed with conditions, spread over lists, and read as rows with names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from penstock.store.query import ORDER, WHERE, Query, Values, all_of, any_of, literally, picked
from penstock.store.sqlite.connection import Connection

PAGE = Query(f"SELECT t.a, t.b FROM t WHERE {WHERE} ORDER BY {ORDER} LIMIT :limit", ("a", "b"), flags=("b",))
SOME = Query(
    "SELECT t.a FROM t WHERE t.a IN (:these...) OR t.a IN (:those...)", ("a",), lists=("these", "those")
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        raw.execute("CREATE TABLE t (a TEXT, b INTEGER)")
        raw.executemany("INSERT INTO t VALUES (?, ?)", [("x", 1), ("y_", 0), ("yz", None)])
        yield Connection(raw)


def test_a_statement_without_conditions_is_for_all_rows(connection: Connection) -> None:
    rows = connection.execute(PAGE, {"limit": 9}).all()
    assert [(row.a, row.b) for row in rows] == [("x", True), ("y_", False), ("yz", None)]
    assert rows == [("x", True), ("y_", False), ("yz", None)]
    assert connection.execute(PAGE, {"limit": 9}).mappings()[0] == {"a": "x", "b": True}


@pytest.mark.parametrize(
    ("texts", "found"),
    [((), []), (("y_",), ["y_"]), (("y", "x"), ["yz", "y_", "x"]), (("%",), []), (("/",), [])],
)
def test_conditions_and_order_are_put_into_their_places(
    connection: Connection, texts: tuple[str, ...], found: list[str]
) -> None:
    values = Values(limit=9)
    fits = any_of(f"t.a LIKE {values.one(literally(text) + '%')} ESCAPE '/'" for text in texts)
    query = PAGE.where(fits, all_of([])).order("t.a DESC")
    assert [row.a for row in connection.execute(query, values)] == found


@pytest.mark.parametrize(
    ("these", "those", "found"),
    [([], [], []), (["x"], [], ["x"]), (["x", "yz"], ["y_"], ["x", "y_", "yz"]), (("?", ":a"), ["x"], ["x"])],
)
def test_a_list_has_as_many_parameters_as_values(
    connection: Connection, these: list[str], those: list[str], found: list[str]
) -> None:
    values = {"these": these, "those": those}
    assert connection.execute(SOME, values).scalars() == found
    assert values == {"these": these, "those": those}, "what a reader gives is not changed"


def test_a_place_that_is_not_there_is_not_filled() -> None:
    with pytest.raises(AssertionError, match="no place"):
        SOME.where("1")


def test_what_is_asked_for_one_row_says_when_there_is_none(connection: Connection) -> None:
    nothing: tuple[Query, dict[str, list[str]]] = SOME, {"these": [], "those": []}
    assert connection.execute(*nothing).first() is None
    assert connection.scalar(*nothing) is None
    with pytest.raises(LookupError):
        connection.execute(*nothing).one()


def test_values_are_picked_in_the_order_of_a_statement() -> None:
    assert picked(("b", "a"), [{"a": 1, "b": 2}, {"b": 4, "a": 3}]) == [(2, 1), (4, 3)]


def test_what_is_taken_back_is_not_there(connection: Connection) -> None:
    connection.execute("DELETE FROM t")
    connection.rollback()
    assert connection.scalar("SELECT count(*) FROM t") == 3
