"""Inside one task: why it stands where it stands, what it ran with, pushed and used, and its source."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult

from penstock.model.states import TERMINAL
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.events import Change, EventRow
from penstock.model.views.one_task import SourceText, TaskDetail
from penstock.model.views.why import Why
from penstock.model.views.xcoms import XComRow
from penstock_tui.clean import label
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.screens.run_word import run_word
from penstock_tui.screens.view import View
from penstock_tui.target import Target, TaskTarget
from penstock_tui.view import inside
from penstock_tui.view.columns import Column
from penstock_tui.view.inside import TABS, Shown
from penstock_tui.view.spans import Spans, text_of
from penstock_tui.view.task_rows import key_of
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row
from penstock_tui.widgets.log_pane import TitleLine

_EVENTS = 500
"""Events of one task that are listed."""


class TaskScreen(View):
    """One task instance. Only the tab in front asks the engine, and again whenever the run changes."""

    view = "task"
    last_tab: ClassVar[str] = TABS[0]
    """The tab that was open last, for the next task."""

    def __init__(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> None:
        super().__init__()
        self.dag_id, self.run_id = dag_id, run_id
        self.task_id, self.map_index = task_id, map_index
        self.tab = TaskScreen.last_tab
        self.detail: TaskDetail | None = None
        self._why: Why | None = None
        self._xcoms: list[XComRow] = []
        self._attempts: list[AttemptRow] = []
        self._events: list[EventRow] = []
        self._source: SourceText | None = None
        self._attempt: str | None = None
        """The attempt whose fields are shown; None is the newest."""
        self._rows: list[Shown] = []
        self._asked: set[str] = set()
        """Tabs whose answer is here."""

    def body(self) -> ComposeResult:
        """Compose the task's line, the tabs, and the lines of the one in front."""
        yield TitleLine(id="task-line")
        yield Line(id="tabs")
        yield LineTable([Column("line", "", 10, most=10_000)], header=False, id="lines")

    def on_mount(self) -> None:
        """Give the lines the keys, and count seconds."""
        super().on_mount()
        self.lines.focus()
        self._show_tabs()
        self.set_interval(1.0, self._tick)

    @property
    def lines(self) -> LineTable:
        """The lines of the tab."""
        return self.query_one(LineTable)

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the task, and for what the tab in front shows."""
        names, attempt = self._names, self._attempt
        tab = self.tab
        detail = await self.shell.feed.ask(
            lambda engine: engine.task(*names, attempt_id=attempt), key=("task", names, attempt)
        )
        if detail is None:
            if self.detail is None:
                self.lines.empty = "this task is not in this run"
            return
        self.detail = replace(detail, file=self.shell.short_path(detail.file))
        await self._load_tab(tab)
        if tab == self.tab:
            first = tab not in self._asked
            self._asked.add(tab)
            self._show()
            if first and tab == "source":
                made = str(detail.line or 1)
                self.lines.move_to(next((at for at, row in enumerate(self._rows) if row.of == made), 0))

    async def _load_tab(self, tab: str) -> None:
        feed, names = self.shell.feed, self._names
        if tab == "why" and self.detail is not None and self.detail.task.state not in TERMINAL:
            self._why = await feed.ask(lambda engine: engine.why(*names), key=("why", names))
        elif tab == "why":
            self._why = None
        elif tab == "xcoms":
            self._xcoms = await feed.ask(lambda engine: engine.xcoms(*names), key=("xcoms", names)) or []
        elif tab in {"attempts", "fields"}:
            asked = await feed.ask(lambda engine: engine.attempts(*names), key=("attempts", *names))
            self._attempts = asked or []
        elif tab == "events":
            self._events = (
                await feed.ask(
                    lambda engine: engine.events(
                        dag_id=names[0], run_id=names[1], task_id=names[2], map_index=names[3], limit=_EVENTS
                    ),
                    key=("events", names),
                )
                or []
            )
        elif tab == "source" and self._source is None:
            self._source = await feed.ask(
                lambda engine: engine.run_source(*names[:2]), key=("source", names[:2])
            )

    @property
    def _names(self) -> tuple[str, str, str, int]:
        return self.dag_id, self.run_id, self.task_id, self.map_index

    def concerns(self, change: Change) -> bool:
        """Return whether our run moved."""
        return change.all or (self.dag_id, self.run_id) in change.runs

    def _tick(self) -> None:
        detail = self.detail
        if detail is not None and self.is_current and detail.task.state not in TERMINAL:
            self._show_head()
            if self.tab in {"why", "attempts"}:
                self._show_lines()

    def _show(self) -> None:
        self._show_head()
        self._show_lines()
        self.refresh_top()

    def _show_head(self) -> None:
        if self.detail is not None:
            shell = self.shell
            name: Spans = [(f" {label(key_of(self.detail.task))} ", "bold")]
            said = inside.head(self.detail, shell.clock.now(), shell.looks)
            self.query_one("#task-line", TitleLine).show_both([*name, *said], [], yielding=(0,))

    def _show_tabs(self) -> None:
        self.query_one("#tabs", Line).show(inside.tab_bar(self.tab, self.size.width or 80))

    def _show_lines(self) -> None:
        self._rows = self._made()
        self.lines.empty = "asking the engine ..."
        self.lines.set_rows([Row(f"{place:06}", (shown.line,)) for place, shown in enumerate(self._rows)])

    def _made(self) -> list[Shown]:
        detail, shell = self.detail, self.shell
        if detail is None:
            return []
        now, zone, looks = shell.clock.now(), shell.zone, shell.looks
        cells = max(20, self.size.width - 3)
        match self.tab:
            case "why":
                return inside.why_tab(detail, self._why, now, zone, looks, cells)
            case "fields":
                return inside.fields_tab(detail, self._place(), cells)
            case "xcoms":
                return inside.xcoms_tab(self._xcoms, cells)
            case "params":
                return inside.params_tab(detail, cells)
            case "attempts":
                return inside.attempts_tab(self._attempts, now, zone, cells)
            case "events":
                return inside.events_tab(self._events, now, zone, looks)
            case "source":
                return inside.source_tab(self._source, detail.line, cells)
        return inside.docs_tab(detail, cells)

    def _place(self) -> tuple[int, int]:
        """Return which attempt's fields are shown, from 1, and how many attempts there are."""
        ids = [attempt.attempt_id for attempt in self._attempts]
        here = self.detail.attempt_id if self.detail is not None else None
        return (ids.index(here) + 1 if here in ids else len(ids)), len(ids)

    def on_resize(self, _event: events.Resize) -> None:
        """Break the lines again."""
        self._show_tabs()
        if self.detail is not None:
            self._show_lines()

    # -- what keys apply to and do ---------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the task."""
        if self.detail is None:
            return ()
        return (TaskTarget(run=self.detail.run, tasks=(self.detail.task,)),)

    def crumbs(self) -> Spans:
        """Return DAG, run and task for the top line."""
        run = run_word(self.shell, self.dag_id, self.run_id, self.detail)
        return [(f"{label(self.dag_id)} > {run} > {label(self.task_id)}", "dim")]

    def copied(self) -> str:
        """Return the line under the cursor."""
        place = self.lines.cursor
        return text_of(self._rows[place].line).strip() if place < len(self._rows) else ""

    def do_tab_next(self) -> None:
        """Show the next tab."""
        self._turn_tab(1)

    def do_tab_previous(self) -> None:
        """Show the tab before."""
        self._turn_tab(-1)

    def _turn_tab(self, direction: Literal[1, -1]) -> None:
        self.tab = TaskScreen.last_tab = TABS[(TABS.index(self.tab) + direction) % len(TABS)]
        self._show_tabs()
        self.lines.set_rows([])
        self.lines.move_to(0)
        if self.tab in {"params", "docs"} or self.tab in self._asked:
            self._show_lines()
        self.reload()

    def do_open(self) -> None:
        """Show the whole value, the attempt's log, the whole event; else the log."""
        place = self.lines.cursor
        of = self._rows[place].of if place < len(self._rows) else ""
        cells = min(96, self.shell.size.width - 10)
        if self.tab == "xcoms" and self._xcoms:
            row = next(row for row in self._xcoms if row.key == of)
            self.shell.push_screen(Sheet(f"{self.task_id} {row.key}", inside.whole_xcom(row, cells)))
        elif self.tab == "events" and of:
            event = next(event for event in self._events if str(event.seq) == of)
            self.shell.push_screen(
                Sheet(f"event {of}", inside.whole_event(event, self.shell.zone, cells), timed=True)
            )
        else:
            self.action_do("log")

    def do_attempt_previous(self) -> None:
        """Show the fields of the attempt before."""
        self._turn_attempt(-1)

    def do_attempt_next(self) -> None:
        """Show the fields of the attempt after."""
        self._turn_attempt(1)

    def _turn_attempt(self, direction: Literal[1, -1]) -> None:
        number, of = self._place()
        if self.tab != "fields":
            self.shell.say("attempts are turned in the tab fields")
        elif not 1 <= number + direction <= of:
            said = "this is the newest attempt" if direction > 0 else "this is the first attempt"
            self.shell.say(said if of else "no attempt has been made yet")
        else:
            newest = number + direction == of
            self._attempt = None if newest else self._attempts[number + direction - 1].attempt_id
            self.reload()
