"""The columns of each table, for checks of rows."""

from __future__ import annotations

from penstock.store.statements.rows import run

TABLES = {str(table.name): table for table in run.metadata.sorted_tables}
