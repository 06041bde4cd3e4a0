"""What an empty store is filled with from a file of values."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.sqlite.core import write_of
from penstock.store.statements.rows import stored_value

INSERT = write_of(sa.insert(stored_value), [column.name for column in stored_value.c])
