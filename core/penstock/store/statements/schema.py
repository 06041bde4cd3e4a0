"""How a new database is made, and the moves that its guards know."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from penstock.store import tables
from penstock.store.query import Query
from penstock.store.sqlite.core import schema_of, write_of
from penstock.store.statements.rows import edge, pool

APPLICATION_ID = tables.APPLICATION_ID
SCHEMA_VERSION = tables.SCHEMA_VERSION


def _statements() -> list[Query]:
    found: list[Query] = []
    for table in pool.metadata.sorted_tables:
        found.append(schema_of(CreateTable(table)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        found += [schema_of(CreateIndex(index)) for index in indexes]
    return found


TABLES = tuple(_statements())
DEFAULT_POOL = write_of(sa.insert(pool), ["name", "slots", "description", "include_deferred"])
EDGES = sa.select(edge.c.subject, edge.c.before, edge.c.after)
DROP_EDGES = sa.delete(edge)
ADD_EDGE = write_of(sa.insert(edge), ["subject", "before", "after"])
