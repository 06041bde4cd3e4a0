"""What a section of the instance consists of, and how amounts are written. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Verdict = Literal["ok", "warn", "fail"]


class Words(Protocol):
    """How amounts and times are written."""

    def size(self, amount: int | None, /) -> str:
        """Return bytes."""
        ...

    def span(self, seconds: float | None, /) -> str:
        """Return a duration."""
        ...

    def past(self, moment: datetime, /) -> str:
        """Return when something was."""
        ...

    def coming(self, moment: datetime, /) -> str:
        """Return when something will be."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """What a row is about: a view of the console, a DAG, its calendar, a run, a task, a file, a pool."""

    view: Literal["", "now", "errors", "dag", "calendar", "run", "pool"] = ""
    dag_id: str = ""
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1
    pool: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a section. ``below`` are rows that it opens to."""

    id: str
    name: str
    text: str
    verdict: Verdict = "ok"
    place: Place = Place()
    below: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the instance: its verdict, what there is to say in one line, and its rows."""

    id: str
    title: str
    verdict: Verdict
    line: str
    items: tuple[Item, ...] = ()
    place: Place = Place()


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 run``, ``2 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tick(seconds: float | None) -> str:
    """Return a short time to a tenth of a millisecond: ``0.4ms``, ``12ms``, ``1.2s``."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.1f}s"
    return f"{seconds * 1000:.0f}ms" if seconds >= 0.01 else f"{seconds * 1000:.1f}ms"
