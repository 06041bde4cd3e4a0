"""Made from `penstock.store.statements.engine.pools` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query, Write

NAMES = Query('SELECT pool.name FROM pool', ('name',))
INSERT = Write(
    'INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, ?, ?)',
    ('name', 'slots', 'description', 'include_deferred'),
)
