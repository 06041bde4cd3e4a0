"""Made from `penstock.store.statements.engine.values_file` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Write

INSERT = Write(
    'INSERT INTO stored_value (kind, name, entry, description, updated_us, "by") VALUES (?, ?, ?,'
    ' ?, ?, ?)',
    ('kind', 'name', 'entry', 'description', 'updated_us', 'by'),
)
