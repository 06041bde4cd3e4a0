"""When the tasks of a run waited, were queued, ran and waited to be tried again, as bars. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from penstock.model.states import TERMINAL
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.runs import RunDetail, TaskRow
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

Phase = Literal["waiting", "queued", "ran", "retry"]

_CHARS: dict[Phase, tuple[str, str]] = {
    "waiting": ("·", "."),
    "queued": ("░", ":"),
    "ran": ("▄", "="),
    "retry": ("┈", "-"),
}
"""What a phase is drawn with, and its ASCII twin."""
_CRITICAL = ("█", "#")
_STYLES: dict[Phase, str] = {"waiting": "bright_black", "queued": "yellow", "ran": "", "retry": "yellow"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a task did from one moment to another."""

    phase: Phase
    start: datetime
    end: datetime
    state: str = ""
    """Of a stretch that ran: how it ended."""


def stretches(
    task: TaskRow, attempts: Sequence[AttemptRow], ready: datetime | None, now: datetime
) -> list[Stretch]:
    """Return what *task* did, in order. *ready* is when its parents had ended; None if they have not.

    Without *attempts*, as long as they are not known, it is the one that its row tells of.
    """
    found: list[Stretch] = []
    begin = ready
    if not attempts:
        if task.start is not None:
            found += _wait(ready, task.start)
            found.append(Stretch("ran", task.start, task.end or now, task.state.value))
        elif ready is not None and task.state not in TERMINAL:
            found += _wait(ready, now)
        return found
    for number, attempt in enumerate(attempts):
        if begin is not None:
            found += _wait(begin, attempt.queued, "waiting" if number == 0 else "retry")
        last = number == len(attempts) - 1
        started = attempt.start or attempt.end or now
        if started > attempt.queued:
            found.append(Stretch("queued", attempt.queued, started))
        if attempt.start is not None:
            found.append(Stretch("ran", attempt.start, attempt.end or now, _ended(task, attempt, last=last)))
        begin = attempt.end
    if begin is not None and task.state not in TERMINAL:
        found += _wait(begin, now, "retry")
    return found


def _wait(start: datetime | None, end: datetime, phase: Phase = "waiting") -> list[Stretch]:
    return [Stretch(phase, start, end)] if start is not None and end > start else []


def _ended(task: TaskRow, attempt: AttemptRow, *, last: bool) -> str:
    if attempt.outcome is None:
        return "running"
    if last and task.state in TERMINAL:
        return task.state.value
    return "success" if attempt.outcome.ok else "failed"


@dataclass(frozen=True, slots=True)
class Scale:
    """The time that is shown, over so many cells."""

    start: datetime
    end: datetime
    cells: int

    def at(self, moment: datetime) -> int:
        """Return the cell of *moment*, which may lie outside."""
        span = (self.end - self.start).total_seconds()
        if span <= 0:
            return 0
        return int((moment - self.start).total_seconds() / span * self.cells)

    def axis(self, zone: tzinfo) -> Spans:
        """Return the axis: when it begins by the clock, and how long after that the ticks are."""
        text = [" "] * self.cells
        for tick in range(0, self.cells, 16):
            moment = self.start + (self.end - self.start) * (tick / max(1, self.cells))
            said = (
                moment.astimezone(zone).strftime("%H:%M:%S")
                if tick == 0
                else f"+{durations.span((moment - self.start).total_seconds())}"
            )
            if tick + len(said) <= self.cells:
                text[tick : tick + len(said)] = said
        return [("".join(text), "dim")]


def scale_of(detail: RunDetail, now: datetime, cells: int) -> Scale:
    """Return the time from the start of the run's present turn to its end, or to *now* while it goes on."""
    run = detail.run
    starts = [task.start for task in detail.tasks if task.start is not None]
    ends = [task.end for task in detail.tasks if task.end is not None]
    begun = run.turn or run.start
    start = min([*starts, *([begun] if begun is not None else [])], default=run.run_after)
    end = max([*ends, *([run.end] if run.end is not None else [now])], default=now)
    return Scale(start, max(end, start + timedelta(seconds=1)), cells)


def bar(done: Sequence[Stretch], scale: Scale, looks: Looks, *, critical: bool) -> Spans:
    """Return the *done* stretches over the cells of *scale*; each takes one cell at least."""
    text, styles = [" "] * scale.cells, [""] * scale.cells
    for stretch in done:
        first, last = scale.at(stretch.start), scale.at(stretch.end)
        if last < 0 or first > scale.cells:
            continue
        char = _CHARS[stretch.phase] if stretch.phase != "ran" or not critical else _CRITICAL
        style = looks.style(stretch.state) if stretch.phase == "ran" else _STYLES[stretch.phase]
        for cell in range(max(0, min(first, scale.cells - 1)), min(scale.cells, max(last, first + 1))):
            if stretch.phase == "ran" or text[cell] == " ":
                text[cell], styles[cell] = char[looks.ascii], style
    return _joined(text, styles)


def _joined(text: Sequence[str], styles: Sequence[str]) -> Spans:
    spans: Spans = []
    for char, style in zip(text, styles, strict=True):
        if spans and spans[-1][1] == style:
            spans[-1] = (spans[-1][0] + char, style)
        else:
            spans.append((char, style))
    return spans


def legend(looks: Looks) -> Spans:
    """Return what the characters mean."""
    at = int(looks.ascii)
    return [
        (f" {_CRITICAL[at]}", "bold"),
        (" critical path  ", "dim"),
        (_CHARS["ran"][at], "bold"),
        (" other  ", "dim"),
        (_CHARS["queued"][at], "yellow"),
        (" queued  ", "dim"),
        (_CHARS["waiting"][at], ""),
        (" waiting  ", "dim"),
        (_CHARS["retry"][at], "yellow"),
        (" retry wait", "dim"),
    ]


def by_key(attempts: Sequence[AttemptRow]) -> Mapping[tuple[str, int], list[AttemptRow]]:
    """Return *attempts*, oldest first, by task and map index."""
    found: dict[tuple[str, int], list[AttemptRow]] = {}
    for attempt in attempts:
        found.setdefault((attempt.task_id, attempt.map_index), []).append(attempt)
    return found
