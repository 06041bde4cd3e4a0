"""Decides whether launches are possible now, and gives committed ones to the executor."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence

from penstock.clock import Clock
from penstock.execution.executor import Absent, Executor
from penstock.model.subject import Subject, about_row
from penstock.scheduling.disk_room import storage_problem
from penstock.scheduling.world.orders import Order
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.settings import Settings
from penstock.store.trouble import of_the_machine

log = logging.getLogger(__name__)

_STORAGE_RECHECK, _PAUSE = 2.0, 5.0
"""Seconds between two checks of the disk, and without launches after a failed write."""

LeaveOut = Callable[[Subject, Exception, list[Order]], None]


class Launching:
    """The loop's launches. A full disk or, for a while, a failed write stops launches, not results."""

    def __init__(
        self,
        world: World,
        executor: Executor,
        settings: Settings,
        clock: Clock,
        *,
        leave_out: LeaveOut,
        look_again: Callable[[Iterable[str]], None],
    ) -> None:
        self._world = world
        self._executor = executor
        self._home = os.fspath(settings.home)
        self._clock = clock
        self._leave_out = leave_out
        self._look_again = look_again
        self._storage_checked = -_STORAGE_RECHECK
        self.low: str | None = None
        """Why the disk has too little room, in words."""
        self.not_before = 0.0
        """When launches go on, on the monotonic clock, after something could not be written."""

    def possible(self, tick: Tick) -> bool:
        """Return whether launches are possible in *tick*; if not, ask it to look again later."""
        if tick.mono < self.not_before:
            return False
        if tick.mono - self._storage_checked >= _STORAGE_RECHECK:
            self._storage_checked = tick.mono
            self.low = storage_problem(self._home)
        if self.low is not None:
            tick.wake_at(tick.now_us + int(_STORAGE_RECHECK * 1_000_000))
        return self.low is None

    def pause(self) -> None:
        """Launch nothing for some seconds."""
        self.not_before = self._clock.monotonic() + _PAUSE

    def pause_left(self) -> float:
        """Return for how many seconds nothing is launched; 0 or less if they are possible."""
        return self.not_before - self._clock.monotonic()

    def why_not(self) -> str | None:
        """Return why nothing is launched at the moment, in words; None if launches are possible."""
        wait = self.pause_left()
        return self.low or (
            f"nothing is launched for {wait:.0f} s, because the engine could not write" if wait > 0 else None
        )

    def submit(self, tick: Tick) -> None:
        """Submit the committed launches; an order that cannot be written is its run's fault."""
        try:
            self._executor.submit(tick.launches)
            return
        except Exception as error:
            # They are committed, so they are observed: what does not exist is launched again.
            log.exception("launches could not be written: %s", error)
            whole = error
        ids = [spec.attempt_id for spec in tick.launches]
        self._look_again(ids)
        if _is_machines(whole):
            self.pause()
            return
        wrong = self._one_by_one(tick, ids)
        if len({subject.dag_id for subject, _ in wrong}) == len(ids) > 1:
            self.pause()  # everybody's order: nobody's fault
            return
        for culprit, fault in wrong:
            self._leave_out(culprit, fault, [])

    def _one_by_one(self, tick: Tick, ids: Sequence[str]) -> list[tuple[Subject, Exception]]:
        """Submit each unwritten order by itself; return the runs with an order that could not be written."""
        there = self._executor.observe(ids)
        wrong: dict[str, tuple[Subject, Exception]] = {}
        for attempt_id, spec in zip(ids, tick.launches, strict=True):
            if not isinstance(there[attempt_id], Absent):
                continue
            try:
                self._executor.submit([spec])
            except Exception as failed:  # noqa: BLE001
                if attempt_id == self._world.triggers.triggerer:
                    self.pause()  # nobody's fault but ours; it is started again
                elif not _is_machines(failed):
                    subject = self._subject_of(attempt_id)
                    wrong[subject.id] = (subject, failed)
        return list(wrong.values())

    def _subject_of(self, attempt_id: str) -> Subject:
        place = self._world.attempts.get(attempt_id)
        if place is None:
            return about_row("callback", self._world.delivering[attempt_id])
        return self._world.runs[place[0]].subject


def _is_machines(error: Exception) -> bool:
    return isinstance(error, OSError) or of_the_machine(error)
