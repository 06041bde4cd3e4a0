"""One host of several: its connection, what it answered last, and a thread that hears what changes there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from penstock.api.engine import Engine
from penstock.errors import HostError, HostLostError, PenstockError
from penstock.model.places import Place
from penstock.model.views.events import Change
from penstock.model.views.hosts import HostRow, HostState
from penstock.model.views.status import EngineStatus
from penstock.ssh.naming import Namer

HEARTBEAT = 10.0
_SHOWN = ("failures", "running", "queued", "runs_active", "dags", "import_errors", "home", "version")


class Member:
    """A host and its engine, which *connect* finds. *tell* gets changes, with the host before each name.

    *back_off*: seconds before the first and between later attempts.
    """

    def __init__(
        self,
        place: Place,
        index: int,
        connect: Callable[[], Engine],
        close: Callable[[], None],
        tell: Callable[[Change], None],
        back_off: tuple[float, float],
    ) -> None:
        self.place = place
        self.namer = Namer(place.name, index)
        self.tried = threading.Event()
        """Set once it is known whether it can be reached."""
        self._connect = connect
        self._shut = close
        self._tell = tell
        self._back_off = back_off
        self._engine: Engine | None = None
        self._state = HostState.CONNECTING
        self._since: datetime | None = None
        self._reason: str | None = None
        self._status: EngineStatus | None = None
        self._nudged = threading.Event()
        self._closed = threading.Event()
        self._last: dict[tuple[str, str], Any] = {}

    # -- asking ----------------------------------------------------------------------------------

    @property
    def reachable(self) -> bool:
        """Whether it can be asked now."""
        return self._engine is not None and self._state in {HostState.LIVE, HostState.SILENT}

    def ask(self, name: str, arguments: dict[str, Any]) -> Any:
        """Return its answer, as it names things; raise `HostLostError` if it cannot be asked."""
        engine = self._engine
        if engine is None or not self.reachable:
            why = f": {self._reason}" if self._reason else ""
            raise HostLostError(f"{self.place.name} cannot be asked now{why}")
        return getattr(engine, name)(**arguments)

    def ask_or_remember(self, name: str, arguments: dict[str, Any]) -> Any:
        """Return its answer, or the last one to this question if it cannot be reached; None without one."""
        key = (name, repr(sorted(arguments.items(), key=lambda item: item[0])))
        try:
            answer = self.ask(name, arguments)
        except HostLostError:
            return self._last.get(key)
        self._last[key] = answer
        if isinstance(answer, EngineStatus):
            self._status = answer
        return answer

    def row(self) -> HostRow:
        """Return how it is."""
        status = self._status
        facts: dict[str, Any] = {}
        if status is not None:
            facts = {name: getattr(status, name) for name in _SHOWN}
        since = self._since
        if self._state is HostState.SILENT and status is not None and status.last_seen is not None:
            since = status.last_seen
        return HostRow(
            name=self.place.name,
            production=self.place.production,
            state=self._state,
            since=since,
            reason=self._reason,
            **facts,
        )

    # -- listening -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect and to listen, in a thread."""
        threading.Thread(target=self._listen, name=f"host {self.place.name}", daemon=True).start()

    def look_now(self) -> None:
        """Try again at once."""
        self._nudged.set()

    def close(self) -> None:
        """Disconnect."""
        self._closed.set()
        self._nudged.set()
        self._shut()

    def _listen(self) -> None:
        shortest, longest = self._back_off
        wait = shortest
        while not self._closed.is_set():
            try:
                self._engine = self._connect()
                if self._state in {HostState.CONNECTING, HostState.LOST}:
                    wait = shortest
                self._follow(self._engine)
            except (PenstockError, OSError) as error:
                cut = isinstance(error, HostError | HostLostError | OSError)
                if not cut:
                    wait = shortest
                self._become(HostState.LOST if cut else HostState.SILENT, str(error) if cut else None)
            if self._nudged.wait(wait) and not self._closed.is_set():
                self._nudged.clear()
            wait = min(wait * 2, longest)

    def _follow(self, engine: Engine) -> None:
        for change in engine.changes(heartbeat=HEARTBEAT):
            if self._closed.is_set():
                return
            self._become(HostState.LIVE)
            if change.all or change.dags or change.runs or change.bells:
                self._tell(self.namer.on(change))

    def _become(self, state: HostState, reason: str | None = None) -> None:
        """Note how it is, and tell it when that has changed."""
        self._reason = reason
        if state is self._state:
            return
        self._state, self._since = state, datetime.now(UTC)
        self.tried.set()
        self._tell(Change(cursor=0, all=True))
