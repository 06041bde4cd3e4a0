"""What the gate writes of records: how one is added, changed in place, and dropped; by table."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.store.engine.record_kinds import KINDS, Kind
from penstock.store.query import Write
from penstock.store.sqlite.core import write_of
from penstock.store.statements.rows import run

_TABLES = run.metadata.tables


def _here(kind: Kind) -> list[Any]:
    table = _TABLES[kind.table]
    return [table.c[name] == sa.bindparam(f"b_{name}") for name in kind.key]


def _update(kind: Kind) -> Write:
    changed: dict[str, Any] = {name: sa.bindparam(name) for name in kind.changes}
    return write_of(sa.update(_TABLES[kind.table]).where(*_here(kind)).values(changed))


INSERT = {kind.table: write_of(sa.insert(_TABLES[kind.table]), kind.columns) for kind in KINDS.values()}
UPDATE = {kind.table: _update(kind) for kind in KINDS.values() if kind.changes}
DELETE = {kind.table: write_of(sa.delete(_TABLES[kind.table]).where(*_here(kind))) for kind in KINDS.values()}
