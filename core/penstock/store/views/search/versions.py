"""Versions of DAGs by number: the first that was loaded is 1."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from penstock.clock import from_us
from penstock.model.subject import about_row
from penstock.model.views.found import VersionFacts
from penstock.store.query import Values
from penstock.store.sieve import Sieve
from penstock.store.sql.views.search import versions as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.versions import version_name


def numbered(connection: Connection, dag_ids: Collection[str] | None) -> dict[int, VersionFacts]:
    """Return the versions of some DAGs (None: of all), by key, the oldest first."""
    values = Values()
    query = sql.NUMBERED
    if dag_ids is not None:
        query = query.where(f"{sql.DAG_ID} IN {values.each(sorted(dag_ids))}")
    rows = connection.execute(query, values).all()
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
