"""What is asked often is found from an index: it costs what it shows, not what the history has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.model.digest import KINDS
from penstock.model.points import PointState
from penstock.store.database import Database
from penstock.store.engine.gate import ENGINE
from penstock.store.query import Query
from penstock.store.sql.views import digest, failures, late, questions
from penstock.store.sql.views.search import notes
from penstock.store.sqlite.connection import Connection
from penstock.store.statement import table_of
from penstock.store.tables import LedgerRow, trail
from penstock.store.views.search.notes import read_notes


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database.open(tmp_path / "penstock.db")
    with database.read() as opened:
        yield opened
    database.close()


def steps(connection: Connection, query: Query, **values: Any) -> list[str]:
    """Return how SQLite would carry a statement out."""
    text, spread = query.spread(values)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", spread)]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (digest.NEWS_AFTER, "event USING INDEX ix_event_news (seq>?)"),
        (digest.NEWEST_NEWS, "event USING INDEX ix_event_news"),
        (digest.SKIPPED, "ledger USING INDEX ix_ledger_missed (at_us>?)"),
        (late.BEGAN_LATE, "ledger USING INDEX ix_ledger_missed (at_us>?)"),
    ],
)
def test_what_a_digest_tells_is_found_from_an_index(connection: Connection, query: Query, index: str) -> None:
    found = steps(connection, query, after=0, since=0)
    assert any(index in step for step in found), found
    assert not any(step.startswith("USE TEMP B-TREE") for step in found if index.startswith("event")), found


@pytest.mark.parametrize("query", [questions.COUNT, questions.BY_DAG, questions.BY_RUN, questions.OPEN])
def test_open_questions_are_found_without_the_tasks_there_ever_were(
    connection: Connection, query: Query
) -> None:
    found = steps(connection, query, limit=9)
    assert "question USING INDEX ix_question_open" in found[0], found
    assert not any(step == "SCAN task_instance" for step in found), found


@pytest.mark.parametrize("query", [*failures.OPEN_COUNTS, failures.OPEN_GROUPS, failures.OPEN_INSIDE])
def test_open_failures_are_found_without_all_runs_and_tasks(connection: Connection, query: Query) -> None:
    found = steps(connection, query, limit=9, now_us=0)
    assert not any(step in {"SCAN run", "SCAN task_instance"} for step in found), found


def test_notes_are_found_without_the_other_events_of_their_runs(connection: Connection) -> None:
    assert read_notes(connection, [("etl", "a"), ("etl", "b")]) == {}
    found = steps(connection, notes.NOTES, dags=["etl"], runs=["a", "b"])
    assert any("USING INDEX ix_event_note" in step for step in found), found


def test_the_index_of_news_has_the_events_that_are_told() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    assert f"actor <> '{ENGINE}' OR kind IN ({kinds})" == trail.NEWS


def test_the_index_of_missed_points_has_their_states() -> None:
    index = next(each for each in table_of(LedgerRow).indexes if each.name == "ix_ledger_missed")
    words = str(index.dialect_options["sqlite"]["where"])
    assert words == f"status IN ('{PointState.SKIPPED}', '{PointState.RAN_LATE}')"
