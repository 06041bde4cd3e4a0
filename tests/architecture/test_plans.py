"""How SQLite carries out each statement of the store: none goes through a large table without need.

The plans are those of an empty database: SQLite has no figures about its rows there, and an instance
has none either.
"""

from __future__ import annotations

import importlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from penstock.store.query import Query, Write
from penstock.store.sql import schema
from penstock.store.statements.generated import FOLDER

LARGE = {
    "asset_event", "attempt", "backfill_slot", "callback", "event", "failure", "ledger", "question", "run",
    "run_asset_event", "sample", "task_instance", "xcom",
}  # fmt: skip
"""Tables that grow with every run."""
SMALL_INDEXES = {
    "ix_attempt_logs", "ix_callback_open", "ix_event_news", "ix_failure_fingerprint", "ix_question_open",
    "ix_run_failed", "ix_run_unfinished", "ix_task_failed", "ux_attempt_one_live",
}  # fmt: skip
"""Indexes over few of the rows: going through one of them is no scan of the table."""
WHOLE = {
    "engine.assets.COUNTS": "how many events each asset has, from an index; asked by the assets screen",
    "engine.working_set.LAST_WRITTEN": "the newest event only",
    "upkeep.expire.DAGS_WITH_RUNS": "from an index, in a thread, once an hour",
    "upkeep.expire.DELETE_ASSET_EVENTS": "from an index: which events runs still refer to",
    "upkeep.expire.DELETE_POINTS": "old points, until a slice is full; if they are not kept for ever",
    "upkeep.expire.OLD_EVENTS": "ends at the first event that is young enough",
    "upkeep.health.RUNS": "`penstock db check` reads everything",
    "upkeep.health.TRAIL": "`penstock db check` reads everything",
    "engine.removal.SETTLE_POINTS": "when an unreadable backfill is dropped by hand",
    "views.digest.RECOVERED": "failures, which triage shows all; asked when a person comes back",
    "views.status.LAST_EVENT": "the newest event only",
    "views.system.ALL": "how many attempts there are, from an index; asked by System",
    "views.search.figures.ENDED": "the metrics of the HTTP API, which count everything",
    "views.search.figures.POINTS": "the metrics of the HTTP API, which count everything",
    "views.search.figures.TASKS": "the metrics of the HTTP API, which count everything",
}
"""Statements that read a whole large table or index, and why that is all right."""


def statements() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every statement."""
    for path in sorted(FOLDER.rglob("*.py")):
        place = ".".join(path.relative_to(FOLDER).with_suffix("").parts)
        if path.name in {"__init__.py", "schema.py"}:
            continue
        for name, found in vars(importlib.import_module(f"penstock.store.sql.{place}")).items():
            for each in found if isinstance(found, tuple) else (found,):
                if isinstance(each, Query | Write):
                    yield f"{place}.{name}", each.text


@pytest.fixture(scope="module")
def empty() -> Iterator[sqlite3.Connection]:
    """Give an empty database with all tables and indexes."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for found in vars(schema).values():
            for each in found if isinstance(found, tuple) else ():
                connection.execute(each.text)
        yield connection


def scanned(connection: sqlite3.Connection, text: str) -> set[str]:
    """Return the large tables that a statement goes through from end to end."""
    text = text.replace("...", "")
    names = set(re.findall(r":([a-z_0-9]+)", text))
    values: dict[str, int] | list[int] = dict.fromkeys(names, 0) if names else [0] * text.count("?")
    aliases = dict(re.findall(r"\b([a-z_]+) AS ([a-z_]+)\b", text))
    tables = {alias: table for table, alias in aliases.items()}
    found = set()
    for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {text}", values):
        match = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if match is not None and tables.get(match[1], match[1]) in LARGE and match[2] not in SMALL_INDEXES:
            found.add(match[1])
    return found


def test_no_statement_goes_through_a_large_table_without_need(empty: sqlite3.Connection) -> None:
    reading = {name for name, text in statements() if "/*where*/" not in text and scanned(empty, text)}
    assert reading - WHOLE.keys() == set()
    assert WHOLE.keys() - reading == set()


CONDITIONS = [
    ("views.status", "EVENTS", ("OF_DAG",)),
    ("views.status", "EVENTS", ("OF_DAG", "OF_RUN")),
    ("views.backfills", "COUNTS", ("POINTS_OF_DAG",)),
    ("views.questions", "OPEN", ()),
    ("views.questions", "OPEN", ("OF_DAG",)),
    ("views.failures", "OPEN_GROUPS", ()),
    ("views.failures", "OPEN_INSIDE", ()),
]


@pytest.mark.parametrize(("place", "name", "conditions"), CONDITIONS)
def test_what_is_asked_all_the_time_is_read_from_indexes(
    empty: sqlite3.Connection, place: str, name: str, conditions: tuple[str, ...]
) -> None:
    module = importlib.import_module(f"penstock.store.sql.{place}")
    query = getattr(module, name).where(*(getattr(module, each) for each in conditions))
    assert scanned(empty, query.text) == set()


@pytest.mark.parametrize("conditions", [("OF_DAG",), ("OF_DAG", "OF_RUN")])
def test_events_are_found_in_their_order(empty: sqlite3.Connection, conditions: tuple[str, ...]) -> None:
    """The newest few of a DAG are not sorted out of all that it has."""
    from penstock.store.sql.views import status

    query = status.EVENTS.where(*(getattr(status, each) for each in conditions))
    values = {"dag_id": "", "run_id": "", "after": 0, "limit": 1}
    steps = [row[-1] for row in empty.execute(f"EXPLAIN QUERY PLAN {query.text}", values)]
    assert [step for step in steps if "TEMP B-TREE" in step] == []
