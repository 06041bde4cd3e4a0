"""A server of the HTTP API over a filled store, whose acts are remembered; and one over a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from data.filled_store import LATER, RememberedActs, fill, settings_of
from drive.http_api import ServedApi
from drive.instance import Instance
from fakes.clock import FakeClock
from penstock.api.client import socket_engine
from penstock.api.connect import stored_engine
from penstock.api.local import LocalEngine
from penstock.execution.configured import archive_of
from penstock.settings import Settings
from penstock.store.database import Database

DAGS = Path(__file__).resolve().parents[2] / "golden" / "http_dags"


class Filled(NamedTuple):
    """A server, and what stands behind it."""

    api: ServedApi
    acts: RememberedActs
    database: Database
    settings: Settings


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    settings = settings_of(tmp_path / "home")
    settings.home.mkdir()
    database = Database.open(settings.database)
    fill(database, settings)
    acts = RememberedActs()
    live = LocalEngine(database, settings, archive_of(settings), acts, clock=FakeClock(LATER))
    with ServedApi(settings, lambda: stored_engine(settings), live) as api:
        yield Filled(api, acts, database, settings)
    database.close()


@pytest.fixture(scope="module")
def sample_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    """A server over a real engine with the DAGs that the reference's answers were recorded with."""
    instance = Instance(tmp_path_factory.mktemp("home"))
    for file in DAGS.glob("*.py"):
        instance.write_dag(file.stem, file.read_text())
    instance.start()
    settings = instance.settings
    live = socket_engine(settings.socket)
    try:
        with ServedApi(settings, lambda: stored_engine(settings), live) as api:
            yield api
    finally:
        instance.close()
