"""A running server for the tests that talk to it, and a loop that runs by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from data import builders
from drive.loop import Bench
from drive.server import Peer, Running
from penstock.settings import Settings
from penstock.store.database import Database


@pytest.fixture
async def running_bench(bench: Bench) -> AsyncIterator[Bench]:
    """A bench whose loop runs by itself."""
    for folder in (bench.settings.dags_folder, bench.settings.versions):
        folder.mkdir(parents=True)
    running = asyncio.create_task(bench.loop.run())
    yield bench
    bench.loop.stop()
    await running


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
