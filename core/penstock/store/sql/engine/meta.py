"""Made from `penstock.store.statements.engine.meta` by `python -m penstock.store.statements`: do not change it here."""

from __future__ import annotations

from penstock.store.query import Query, Write

VALUE = Query('SELECT meta.value FROM meta WHERE meta."key" = :key', ('value',))
DELETE = Write('DELETE FROM meta WHERE meta."key" = ?', ('b_key',))
INSERT = Write('INSERT INTO meta ("key", value) VALUES (?, ?)', ('key', 'value'))
