"""Views of what the schedules will do: points to come, where runs meet, what a change would do."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from penstock.model.views.view import View

Becomes = Literal["run", "skipped", "replaced", "served"]
Change = Literal["gone", "new", "later", "sooner"]


class Fire(View, frozen=True, kw_only=True):
    """One schedule point to come. Times are None while they cannot be known."""

    dag_id: str
    timezone: str
    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime
    """When it is due."""
    at: datetime
    """When the engine settles it: when it is due, or later if a pause lifts or runs must end first."""
    becomes: Becomes
    """``run``; ``skipped`` by the overlap policy; ``replaced``: a newer run cancels it; ``served`` by a run
    that is there already."""
    start: datetime | None = None
    end: datetime | None = None
    seconds: float | None = None
    """How long a run of it usually takes; None without a history."""
    behind: float = 0.0
    """Seconds that it ends (or starts) later than if nothing were in its way."""
    waits: tuple[str, ...] = ()
    """What it waits for: ``pool NAME``, ``parallelism``, ``max_active_runs``, ``frozen``, ``breakpoint before
    TASK`` ..."""
    moved_by_dst: bool = False
    late: bool = False
    """It is due already, or will be when the pause lifts."""
    run_id: str | None = None
    """The run that serves it."""
    worked_out: bool = True
    """False after the end of what was worked out: then only the point itself is known."""


class Meeting(View, frozen=True, kw_only=True):
    """A span of time in which a pool, or the parallelism, is full while something waits for it."""

    place: str
    """``pool NAME`` or ``parallelism``."""
    slots: int
    first: datetime
    last: datetime
    waited: float
    """Seconds within it in which something waited."""
    most: int
    """The most DAGs that waited at once."""
    dags: tuple[str, ...]


class ClockTurn(View, frozen=True, kw_only=True):
    """Something that happens besides points.

    A pause or a freeze lifts, a zone's clock changes, a run stops at a breakpoint, a backfill has run all of
    its points.
    """

    kind: Literal["pause_lifts", "freeze_lifts", "clock", "stops", "backfill_ends"]
    at: datetime
    dag_ids: tuple[str, ...]
    text: str
    skipped: int = 0
    """Points that are skipped when the pause lifts."""


class Untimed(View, frozen=True, kw_only=True):
    """A DAG that no time in the window brings a run, in words."""

    dag_id: str
    kind: Literal[
        "paused", "frozen", "assets", "continuous", "manual", "missing", "quarantine", "over", "later",
        "wrong", "listed", "backfill",
    ]  # fmt: skip
    text: str
    next: datetime | None = None


class Moved(View, frozen=True, kw_only=True):
    """One run that a change on paper takes away, adds, or moves. Times are those of its end, or its start."""

    change: Change
    dag_id: str
    logical_date: datetime
    run_after: datetime
    before: datetime | None = None
    after: datetime | None = None
    seconds: float = 0.0
    """By how much it moves."""
    why: str = ""


class PlaceLoad(View, frozen=True, kw_only=True):
    """What one place carries, before and after a change on paper. Seconds in which something waits for it."""

    place: str
    slots_before: int
    slots: int
    peak_before: int
    peak: int
    waited_before: float
    waited: float
    busy_before: float
    """Slots times seconds."""
    busy: float


class Difference(View, frozen=True, kw_only=True):
    """What a change on paper would do until ``reached``."""

    reached: datetime
    counts: dict[str, int]
    """How many runs are ``gone``, ``new``, ``later`` and ``sooner``."""
    moved: tuple[Moved, ...] = ()
    """The first of them, in order of time."""
    places: tuple[PlaceLoad, ...] = ()
    """Places whose load changes."""
    at_once: dict[str, int] = msgspec.field(default_factory=dict)
    """Runs that a resumed DAG makes at once."""


class ComingPage(View, frozen=True, kw_only=True):
    """What the schedules will do, one page of it."""

    now: datetime
    until: datetime
    reached: datetime
    """The end of what was worked out: later rows are points alone."""
    fires: tuple[Fire, ...]
    offset: int = 0
    total: int = 0
    """How many points there are in the window."""
    meetings: tuple[Meeting, ...] = ()
    meetings_total: int = 0
    """How many there are as far as it is worked out: the first 200 are listed."""
    turns: tuple[ClockTurn, ...] = ()
    untimed: tuple[Untimed, ...] = ()
    unknown: tuple[str, ...] = ()
    """DAGs with points and without a history: they count as taking no time."""
    parallelism: int = 0
    pools: dict[str, int] = msgspec.field(default_factory=dict)
    fitting: tuple[tuple[str, ...], ...] = ()
    """If there were alternatives to the terms: the DAGs that fit each of them."""
    difference: Difference | None = None
