"""What may be looked for in lists over all DAGs: conditions, order, and one page of what fits.

Fields are named as in the reference's HTTP API, because its clients are who asks. The store filters,
orders and counts, so a page costs what is on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from penstock.model.states import RunState, RunType, TaskState

Comparison = Literal["gte", "gt", "lte", "lt"]


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is at or beyond a value: a moment, or seconds for ``duration``."""

    field: str
    comparison: Comparison
    value: datetime | float


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """A field that holds one of ``texts``, with ``%`` and ``_`` as wildcards, in any case of letters.

    With ``prefix`` it begins with one of them, as they are written.
    """

    field: str
    texts: tuple[str, ...]
    prefix: bool = False


class StateTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A state of a task instance; with ``launched`` only of those that ever were, or were not."""

    state: TaskState
    launched: bool | None = None


class Search(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of what fits every condition. A condition that is None is none.

    ``order`` are names of fields, each with ``-`` in front for the other way round; what was made first
    comes first among equals. ``limit`` is at most 10,000.
    """

    bounds: tuple[Bound, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    order: tuple[str, ...] = ()
    limit: int = 100
    offset: int = 0


class RunSearch(Search, frozen=True, kw_only=True, omit_defaults=True):
    """Runs of all DAGs."""

    dag_ids: tuple[str, ...] | None = None
    run_ids: tuple[str, ...] | None = None
    states: tuple[RunState, ...] | None = None
    run_types: tuple[RunType, ...] | None = None


class TaskSearch(Search, frozen=True, kw_only=True, omit_defaults=True):
    """Task instances of all runs."""

    dag_ids: tuple[str, ...] | None = None
    run_ids: tuple[str, ...] | None = None
    task_ids: tuple[str, ...] | None = None
    map_indexes: tuple[int, ...] | None = None
    states: tuple[StateTerm, ...] | None = None
    pools: tuple[str, ...] | None = None
    operators: tuple[str, ...] | None = None
    try_numbers: tuple[int, ...] | None = None


class EventSearch(Search, frozen=True, kw_only=True, omit_defaults=True):
    """Rows of the event trail."""

    seq: int | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    kinds: tuple[str, ...] | None = None
    not_kinds: tuple[str, ...] = ()
    actor: str | None = None


class XComSearch(Search, frozen=True, kw_only=True, omit_defaults=True):
    """Values that tasks pushed, without the values themselves."""

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    key: str | None = None
