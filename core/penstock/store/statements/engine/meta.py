"""Facts about the database as a whole."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.sqlite.core import write_of
from penstock.store.statements.rows import meta

VALUE = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("key"))
DELETE = write_of(sa.delete(meta).where(meta.c.key == sa.bindparam("b_key")))
INSERT = write_of(sa.insert(meta), ["key", "value"])
