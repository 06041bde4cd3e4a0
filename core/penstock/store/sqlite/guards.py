"""The database's guards: triggers that refuse what the gate would never write."""

from __future__ import annotations

from penstock.model.transitions import run_edges, task_edges
from penstock.store.sql import schema as sql
from penstock.store.sqlite.connection import Connection

# A statement that slips past the gate is refused by the database itself.
_GUARD = """
CREATE TRIGGER guard_{table} BEFORE UPDATE OF state ON {table}
WHEN NEW.state IS NOT OLD.state AND NOT EXISTS
  (SELECT 1 FROM edge WHERE subject = '{table}' AND before = OLD.state AND after = NEW.state)
BEGIN SELECT RAISE(ABORT, 'illegal move of {table}'); END
"""
_TRIGGERS = {
    "guard_task_instance": _GUARD.format(table="task_instance"),
    "guard_run": _GUARD.format(table="run"),
    "event_no_update": """
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END
""",
    # Transitions are deleted with their run, not before; acts of people stay until retention has recorded
    # that they are too old.
    "event_no_delete": """
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
WHEN EXISTS (SELECT 1 FROM run WHERE dag_id = OLD.dag_id AND run_id = OLD.run_id)
  OR ((OLD.run_id IS NULL OR OLD.kind LIKE 'act%') AND OLD.at_us >=
    (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = 'events_from_us'))
BEGIN SELECT RAISE(ABORT, 'events stay'); END
""",
}


def guards_hold(connection: Connection) -> bool:
    """Whether the database has this program's guards and moves."""
    known = {tuple(row) for row in connection.execute(sql.EDGES)}
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found: dict[str, str] = {row[0]: row[1] for row in rows}
    return known == set(_edges()) and all(
        _words(found.get(name)) == _words(text) for name, text in _TRIGGERS.items()
    )


def install_guards(connection: Connection) -> None:
    """Fill the table of legal moves and create the triggers that use it."""
    connection.execute(sql.DROP_EDGES)
    connection.write(sql.ADD_EDGE, _edges())
    drop_guards(connection)
    for trigger in _TRIGGERS.values():
        connection.execute(trigger)


def drop_guards(connection: Connection) -> None:
    """Drop the triggers; a table cannot be recreated under them."""
    for name in _TRIGGERS:
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")


def _words(statement: str | None) -> list[str]:
    return (statement or "").split()


def _edges() -> list[tuple[str, str, str]]:
    """Return the legal moves as rows: subject, state before, state after."""
    return [
        (subject, before.value, after.value)
        for subject, edges in (("task_instance", task_edges()), ("run", run_edges()))
        for before, after in sorted(edges)
        if before is not after
    ]
