"""Runs and DAGs on paper: what the simulation moves about. Times are microseconds since 1970 UTC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from penstock.clock import from_us, to_us
from penstock.forecast.facts import DagFacts, Paused, StopFacts
from penstock.forecast.shape import Shape
from penstock.model.spec import DagSpec
from penstock.model.structure import Structure
from penstock.timetable.due import Skip, coming, count_coming, decide
from penstock.timetable.point import Point

Becomes = Literal["run", "skipped", "replaced", "served"]
"""What a point becomes: a run, nothing (overlap), a run that a newer one cancels, a run that is there."""
FOR_EVER = 1 << 62

Waiting = tuple[int, int, int]
"""(-weight, place, number) of a task that waits for a slot."""


class PaperRun:
    """One run, to come or going on. It passes for a run where slots are counted."""

    __slots__ = (
        "after", "at_us", "backfill_id", "becomes", "before", "behind", "dag", "dag_id", "end_us",
        "followers", "held_us", "id", "left", "live", "logical_us", "point", "queues", "run_after_us",
        "run_id", "shape", "start_us", "structure", "tasks_held", "todo", "unmet", "waits",
    )  # fmt: skip

    def __init__(self, number: int, dag: PaperDag, structure: Structure, shape: Shape, at_us: int) -> None:
        self.id = number
        self.dag = dag
        self.dag_id = dag.dag_id
        self.structure = structure
        self.shape = shape
        self.at_us = at_us
        """When the engine makes it."""
        self.point: Point | None = None
        self.run_after_us = at_us
        self.logical_us: int | None = None
        self.backfill_id: int | None = None
        self.run_id: str | None = None
        self.becomes: Becomes = "run"
        self.start_us: int | None = None
        self.end_us: int | None = None
        self.held_us = 0
        """Until when it is held."""
        self.tasks_held: dict[int, int] = {}
        self.todo = [step.instances for step in shape.steps]
        self.unmet = [step.above for step in shape.steps]
        self.left = sum(self.todo)
        self.live: list[tuple[int, int]] = []
        """Its tasks that run: their place, and since when."""
        self.queues: dict[tuple[str, int, str], list[Waiting]] = {}
        self.followers: dict[int, list[tuple[PaperRun, int]]] = {}
        """Tasks of later runs that wait for a task of this one."""
        self.before: dict[int, int] = {}
        """Tasks before which it stops, with how many instances do."""
        self.after: set[int] = set()
        """Tasks after which it stops."""
        self.behind: set[int] = set()
        """Tasks that come directly after one after which it has stopped: they do not start."""
        self.waits: set[str] = set()
        """What it had to wait for: ``pool etl``, ``parallelism``, ``max_active_runs`` ..."""

    @property
    def record(self) -> PaperRun:
        """The run, for those who count slots."""
        return self


class PaperDag:
    """One DAG: its points in order, and its unfinished runs."""

    __slots__ = (
        "_ahead", "active", "dag_id", "due", "facts", "frozen_us", "going", "last", "listed", "next", "offer",
        "parked", "paused", "points", "queued", "seen_us", "shape", "skipped", "spec", "stops", "tried_us",
        "waiting", "wrong",
    )  # fmt: skip

    def __init__(self, facts: DagFacts, shape: Shape, paused: Paused | None) -> None:
        self.facts = facts
        self.dag_id = facts.dag_id
        self.spec: DagSpec = facts.structure.spec
        self.shape = shape
        self.paused = paused
        self.frozen_us = 0
        """Until when it is frozen."""
        self.points: Iterator[Point] = iter(())
        self.next: Point | None = None
        self._ahead: list[Point] = []
        """Points after the next one that were looked at already."""
        self.seen_us: int | None = None
        """The moment at which `points` were worked out; None while the schedule is paused."""
        self.due = False
        self.listed = True
        self.active: list[PaperRun] = []
        """Unfinished runs without those of backfills."""
        self.going = 0
        """How many of them have started."""
        self.queued: list[tuple[int, int, PaperRun]] = []
        self.waiting: dict[int, PaperRun] = {}
        """Runs with tasks that wait for a slot, by number."""
        self.parked: dict[str, None] = {}
        """The pools that block its tasks."""
        self.offer = 0
        """How often it was looked at for a launch."""
        self.tried_us = (0, 0)
        """When it was last tried at a pool with a free slot, and how many were used then."""
        self.last: PaperRun | None = None
        self.skipped = 0
        """Points that its pause makes it skip."""
        self.wrong: str | None = None
        self.stops = facts.stops
        """Breakpoints that its next run takes over."""

    def hand_over(self) -> tuple[StopFacts, ...]:
        """Return the breakpoints for a run that is just made: the next one has none."""
        stops, self.stops = self.stops, ()
        return stops

    @property
    def continuous(self) -> bool:
        """Whether a run follows the last one at once."""
        return self.spec.schedule.kind == "continuous"

    @property
    def silent(self) -> bool:
        """Whether time brings no runs."""
        return self.facts.missing or self.facts.barred is not None or self.spec.schedule.kind == "none"

    def wake(self, now_us: int, resumed_us: int | None) -> None:
        """Begin with the points as they are seen at that moment."""
        self.seen_us = now_us
        now = from_us(now_us)
        resumed = None if resumed_us is None else from_us(resumed_us)
        self._ahead = []
        self.points = coming(
            self.spec, cursor=self.facts.cursor, first_seen=self.facts.first_seen, now=now, resumed=resumed
        )
        self.turn()

    def follow(self, point: Point, now_us: int) -> None:
        """Let the next run of ``@continuous`` begin where this one did; it is due once that has ended."""
        self._ahead = []
        self.points = coming(self.spec, cursor=point, first_seen=self.facts.first_seen, now=from_us(now_us))
        self.turn()

    def turn(self) -> None:
        """Go on to the next point."""
        self.next = self._ahead.pop(0) if self._ahead else self._made()

    def following(self, until_us: int) -> Iterator[Point]:
        """Return the next point and those after it until a time, without going on to them."""
        point, place = self.next, 0
        while point is not None and due_us(point) <= until_us:
            yield point
            if place == len(self._ahead):
                made = self._made()
                if made is None:
                    return
                self._ahead.append(made)
            point, place = self._ahead[place], place + 1

    def _made(self) -> Point | None:
        try:
            return next(self.points, None)
        except (ValueError, OverflowError) as error:
            self.wrong = str(error)
            return None

    def count(self, until_us: int) -> int:
        """Return how many points get a run until then, as the schedule is paused on paper."""
        if self.silent or self.continuous:
            return 0
        begins = self.begins_us(until_us)
        if begins is None:
            return 0
        now = from_us(begins)
        try:
            return count_coming(
                self.spec,
                cursor=self.facts.cursor,
                first_seen=self.facts.first_seen,
                now=now,
                until=from_us(until_us),
                resumed=now if self.paused is not None else None,
            )
        except (ValueError, OverflowError):
            return 0

    def missed(self, lifts_us: int) -> int:
        """Return how many points are skipped when the pause of the schedule is lifted."""
        now = from_us(lifts_us)
        try:
            made = decide(
                self.spec,
                cursor=self.facts.cursor,
                first_seen=self.facts.first_seen,
                now=now,
                paused=False,
                limit=0,
                resumed=now,
            ).decisions
        except (ValueError, OverflowError):
            return 0
        return sum(each.count for each in made if isinstance(each, Skip))

    def begins_us(self, until_us: int) -> int | None:
        """Return when its schedule is first looked at: now, or when its pause lifts; None if never."""
        if self.paused is None:
            return self.seen_us
        lifts = self.paused.until_us
        return lifts if lifts is not None and lifts <= until_us else None


def due_us(point: Point) -> int:
    """Return when *point* is due."""
    return to_us(point.run_after)
