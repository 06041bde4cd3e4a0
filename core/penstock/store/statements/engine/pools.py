"""Pools that the settings name."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.sqlite.core import write_of
from penstock.store.statements.rows import pool

NAMES = sa.select(pool.c.name)
INSERT = write_of(sa.insert(pool), ["name", "slots", "description", "include_deferred"])
