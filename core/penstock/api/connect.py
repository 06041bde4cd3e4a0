"""Chooses who answers: the running engine, or its database if none runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.client import socket_engine
from penstock.api.engine import Engine
from penstock.errors import EngineNotRunningError, StoreError
from penstock.settings import Settings

if TYPE_CHECKING:
    from penstock.api.local import LocalEngine


def open_engine(settings: Settings) -> Engine:
    """Return the engine of *settings*: over the socket if one answers, otherwise the database, read-only.

    A read-only engine shows the state as last stored (``status().pid`` is None) and refuses to commit
    with `EngineNotRunningError`. Raises the same if there is no database either, and `ProtocolError` if
    a running engine has another wire version. Loads the store only if it is
    needed.
    """
    engine = socket_engine(settings.socket)
    try:
        engine.connect()
    except EngineNotRunningError:
        engine.close()
        return stored_engine(settings)
    return engine


def stored_engine(settings: Settings) -> LocalEngine:
    """Return the answers of the database, whether or not an engine runs.

    Raises `EngineNotRunningError` if there is no database, and `StoreError` if it is of an older
    program, because only an engine can migrate it.
    """
    if not settings.database.is_file():
        raise EngineNotRunningError
    from penstock.api.local import LocalEngine
    from penstock.execution.configured import archive_of
    from penstock.store.database import Database

    database = Database.open(settings.database, readonly=True)
    if database.behind:
        database.close()
        said = "is of an older Penstock and no engine runs; `penstock up` migrates it"
        raise StoreError(f"{settings.database} {said}")
    return LocalEngine(database, settings, archive_of(settings))
