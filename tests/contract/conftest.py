"""What the suites run over: engines over the store and the socket, and every executor."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data import builders
from data.builders import NOON
from data.filled_store import LATER, Port, RememberedActs, fill, settings_of
from drive.attempts import Attempts, make_settings
from drive.dask_cluster import Cluster
from drive.far import Elsewhere, far_root
from drive.server import Served
from fakes.clock import FakeClock
from penstock.api.client import socket_engine
from penstock.api.local import LocalEngine
from penstock.execution.configured import archive_of
from penstock.execution.executor import Executor
from penstock.execution.local.archive import LocalArchive
from penstock.execution.local.executor import LocalExecutor
from penstock.execution.mixed import Executors
from penstock.model.views.events import Change
from penstock.service.notices import Notices
from penstock.settings import Settings
from penstock.store.database import Database


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home made once; each test works on a copy."""
    home = tmp_path_factory.mktemp("filled")
    database = Database.open(home / "penstock.db")
    fill(database, settings_of(home))
    database.checkpoint(truncate=True)
    database.close()
    return home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "home")


@pytest.fixture
def database(settings: Settings, filled: Path) -> Iterator[Database]:
    shutil.copytree(filled, settings.home)
    opened = Database.open(settings.database)
    yield opened
    opened.close()


@pytest.fixture(params=["local", "socket"])
def port(request: pytest.FixtureRequest, database: Database, settings: Settings) -> Iterator[Port]:
    remembered, notices = RememberedActs(), Notices()
    archive = archive_of(settings)
    local = LocalEngine(database, settings, archive, remembered, since=NOON, clock=FakeClock(LATER))

    def write(dag_id: str, run_id: str) -> None:
        builders.add_events(database, [(dag_id, run_id, "start")])

    if request.param == "local":
        with closing(local):
            yield Port(local, database, settings, remembered, write)
        return
    with Served(local, notices, settings) as served, closing(socket_engine(settings.socket)) as client:

        def write_and_tell(dag_id: str, run_id: str) -> None:
            write(dag_id, run_id)
            change = Change(cursor=local.events(limit=1)[0].seq, dags=(dag_id,), runs=((dag_id, run_id),))
            served.soon(notices.publish, change)

        yield Port(client, database, settings, remembered, write_and_tell)


FACTORIES: dict[str, tuple[Callable[[Settings], Executor], Callable[[Settings], Path]]] = {
    "local": (LocalExecutor, lambda settings: settings.attempts),
    "mixed, here": (Executors, lambda settings: settings.attempts),
    "mixed, elsewhere": (Elsewhere, lambda settings: far_root(settings) / "attempts"),
}
"""Each executor, and where the directories of its attempts are while these run: add another one here."""
DASK = pytest.param("dask", marks=pytest.mark.slow)


@pytest.fixture(scope="session")
def dask_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and one worker of four slots."""
    pytest.importorskip("distributed")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.begin_scheduler()
        cluster.begin_worker("w1", slots=4)
        yield cluster
    finally:
        cluster.close()


def on_dask(cluster: Cluster) -> tuple[Callable[[Settings], Executor], Callable[[Settings], Path]]:
    """Return the same of an executor over a Dask worker."""

    def where(settings: Settings) -> Path:
        instance = (settings.attempts / ".instance").read_text().strip()
        return cluster.root("w1") / "instances" / instance / "attempts"

    return lambda settings: Elsewhere(settings, type="dask", scheduler=str(cluster.file)), where


@pytest.fixture(params=[*sorted(FACTORIES), DASK])
async def attempts(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Attempts]:
    home = tmp_path / "home"
    home.mkdir()
    dask = request.param == "dask"
    make, where = on_dask(request.getfixturevalue("dask_cluster")) if dask else FACTORIES[request.param]
    settings = make_settings(home)
    found = Attempts(make(settings), settings)
    await found.start()
    found.root = where(settings)
    found.archive = LocalArchive(settings.attempts)
    yield found
    await found.executor.close()
