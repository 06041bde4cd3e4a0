"""The calendar of a schedule: months as grids of days, a letter and a colour for what happened on each. Pure.

A day shows its most notable event. A capital letter is for all of its points, a small one for some of
them; ``~`` marks a day on which a clock change moved a point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from penstock.model.looks import LOOKS, Look
from penstock.model.points import POINTS, PointState
from penstock.model.states import RunState
from penstock.model.views.points import DayRow
from penstock_tui.clean import label
from penstock_tui.view.spans import Spans

CELL = 5
MONTH_CELLS = 7 * CELL
GAP = 3
MONTH_LINES = 9
"""Title, weekdays, six weeks, and a blank line."""
_TITLES = 2
_WEEKDAYS = "".join(f" {name:<{CELL - 1}}" for name in ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"))


_NOTABLE = (
    PointState.SKIPPED,
    PointState.WAITING,
    PointState.RAN_LATE,
    PointState.BACKFILLED,
    PointState.RAN,
    PointState.UPCOMING,
)
FACES: Mapping[str, Look] = {
    RunState.FAILED: LOOKS["failed"],
    **{state: POINTS[state].look for state in _NOTABLE},
}
"""By meaning, the most notable first."""


def first_of(day: date, months: int = 0) -> date:
    """Return the first day of the month of *day*, or of one so many months later."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def last_of(day: date) -> date:
    """Return the last day of the month of *day*."""
    return first_of(day, 1) - timedelta(days=1)


def same_day(day: date, months: int) -> date:
    """Return the same day so many months later, or the last one of a shorter month."""
    month = first_of(day, months)
    return month.replace(day=min(day.day, last_of(month).day))


def kind_of(row: DayRow) -> str:
    """Return the most notable event of a day."""
    return next(kind for kind in FACES if _count(row, kind))


def _count(row: DayRow, kind: str) -> int:
    return row.runs.get(kind, 0) if kind == RunState.FAILED else row.counts.get(kind, 0)


def letter_of(row: DayRow) -> tuple[str, str]:
    """Return a day's letter and style."""
    kind = kind_of(row)
    whole = _count(row, kind) == sum(row.counts.values())
    face = FACES[kind]
    return face.letter if whole else face.letter.lower(), face.style


def bad(row: DayRow) -> bool:
    """Whether a day needs a look: a run failed, or a point has no run."""
    return kind_of(row) in {RunState.FAILED, PointState.SKIPPED, PointState.WAITING}


@dataclass(frozen=True, slots=True)
class Page:
    """What is needed to draw a month. ``marked`` are the first and last day of a marked span."""

    days: Mapping[date, DayRow]
    today: date
    cursor: date
    marked: tuple[date, date] | None = None
    lit: bool = True
    """Whether the grid has the keys."""

    def lines(self, month: date) -> list[Spans]:
        """Return the lines of the month that begins on *month*, `MONTH_LINES` of `MONTH_CELLS` cells."""
        return [self.line(month, place) for place in range(MONTH_LINES)]

    def line(self, month: date, place: int) -> Spans:
        """Return one line of the month that begins on *month*."""
        if place == 0:
            current = first_of(self.today) == month
            return [(f" {month:%B %Y}".ljust(MONTH_CELLS), "bold" if current else "")]
        if place < _TITLES:
            return [(_WEEKDAYS, "bright_black")]
        first = (place - _TITLES) * 7 + 1 - month.weekday()
        last = last_of(month).day
        days = range(max(first, 1), min(first + 6, last) + 1)
        if not days:
            return [(" " * MONTH_CELLS, "")]
        line: Spans = [(" " * CELL, "")] * (days[0] - first)
        for number in days:
            line += self._cell(month.replace(day=number))
        return line + [(" " * CELL, "")] * (first + 6 - days[-1])

    def _cell(self, day: date) -> Spans:
        row = self.days.get(day)
        letter, style = letter_of(row) if row is not None else (" ", "bright_black")
        number = "bold underline" if day == self.today else "" if row is not None else "bright_black"
        inside = self.marked is not None and self.marked[0] <= day <= self.marked[1]
        here = day == self.cursor
        sign = "»" if here and inside else ">" if here else "*" if inside else " "
        moved = "~" if row is not None and row.moved_by_dst else " "
        if here and self.lit:
            number = style = "bold reverse"
        return [
            (sign, "bold yellow" if inside else "bold"),
            (f"{day.day:2d}{moved}", number),
            (letter, style),
        ]


def line_of(day: date) -> int:
    """Return the line of a day in its month."""
    return _TITLES + (day.day + first_of(day).weekday() - 1) // 7


def day_at(month: date, line: int, cell: int) -> date | None:
    """Return the day on *line* of a month at *cell* from its left, or None."""
    number = (line - _TITLES) * 7 + cell // CELL - month.weekday() + 1
    return month.replace(day=number) if line >= _TITLES and 1 <= number <= last_of(month).day else None


def summary(day: date, row: DayRow | None) -> Spans:
    """Return what happened to a day's points, in words."""
    spans: Spans = [(f"{day:%a %Y-%m-%d}  ", "bold")]
    if row is None:
        return [*spans, ("no schedule point", "bright_black")]
    total = sum(row.counts.values())
    spans.append((f"{total} point{'' if total == 1 else 's'}: ", ""))
    parts: list[Spans] = [
        [(f"{row.counts[kind]} {face.word}", face.style)]
        for kind, face in FACES.items()
        if row.counts.get(kind)
    ]
    for place, part in enumerate(parts):
        spans += [*([(", ", "")] if place else []), *part]
    if row.reasons:
        why = ", ".join(f"{label(reason)} {count}" for reason, count in row.reasons.items())
        spans.append((f"  ({why})" if len(row.reasons) > 1 else f"  ({label(next(iter(row.reasons)))})", ""))
    if row.runs.get(RunState.FAILED):
        spans.append((f"  {row.runs[RunState.FAILED]} failed", FACES[RunState.FAILED].style))
    if row.moved_by_dst:
        spans.append(("  moved by the clock change", "bright_black"))
    return spans


def legend() -> Spans:
    """Return the meanings of the letters."""
    spans: Spans = []
    for face in FACES.values():
        spans += [(face.letter, face.style), (f" {face.word}  ", "bright_black")]
    return [*spans, ("small: some of the day  ~ clocks changed", "bright_black")]
