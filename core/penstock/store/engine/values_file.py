"""The file from which tasks read the store's variables and connections.

A task's process uses no SQL and must not need a running engine for a look-up, so the engine keeps
this copy: written by rename, after the commit and before any answer is sent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from penstock.store.database import Database
from penstock.store.engine.records import ValueRecord
from penstock.store.query import picked
from penstock.store.sql.engine import values_file as sql

VERSION = 1


def write_values(path: Path, records: Iterable[ValueRecord]) -> None:
    """Write *records* to *path*, for this user alone. Raises OSError."""
    body: dict[str, object] = {"v": VERSION, "variable": {}, "connection": {}}
    for record in records:
        kind = body[record.kind]
        assert isinstance(kind, dict)
        kind[record.name] = json.loads(record.entry)
    draft = path.with_name(f"{path.name}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(body, file)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)  # the space is needed
        raise


def seed_values(database: Database, data: bytes) -> None:
    """Fill an empty store from a file of `write_values`."""
    body = json.loads(data)
    rows = [
        {
            "kind": kind,
            "name": name,
            "entry": json.dumps(entry),
            "description": None,
            "updated_us": 0,
            "by": "",
        }
        for kind in ("variable", "connection")
        for name, entry in body.get(kind, {}).items()
    ]
    if rows:
        with database.write() as connection:
            connection.write(sql.INSERT, picked(sql.INSERT.names, rows))
