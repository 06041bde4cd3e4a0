"""Queries of clients for rows of all DAGs: terms, order, and a page.

The store answers them page by page, so a list of ten thousand rows costs only what is on the screen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RunField = Literal["dag", "state", "type", "owner", "tag", "text"]
RUN_FIELDS: tuple[RunField, ...] = ("dag", "state", "type", "owner", "tag", "text")
"""The fields of terms. ``text`` is searched for in the ids and the reason of a run."""
RunOrder = Literal["date", "state", "started", "took", "type", "dag"]


class Term(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One condition: the field begins with one of ``values`` (``text``: contains one), or with none.

    Case does not matter. ``exact`` compares the whole value.
    """

    field: RunField
    values: tuple[str, ...]
    inverted: bool = False
    exact: bool = False


class RunTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Conditions that must all hold; the bounds are those of `RunQuery`."""

    terms: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


class RunQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Runs of all DAGs that match every term, or one of ``others``, in one order, from ``offset`` on.

    ``since`` and ``until`` are bounds of ``run_after``, both included. ``date`` is the newest
    ``run_after`` first; ``state`` what needs attention first, ``took`` the longest, ``started`` the newest
    start. The newest run comes first among equals. ``limit`` is at most 10,000.
    """

    terms: tuple[Term, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    sort: RunOrder = "date"
    reverse: bool = False
    limit: int = 50
    offset: int = 0
    others: tuple[RunTerms, ...] = ()
    """Alternatives to the terms and bounds."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is changed on paper: schedules that are paused (until a time) or resumed, sizes, the parallelism.

    ``pools`` maps a name to slots; one that does not exist is made.
    """

    pause: tuple[str, ...] = ()
    until: datetime | None = None
    """When the pauses on paper end; None: they do not."""
    resume: tuple[str, ...] = ()
    pools: dict[str, int] = {}
    parallelism: int | None = None


class ForecastQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the schedules will do in the next ``hours``, from row ``offset`` on.

    Only points of DAGs that match every term (dag, owner, tag, text), or every term of one of ``others``, are
    listed; what is worked out is the same. ``slow`` takes the p95 of durations instead of the median.
    ``limit`` is at most 2,000.
    """

    hours: float = 24.0
    terms: tuple[Term, ...] = ()
    others: tuple[tuple[Term, ...], ...] = ()
    """Alternatives to the terms."""
    offset: int = 0
    limit: int = 500
    slow: bool = False
    quick: bool = False
    """Work out only as much as can be answered at once; the page says how far that is."""
    what_if: WhatIf | None = None
