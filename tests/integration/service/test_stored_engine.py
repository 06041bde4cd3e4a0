"""What is read without an engine, and what is said where it cannot be."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from penstock.api.connect import stored_engine
from penstock.errors import StoreError
from penstock.settings import load_settings
from penstock.store.database import Database


def test_a_database_of_an_older_program_is_named_and_what_to_do(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    Database.open(settings.database).close()
    with closing(stored_engine(settings)) as engine:
        assert engine.dags() == []
    with closing(sqlite3.connect(settings.database)) as raw:
        version = raw.execute("PRAGMA user_version").fetchone()[0]
        raw.execute(f"PRAGMA user_version = {version - 1}")
    with pytest.raises(StoreError, match="older Penstock and no engine runs; `penstock up`"):
        stored_engine(settings)
