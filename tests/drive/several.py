"""Several hosts over engines in memory, and a line to each that a test can cut."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from drive.waiting import wait_for
from fakes.engine import FakeEngine
from penstock.api.engine import Engine
from penstock.errors import HostError, HostLostError
from penstock.model.places import Place
from penstock.model.views.events import Change
from penstock.ssh.member import Member
from penstock.ssh.several import Several


class FakeLine:
    """The way to one engine; `cut` loses it, `mend` lets it be found again."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self._down = threading.Event()

    def connect(self) -> Engine:
        if self._down.is_set():
            raise HostError("the host cannot be reached: there is no cable")
        return cast("Engine", _Over(self))

    def cut(self) -> None:
        self._down.set()
        self.engine.stop()

    def mend(self) -> None:
        self.engine.start()
        self._down.clear()

    def close(self) -> None:
        self.engine.stop()


class _Over:
    """An engine over a line: what is asked while that is down is not known."""

    def __init__(self, line: FakeLine) -> None:
        self._line = line

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._line.engine, name)

        def ask(*places: Any, **names: Any) -> Any:
            if self._line._down.is_set():
                raise HostLostError("the connection is lost: it was cut")
            return call(*places, **names)

        return ask

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:
        yield from self._line.engine.changes(heartbeat=heartbeat)
        raise HostLostError("the connection is lost: it was cut")


class Hosts:
    """Several, with the engines and lines behind it, by name."""

    def __init__(self, several: Several, lines: dict[str, FakeLine]) -> None:
        self.several = several
        self.engine = cast("Engine", several)
        self.lines = lines

    def fake(self, name: str) -> FakeEngine:
        """Return the engine of one host."""
        return self.lines[name].engine

    def until(self, name: str, state: str) -> None:
        """Wait until a host is in *state*."""
        wait_for(
            lambda: {row.name: row.state.value for row in self.engine.hosts()}[name] == state,
            10,
            f"{name} does not become {state}",
        )


@contextmanager
def hosts(places: Sequence[Place]) -> Iterator[Hosts]:
    """Give several hosts that have all connected."""
    news: queue.Queue[Change] = queue.Queue()
    lines = {place.name: FakeLine(FakeEngine()) for place in places}
    members = [
        Member(place, index, lines[place.name].connect, lines[place.name].close, news.put, (0.01, 0.05))
        for index, place in enumerate(places)
    ]
    for member in members:
        member.start()
    found = Hosts(Several(members, news), lines)
    try:
        for place in places:
            found.until(place.name, "live")
        yield found
    finally:
        found.several.close()
