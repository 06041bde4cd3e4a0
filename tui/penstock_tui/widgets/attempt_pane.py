"""`AttemptPane`: everything about one task of a run: the log of an attempt, why it waits, what it uses.

It shows the newest attempt and follows it live; a new attempt takes its place unless somebody
chose an older one or reads further up.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical

from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.runs import RunDetail, TaskRow
from penstock.model.views.why import Why
from penstock_tui.attempt_log import AttemptLog
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.shell import Shell
from penstock_tui.view import details
from penstock_tui.view.log_source import Follow
from penstock_tui.view.spans import Spans
from penstock_tui.view.task_rows import attempt_title, key_of
from penstock_tui.view.why_text import why_lines
from penstock_tui.widgets.log_pane import LogPane
from penstock_tui.widgets.paragraph import Paragraph
from penstock_tui.widgets.resources import Resources

_SETTLE = 0.12
"""Seconds that the cursor must stay on a task before its log is read."""
_SAMPLE = 2.0
"""Seconds between two requests for the figures of a running attempt."""

_SETTLED = frozenset(
    {TaskState.RUNNING, TaskState.SUCCESS, TaskState.FAILED, TaskState.CANCELLED, TaskState.REMOVED}
)
"""States in which "why is it not running?" does not apply."""


class AttemptPane(Vertical):
    """Shows the task that `show_task` names. The engine is asked in the background."""

    DEFAULT_CSS = """
    AttemptPane > LogPane { height: 1fr; }
    AttemptPane > Paragraph { border-top: solid ansi_bright_black; max-height: 60%; }
    AttemptPane > Resources { border-top: solid ansi_bright_black; height: 3; }
    """

    def __init__(self, shell: Shell, place: tuple[str, int] | None = None) -> None:
        super().__init__()
        self._shell = shell
        self._begin = place
        """The attempt and the offset of its log to begin at."""
        # Kept here: answers may arrive while the screen closes, when a query no longer finds them.
        self.pane = LogPane(zone=shell.zone)
        self._details = Paragraph(id="details")
        self._resources = Resources(ascii=shell.looks.ascii)
        self.detail: RunDetail | None = None
        self.task_row: TaskRow | None = None
        self.attempts: list[AttemptRow] = []
        self.attempt: AttemptRow | None = None
        """The attempt that is shown."""
        self.explaining = False
        """Whether the details are open."""
        self._pinned = False
        self._why: Why | None = None

    def compose(self) -> ComposeResult:
        """Compose log, details and resources."""
        yield self.pane
        yield self._details
        yield self._resources

    def on_mount(self) -> None:
        """Ask for the figures of a running attempt at intervals."""
        self.set_interval(_SAMPLE, self._sample)
        self._settling = self.set_timer(_SETTLE, self._settled, pause=True)

    # -- which task ------------------------------------------------------------------------------

    def show_task(self, detail: RunDetail, task: TaskRow | None, *, instead: str) -> None:
        """Show *task* of *detail*, or *instead* if there is none; called again whenever it has changed."""
        before, run_before = self.task_row, self.detail
        self.detail, self.task_row = detail, task
        same_run = run_before is not None and run_before.run.run_id == detail.run.run_id
        if task is None:
            self._show_nothing(instead)
        elif before is None or not same_run or key_of(before) != key_of(task):
            self._pinned = False
            self.attempts, self.attempt, self._why = [], None, None
            self._settling.stop()
            self._settling = self.set_timer(_SETTLE, self._settled)
        elif before != task or not self.attempts:
            self._settled()
        if task is not None:
            self._explain()

    def _show_nothing(self, said: str) -> None:
        self.attempts, self.attempt, self._why = [], None, None
        self._show_empty([], said)
        self._explain()

    def _show_empty(self, title: Spans, said: str) -> None:
        """Show *said* instead of a log; draw only when it changed."""
        if self.pane.showing_log or self.pane.log_view.empty != said:
            self.pane.open(None, title, live=False, empty=said)
        self.pane.retitle(title)
        self._resources.show(None)

    def _settled(self) -> None:
        if self.task_row is not None:
            in_background(self._shell, partial(self._learn, self.task_row), group="attempts")

    async def _learn(self, task: TaskRow) -> None:
        """Ask for the attempts of *task*, and why it waits if it does; show what that changes."""
        run = self.detail.run if self.detail is not None else None
        if run is None:
            return
        names = (run.dag_id, run.run_id, task.task_id, task.map_index)
        attempts = await self._shell.feed.ask(
            lambda engine: engine.attempts(*names), key=("attempts", *names)
        )
        why = None
        if task.state not in _SETTLED and (self.explaining or not attempts):
            why = await self._shell.feed.ask(lambda engine: engine.why(*names), key=("why", *names))
        shown = self.task_row if self.is_mounted else None  # the screen may have been closed meanwhile
        if attempts is None or shown is None or key_of(shown) != key_of(task):
            return
        self.attempts, self._why = attempts, why
        self._choose()
        self._explain()

    def _choose(self) -> None:
        """Open the newest attempt, or refresh the title of the shown one."""
        if not self.attempts:
            self._show_no_attempt()
            return
        if self._begin is not None and self._open_at(*self._begin):
            return
        here = self._place()
        newest = len(self.attempts) - 1
        reading = self.pane.log_view.mode is Follow.MANUAL
        if here is None or (here < newest and not self._pinned and not reading):
            self._open(newest)
            return
        self.attempt = self.attempts[here]
        self.pane.retitle(self._title())
        self.pane.log_view.go_on(live=self._is_live())
        self._sample(final=True)

    def _show_no_attempt(self) -> None:
        task = self.task_row
        assert task is not None
        barriers = (
            "; ".join(label(barrier.text) for barrier in self._why.barriers) if self._why is not None else ""
        )
        said = barriers or f"no attempt: {task.state.value.replace('_', ' ')}"
        self._show_empty(self._title(), f"{said}   (w: why)")

    def _open(self, place: int) -> None:
        self.attempt = self.attempts[place]
        source = AttemptLog(self._shell.feed, self.attempt.attempt_id, self.attempt.log_path)
        self.pane.open(source, self._title(), live=self._is_live(), empty="nothing printed")
        self._sample(final=True)  # the figures before these stay until then, as the log does

    def _open_at(self, attempt_id: str, offset: int) -> bool:
        """Open an attempt's log at a line, the first time; return whether it is there."""
        self._begin = None
        place = next((at for at, row in enumerate(self.attempts) if row.attempt_id == attempt_id), None)
        if place is None:
            return False
        self._pinned = place < len(self.attempts) - 1
        self._open(place)
        in_background(self._shell, partial(self.pane.log_view.go_to, offset), group="jump")
        return True

    def _place(self) -> int | None:
        if self.attempt is None:
            return None
        ids = [attempt.attempt_id for attempt in self.attempts]
        return ids.index(self.attempt.attempt_id) if self.attempt.attempt_id in ids else None

    def _is_live(self) -> bool:
        attempt, task = self.attempt, self.task_row
        return (
            attempt is not None
            and task is not None
            and attempt.end is None
            and task.state in OCCUPIES_SLOT
            and attempt is self.attempts[-1]
        )

    def _title(self) -> Spans:
        assert self.task_row is not None
        place = self._place()
        now = self._shell.clock.now()
        title = attempt_title(self.task_row, self.attempt, (place or 0) + 1, len(self.attempts), now)
        if place is not None and place < len(self.attempts) - 1:
            title.append(("  ] newer", "yellow"))
        return title

    # -- what goes on ----------------------------------------------------------------------------

    def tick(self) -> None:
        """Update the seconds of a running attempt."""
        if self._is_live():
            self.pane.retitle(self._title())
        if self.explaining and self._why is not None:
            self._explain()

    def _sample(self, *, final: bool = False) -> None:
        if self.attempt is not None and (final or (self._is_live() and self.screen.is_current)):
            in_background(self._shell, partial(self._learn_samples, self.attempt), group="samples")

    async def _learn_samples(self, attempt: AttemptRow) -> None:
        samples = await self._shell.feed.ask(
            lambda engine: engine.samples(attempt.attempt_id), key=("samples", attempt.attempt_id)
        )
        shown = self.attempt.attempt_id if self.attempt is not None else None
        if self.is_mounted and shown == attempt.attempt_id:
            self._resources.show(samples, ended=not self._is_live(), worker=attempt.worker)

    # -- what keys do ----------------------------------------------------------------------------

    def turn_attempt(self, direction: Literal[1, -1]) -> str | None:
        """Show the attempt before or after; return why there is none."""
        place = self._place()
        if place is None:
            return "there is no attempt here"
        if not 0 <= place + direction < len(self.attempts):
            return "this is the newest attempt" if direction > 0 else "this is the first attempt"
        self._pinned = place + direction < len(self.attempts) - 1
        self._open(place + direction)
        self._explain()
        return None

    def toggle_why(self) -> None:
        """Open or close the details."""
        self.explaining = not self.explaining
        self._explain()
        if self.explaining:
            self._settled()

    def _explain(self) -> None:
        paragraph = self._details
        if not self.explaining or self.detail is None or self.task_row is None:
            paragraph.show([])
            return
        shell = self._shell
        now, cells = shell.clock.now(), max(20, self.size.width - 1)
        lines: list[Spans] = []
        if self._why is not None:
            lines += why_lines(self._why, now, shell.zone, shell.looks, cells)
        lines += details.task_lines(self.task_row, self.detail, shell.looks, cells, now)
        shown = self.attempt.attempt_id if self.attempt is not None else None
        lines += details.attempt_lines(self.attempts, shown, now, shell.zone, cells)
        paragraph.show(lines)
