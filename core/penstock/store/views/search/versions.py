"""Versions of DAGs by number: the first that was loaded is 1."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us
from penstock.model.subject import about_row
from penstock.model.views.found import VersionFacts
from penstock.store import tables
from penstock.store.sieve import Sieve
from penstock.store.statement import table_of
from penstock.store.views.versions import version_name

_version = table_of(tables.DagVersionRow)
_NUMBERED = sa.select(
    _version.c.id, _version.c.dag_id, _version.c.spec_hash, _version.c.source_hash, _version.c.created_us,
    _version.c.file,
    sa.func.row_number().over(partition_by=_version.c.dag_id, order_by=_version.c.id).label("number"),
).order_by(_version.c.dag_id, _version.c.id)  # fmt: skip


def numbered(connection: Connection, dag_ids: Collection[str] | None) -> dict[int, VersionFacts]:
    """Return the versions of some DAGs (None: of all), by key, the oldest first."""
    query = _NUMBERED if dag_ids is None else _NUMBERED.where(_version.c.dag_id.in_(sorted(dag_ids)))
    rows = connection.execute(query).all()
    found = Sieve().rows(rows, lambda row: about_row("dag_version", row.id), _facts)
    return {facts.version_id: facts for facts in found}


def _facts(row: Any) -> VersionFacts:
    return VersionFacts(
        version_id=row.id,
        dag_id=row.dag_id,
        number=row.number,
        name=version_name(str(row.spec_hash), str(row.source_hash)),
        created=from_us(row.created_us),
        file=row.file,
    )
