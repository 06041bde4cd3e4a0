"""What is asked often is found from an index: it costs what it shows, not what the history has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.model.digest import KINDS
from penstock.model.points import PointState
from penstock.store.database import Database
from penstock.store.engine.gate import ENGINE
from penstock.store.tables import trail
from penstock.store.views import digest, late
from penstock.store.views.search.notes import read_notes


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database.open(tmp_path / "penstock.db")
    with database.read() as opened:
        yield opened
    database.close()


def steps(connection: Connection, statement: sa.Select[Any], **values: Any) -> list[str]:
    """Return how SQLite would carry a statement out."""
    compiled = statement.compile(dialect=connection.dialect)
    found = compiled.construct_params(values)
    ordered = tuple(found[name] for name in getattr(compiled, "positiontup", None) or ())
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ordered)
    return [row[3] for row in rows]


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            digest._NEWS.order_by(digest._event.c.seq.desc()).limit(10),
            "event USING INDEX ix_event_news (seq>?)",
        ),
        (digest._NEWEST_NEWS, "event USING INDEX ix_event_news"),
        (digest._SKIPPED, "ledger USING INDEX ix_ledger_missed (at_us>?)"),
        (late._BEGAN_LATE, "ledger USING INDEX ix_ledger_missed (at_us>?)"),
    ],
)
def test_what_a_digest_tells_is_found_from_an_index(
    connection: Connection, statement: sa.Select[Any], index: str
) -> None:
    found = steps(connection, statement, after=0, since=0)
    assert any(index in step for step in found), found
    assert not any(step.startswith("USE TEMP B-TREE") for step in found if index.startswith("event")), found


def test_notes_are_found_without_the_other_events_of_their_runs(connection: Connection) -> None:
    done: list[str] = []
    sa.event.listen(
        connection.engine, "before_cursor_execute", lambda *said: done.append(f"{said[2]}|{said[3]}")
    )
    assert read_notes(connection, [("etl", "a"), ("etl", "b")]) == {}
    statement = done[-1].partition("|")[0]
    found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("etl", "a", "b")).all()
    assert any("USING INDEX ix_event_note" in row[3] for row in found), found


def test_the_index_of_news_has_the_events_that_are_told() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    assert f"actor <> '{ENGINE}' OR kind IN ({kinds})" == trail.NEWS


def test_the_index_of_missed_points_has_their_states() -> None:
    index = next(each for each in digest._ledger.indexes if each.name == "ix_ledger_missed")
    words = str(index.dialect_options["sqlite"]["where"])
    assert words == f"status IN ('{PointState.SKIPPED}', '{PointState.RAN_LATE}')"
