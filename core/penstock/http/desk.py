"""Where questions and acts go: reading from the database in this process, acts to the engine.

Reading asks the engine nothing, so that however many read, its ticks keep their pace.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Request

from penstock.api.engine import Engine
from penstock.api.searches import Searches
from penstock.errors import EngineNotRunningError, PlanStaleError
from penstock.http.login import Caller
from penstock.model.acts import AnyAct
from penstock.model.views.plans import Done, Plan
from penstock.model.views.status import EngineStatus
from penstock.settings import Settings

_ATTEMPTS = 5
T = TypeVar("T")


class Reader(Engine, Searches, Protocol):
    """An engine that also answers searches."""


class Desk:
    """What the routes ask. *open_stored* gives the answers of the database, *live* the running engine."""

    def __init__(self, settings: Settings, open_stored: Callable[[], Reader], live: Engine) -> None:
        self.settings = settings
        self.live = live
        self._open = open_stored
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._opened: tuple[int, int] | None = None

    @property
    def read(self) -> Reader:
        """The answers of the database; opened again when it was replaced.

        Raises `EngineNotRunningError` if there is none, `StoreError` if it cannot be read.
        """
        try:
            facts = os.stat(self.settings.database)  # noqa: PTH116 - asked for every request
        except FileNotFoundError:
            raise EngineNotRunningError from None
        place = (facts.st_dev, facts.st_ino)
        with self._lock:
            if self._reader is None or self._opened != place:
                if self._reader is not None:
                    self._reader.close()
                    self._reader = None
                self._reader, self._opened = self._open(), place
            return self._reader

    def plan(self, act: AnyAct) -> Plan:
        """Return what *act* would change; from the database if no engine runs."""
        return self.ask(lambda engine: engine.plan(act))

    def ask(self, question: Callable[[Engine], T]) -> T:
        """Return the engine's answer to a question about what it decides; the database's if none runs."""
        try:
            return question(self.live)
        except EngineNotRunningError:
            return question(self.read)

    def act(self, act: AnyAct, caller: Caller) -> Done:
        """Plan *act* and carry the plan out as *caller*; once more if something moved in between."""
        act_id = os.urandom(8).hex()
        for last in range(_ATTEMPTS, 0, -1):
            plan = self.live.plan(act)
            try:
                return self.live.commit(act, expect=plan.fingerprint, actor=caller.name, act_id=act_id)
            except PlanStaleError:
                if last == 1:
                    raise
        raise AssertionError("unreachable")

    def status(self) -> EngineStatus:
        """Return the state of the engine; as last stored if none runs."""
        return self.ask(lambda engine: engine.status())

    def close(self) -> None:
        """Close connections."""
        self.live.close()
        if self._reader is not None:
            self._reader.close()


def desk(request: Request) -> Desk:
    """Return the server's desk."""
    found: Desk = request.app.state.desk
    return found


ADesk = Annotated[Desk, Depends(desk)]
