"""Versions of DAGs."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.rows import version

SOME = sa.select(version).where(version.c.id.in_(sa.bindparam("keys", expanding=True)))
