"""`QuestionsDialog`: everything that waits for an answer; choose what to answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from penstock.ids import instance_key
from penstock.model.questions import assigned_words
from penstock.model.views.questions import QuestionRow
from penstock_tui.clean import label
from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row

COLUMNS = (
    Column("asked", "asked", 11, drop=4),
    Column("task", "task", 18, most=40),
    Column("question", "question", 20, most=200),
    Column("left", "left", 8, drop=2),
    Column("who", "for", 10, most=20, drop=3),
)


class QuestionsDialog(Dialog[QuestionRow]):
    """A list; ``enter`` answers with the row under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False)]

    def __init__(self, title: str, rows: Sequence[QuestionRow]) -> None:
        super().__init__(title)
        self._rows = list(rows)

    def times(self) -> str:
        """Return the zone of the times."""
        return self.own_times()

    def inside(self) -> ComposeResult:
        """Compose the list and the keys."""
        yield LineTable(self._columns(), empty="nothing waits for an answer", id="questions")
        yield Line(id="leave")

    def _columns(self) -> list[Column]:
        """Return the columns, without those in which nothing would stand."""
        ends = any(row.until is not None for row in self._rows)
        named = any(row.question.assigned for row in self._rows)
        return [each for each in COLUMNS if {"left": ends, "who": named}.get(each.id, True)]

    def on_mount(self) -> None:
        """Show the list."""
        table = self.query_one(LineTable)
        table.reserve = 4
        now, zone = self.shell.now(), self.shell.zone
        wanted = [place for place, each in enumerate(COLUMNS) if each in table.columns]
        table.set_rows(
            [
                Row(row.attempt_id, tuple(cells(row, now, zone)[place] for place in wanted))
                for row in self._rows
            ]
        )
        self.query_one("#leave", Line).show(
            [("enter", "bold cyan"), (" answer   ", ""), ("esc", "bold cyan"), (" close", "")]
        )
        table.focus()

    @on(LineTable.Entered)
    def action_choose(self) -> None:
        """Answer with the row under the cursor."""
        key = self.query_one(LineTable).cursor_key
        found = [row for row in self._rows if row.attempt_id == key]
        if found:
            self.dismiss(found[0])


def cells(row: QuestionRow, now: datetime, zone: tzinfo) -> tuple[Spans, ...]:
    """Return the cells of a question, in the order of `COLUMNS`."""
    question = row.question
    left = "" if row.until is None else durations.brief(max(0.0, (row.until - now).total_seconds()))
    return (
        [(durations.past(row.asked, now, zone), "bright_black")],
        [(label(f"{row.dag_id}.{instance_key(row.task_id, row.map_index)}"), "bold")],
        [(label(question.subject), ""), (f"  {label(' / '.join(question.options))}", "cyan")],
        [(left, "yellow")],
        [(label(assigned_words(question)), "bright_black")],
    )
