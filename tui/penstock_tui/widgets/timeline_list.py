"""`TimelineList`: the tasks of a run, each with a bar of what it did when. Draws what is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Literal

from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from penstock.model.states import TERMINAL
from penstock.model.timeline import SORTS, Links, critical_path, order
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.runs import RunDetail, TaskRow
from penstock_tui.clean import label
from penstock_tui.view import durations, timeline
from penstock_tui.view.spans import Spans, fit
from penstock_tui.view.state_style import Looks
from penstock_tui.view.task_rows import is_failed, key_of
from penstock_tui.view.timeline import Scale
from penstock_tui.widgets.cursor_list import CursorList
from penstock_tui.widgets.line import strip_of

_TOOK = 8
"""Cells of the time taken, with the space before it."""


class TimelineList(CursorList):
    """Posts `Moved`, `Entered`, and `Wanted` when tasks come into sight whose attempts are not known."""

    DEFAULT_CSS = "TimelineList { height: 1fr; }"

    class Moved(Message):
        """The cursor stands on another task."""

    class Entered(Message):
        """A task was chosen with the mouse."""

    class Wanted(Message):
        """Attempts of tasks in sight are not known."""

    def __init__(self, looks: Looks, zone: tzinfo) -> None:
        super().__init__()
        self.looks, self.zone = looks, zone
        self.detail: RunDetail | None = None
        self.tasks: list[TaskRow] = []
        """In the order of the rows."""
        self.attempts: dict[str, tuple[AttemptRow, ...]] = {}
        """By the task's key, of those that were asked for."""
        self.sort, self.reverse = SORTS[0], False
        self.critical: set[str] = set()
        self._now = datetime.min.replace(tzinfo=UTC)
        self._links = Links(())
        self._known: dict[str, TaskRow] = {}

    # -- content ---------------------------------------------------------------------------------

    def show_run(self, detail: RunDetail, now: datetime) -> None:
        """Show *detail* as of *now*; what is known of attempts stays for the tasks that did not change."""
        fresh = {key_of(task): task for task in detail.tasks}
        same_run = self.detail is not None and self.detail.run.run_id == detail.run.run_id
        for key in list(self.attempts):
            if not same_run or self._known.get(key) != fresh.get(key):
                del self.attempts[key]
        self._known, self.detail, self._now = fresh, detail, now
        self.marks &= fresh.keys()
        self._links = Links(detail.tasks)
        self.critical = critical_path(detail.tasks, now)
        self.rearrange()

    def rearrange(self) -> None:
        """Sort the rows again; the cursor stays on its task."""
        key = self.cursor_key
        rows = sorted(self._known.values(), key=order(self.sort, self._now))
        self.tasks = rows[::-1] if self.reverse else rows
        place = self._place_of(key)
        self._cursor = max(0, min(self._cursor, len(rows) - 1)) if place is None else place
        self._keep_visible()
        self.refresh()
        self.post_message(self.Wanted())

    def set_attempts(self, keys: Sequence[str], attempts: Sequence[AttemptRow]) -> None:
        """Take in all attempts of the tasks in *keys*."""
        found = timeline.by_key(attempts)
        for key in keys:
            task = self._known.get(key)
            if task is not None:
                self.attempts[key] = tuple(found.get((task.task_id, task.map_index), ()))
        self.refresh()

    def missing(self) -> list[str]:
        """Return the tasks in sight whose attempts are not known."""
        shown = self.tasks[self._top : self._top + self._page]
        return [key_of(task) for task in shown if task.attempts and key_of(task) not in self.attempts]

    def tick(self, now: datetime) -> None:
        """Draw what has grown."""
        self._now = now
        self.refresh()

    @property
    def moves(self) -> bool:
        """Whether something changes as time passes."""
        return self.detail is not None and self.detail.run.end is None

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many tasks there are."""
        return len(self.tasks)

    def row_key(self, place: int) -> str | None:
        """Return the task at *place*."""
        return key_of(self.tasks[place])

    def keys_at(self, place: int) -> tuple[str, ...]:
        """Return the task at *place*, if there is one."""
        return (key_of(self.tasks[place]),) if place < len(self.tasks) else ()

    def say_moved(self) -> None:
        """Post that the cursor stands on another task."""
        self.post_message(self.Moved())

    def say_entered(self) -> None:
        """Post that a task was clicked."""
        self.post_message(self.Entered())

    def chosen_tasks(self) -> tuple[TaskRow, ...]:
        """Return the marked tasks, else the one under the cursor."""
        if self.marks:
            return tuple(task for task in self.tasks if key_of(task) in self.marks)
        return tuple(self.tasks[self._cursor : self._cursor + 1])

    def move_to_key(self, key: str) -> None:
        """Put the cursor on a task."""
        place = self._place_of(key)
        if place is not None:
            self.move_to(place)

    def move_to_failed(self, direction: Literal[1, -1]) -> bool:
        """Put the cursor on the next (or previous) failed task, going around; return whether there is one."""
        count = len(self.tasks)
        for step in range(1, count + 1):
            place = (self._cursor + direction * step) % count
            if is_failed(self.tasks[place]):
                self.move_to(place)
                return True
        return False

    def _keep_visible(self) -> bool:
        moved = super()._keep_visible()
        if moved:
            self.post_message(self.Wanted())
        return moved

    # -- drawing ---------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Share the screen out again."""
        self._keep_visible()
        self.refresh()
        self.post_message(self.Wanted())

    @property
    def _names(self) -> int:
        longest = max((len(key_of(task)) for task in self.tasks), default=8)
        return max(18, min(longest, self.size.width // 3)) + 2

    def _scale(self) -> Scale | None:
        if self.detail is None:
            return None
        cells = self.size.width - 2 - self._names - _TOOK
        return timeline.scale_of(self.detail, self._now, max(1, cells))

    def render_line(self, y: int) -> Strip:
        """Draw the axis, or one task."""
        cells, scale = self.size.width, self._scale()
        if scale is None:
            said: Spans = [("  asking the engine ...", "dim")] if y == 1 else []
            return strip_of(said, cells, self.rich_style)
        if y == 0:
            arrow = ("^" if self.reverse else "v") if self.looks.ascii else ("▴" if self.reverse else "▾")
            lead = fit([(f"  task, by {self.sort} {arrow}", "dim")], self._names + 1)
            return strip_of([*lead, (" ", ""), *scale.axis(self.zone)], cells, self.rich_style)
        place = self._top + y - 1
        if place >= len(self.tasks):
            nothing = "  this run has no tasks" if y == 1 else ""
            return strip_of([(nothing, "dim")], cells, self.rich_style)
        return strip_of(self._row(place, scale), cells, self.rich_style)

    def _row(self, place: int, scale: Scale) -> Spans:
        task = self.tasks[place]
        key, here = key_of(task), place == self._cursor
        assert self.detail is not None
        begun = self.detail.run.turn or self.detail.run.start
        ready = self._links.ready(task, begun)
        done = timeline.stretches(task, self.attempts.get(key, ()), ready, self._now)
        critical = key in self.critical
        style = "bold" if critical else ""
        if here:
            style = "reverse" if self.has_focus else "underline"
        ended = task.end is not None or task.state not in TERMINAL
        took = durations.took(task.start, task.end, self._now) if ended else None
        return [
            (f"{self.sign(place)}", "bold"),
            self.looks.cell(task.state.value),
            (" ", ""),
            *fit([(label(key), style), (" slow" if task.slow(self._now) else "", "yellow")], self._names - 1),
            *timeline.bar(done, scale, self.looks, critical=critical),
            *fit([(durations.span(took), "yellow" if task.slow(self._now) else "")], _TOOK, align="right"),
        ]

    def _refresh_row(self, place: int) -> None:
        y = place - self._top + self._header
        if self._header <= y < self.size.height:  # the bar does not change with the cursor
            self.refresh(Region(0, y, self._names + 3, 1))
