"""A running server for the tests that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import builders
from penstock.settings import Settings
from penstock.store.database import Database
from serving import Peer, Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    settings = Settings(home=tmp_path, dags_folder=tmp_path / "dags")
    database = Database.open(settings.database)
    builders.add_dag(database, builders.dag("etl", builders.task("only")))
    server = Running(settings, database)
    yield server
    server.end()
    database.close()


@pytest.fixture
def peer(running: Running) -> Peer:
    return running.connect()
