"""What the engine knows of triggers: which attempts have deferred, and which one runs their triggers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection

from penstock.execution.executor import Worker
from penstock.store.engine.records import TaskRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.scheduling.world.live_run import LiveRun
    from penstock.scheduling.world.world import World

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds until a triggerer that died is started again: the first time, and at most."""
STEADY_SECONDS = 120.0
"""A triggerer that has run for so long begins with the first pause again when it dies."""


class Triggers:
    """The deferred attempts, by id, with the run key and the task instance's key of each.

    ``triggerer`` is the attempt that runs their triggers, None while there is none.
    """

    def __init__(self, triggerer: str | None) -> None:
        self.triggerer = triggerer
        self.pid: int | None = None
        """Its process, once it was seen."""
        self.died = 0
        """How often a triggerer died since one ran steadily."""
        self.trouble: str | None = None
        """How the last one died, if none has run steadily since."""
        self._not_before = self._since = 0.0
        self._deferred: dict[str, tuple[int, str]] = {}
        self._told = False

    def __len__(self) -> int:
        return len(self._deferred)

    def __contains__(self, attempt_id: object) -> bool:
        return attempt_id in self._deferred

    def place(self, attempt_id: str) -> tuple[int, str]:
        """Return the run key and the key of the task instance that deferred in *attempt_id*."""
        return self._deferred[attempt_id]

    @property
    def ids(self) -> Collection[str]:
        """The deferred attempts."""
        return self._deferred.keys()

    @property
    def watched(self) -> list[str]:
        """Every attempt that may have news: the deferred ones, and the triggerer."""
        return [*self._deferred, *([self.triggerer] if self.triggerer else [])]

    def add(self, attempt_id: str, place: tuple[int, str]) -> None:
        """Wait for the trigger of *attempt_id*."""
        self._deferred[attempt_id] = place
        self._told = False

    def drop(self, attempt_id: str) -> None:
        """Wait for it no longer."""
        if self._deferred.pop(attempt_id, None) is not None:
            self._told = False

    # -- the triggerer ---------------------------------------------------------------------------

    def waits(self, mono: float) -> float:
        """Return the seconds until a triggerer may be started; 0 or less for now."""
        return self._not_before - mono

    def started(self, attempt_id: str, mono: float) -> None:
        """Record a new triggerer, at *mono* on the steady clock."""
        self.triggerer, self.pid = attempt_id, None
        self._since = mono
        self._told = False

    def lives(self, pid: int | None, mono: float) -> None:
        """Record that the triggerer runs, as process *pid*."""
        self.pid = pid
        if mono - self._since >= STEADY_SECONDS:
            self.died, self.trouble = 0, None

    def ended(self, mono: float, why: str | None) -> None:
        """Record that the triggerer has ended: by itself, or it died and *why*."""
        steady = self._since and mono - self._since >= STEADY_SECONDS
        self.triggerer, self.pid = None, None
        if why is None or steady:
            self.died, self.trouble = 0, None
        if why is not None:
            self._not_before = mono + min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self.died)
            self.died += 1
            self.trouble = f"the process that runs triggers died: {why}; its triggers are started again"

    def workers(self, log_file: Callable[[str], str | None]) -> tuple[Worker, ...]:
        """Return the triggerer, for operators; ``attempts`` is how many triggers it runs."""
        if self.triggerer is None:
            return ()
        state = "starting" if self.pid is None else "working" if self._deferred else "idle"
        log = log_file(self.triggerer)
        note = self.trouble or (f"its log: {log}" if log else None)
        return (Worker("triggers", self.pid, len(self._deferred), state, note=note),)

    def to_tell(self) -> list[str] | None:
        """Return whose triggers the triggerer has to run, if it was not told yet."""
        return None if self._told or self.triggerer is None else sorted(self._deferred)

    def told(self) -> None:
        """Record that the triggerer was told."""
        self._told = True


def wait_for_trigger(world: World, live: LiveRun, task: TaskRecord) -> None:
    """Wait for the trigger of a deferred task, and for the end of its time if it has one.

    A task that asks a person has no trigger to run.
    """
    if task.attempt_id and task.attempt_id not in world.questions:
        world.triggers.add(task.attempt_id, (live.record.id, task.key))
    if task.next_us is not None:
        heapq.heappush(world.alarms, (task.next_us, live.record.id, task.key))
