"""Which engine answers: the running one, or its database when none runs."""

from __future__ import annotations

from penstock.api.client import SocketEngine
from penstock.api.engine import Engine
from penstock.errors import EngineNotRunningError, StoreError
from penstock.settings import Settings


def open_engine(settings: Settings) -> Engine:
    """Return the engine of *settings*: over the socket when one answers, else the database, read-only.

    A read-only engine shows the state as last stored (``status().pid`` is None) and refuses to
    commit with `EngineNotRunningError`. Raises the same when there is not even a database, and
    `ProtocolError` when a running engine speaks another version. Loads the store only when it is
    needed.
    """
    engine = SocketEngine(settings.socket)
    try:
        engine.connect()
    except EngineNotRunningError:
        engine.close()
        return stored_engine(settings)
    return engine


def stored_engine(settings: Settings) -> Engine:
    """Return the database's own answers, whether or not an engine runs.

    Raises `EngineNotRunningError` when there is no database, and `StoreError` when it is of an older
    program, which only an engine brings up to date.
    """
    if not settings.database.is_file():
        raise EngineNotRunningError
    from penstock.api.local import LocalEngine
    from penstock.store.database import Database

    database = Database.open(settings.database, readonly=True)
    if database.behind:
        database.close()
        said = "is of an older Penstock and no engine runs; `penstock up` brings it up to date"
        raise StoreError(f"{settings.database} {said}")
    return LocalEngine(database, settings)
