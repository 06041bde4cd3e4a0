"""The text of one row of a run's list: rails with the state's glyph, name, figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from penstock.model.drawing.box import to_ascii
from penstock.model.drawing.order import Order
from penstock.model.summary import summary
from penstock.model.views.runs import TaskRow
from penstock_tui.view import task_rows
from penstock_tui.view.columns import chosen
from penstock_tui.view.rails import Rails, Row, RowKind
from penstock_tui.view.spans import Spans, fit, text_of
from penstock_tui.view.state_style import Looks


@dataclass(frozen=True, slots=True)
class RowText:
    """Writes the rows of one drawing at one width. ``bare`` rows are those of a filtered list."""

    rails: Rails
    order: Order
    tasks: Mapping[str, TaskRow]
    looks: Looks
    cells: int
    bare: bool = False
    name_cells: int = 14
    """How wide names are at least: figures leave before a name is cut, down to the time taken."""

    def members(self, row: Row) -> tuple[str, ...]:
        """Return the tasks of a row."""
        return (row.key,) if row.key in self.tasks else self.rails.members[row.key]

    def titles(self) -> Spans:
        """Return the line of column titles."""
        spans: Spans = [(" " * self.rails.width, "")]
        if self.rails.counted:
            half = self.rails.width // 2
            spans = [(f"{'in':>{half}} {'out':<{half}}", "dim")]
        for index, cells in self._columns():
            column = task_rows.COLUMNS[index]
            spans += [(" ", ""), *fit([(column.title, "dim")], cells, align=column.align)]
        return joined(spans)

    def row(self, row: Row, now: datetime, *, bar: str = "") -> Spans:
        """Return the text of a row at *now*; the cursor's row has its name in the style *bar*."""
        rails = to_ascii(row.cells) if self.looks.ascii else row.cells
        spans: Spans = [(rails, "dim")]
        if row.column >= 0:
            state = summary(self.tasks[key].state for key in self.members(row))
            spans = [(rails[: row.column], "dim"), self.looks.cell(state), (rails[row.column + 1 :], "dim")]
        spans = fit([span for span in spans if span[0]], self.rails.width)
        if row.kind is RowKind.BEND:
            return joined(spans)
        figures = self._figures(row, now)
        for index, cells in self._columns():
            column = task_rows.COLUMNS[index]
            piece = self.name(row, now) if column.id == "name" else figures.get(column.id, [])
            piece = fit(piece, cells, align=column.align)
            spans += [(" ", ""), *([(text_of(piece), bar)] if bar and column.id == "name" else piece)]
        return joined(spans)

    def name(self, row: Row, now: datetime) -> Spans:
        """Return a row's name, with what it waits for."""
        indent: Spans = [("  " * row.depth, "")] if row.depth else []
        if row.kind is RowKind.TASK:
            task = self.tasks[row.key]
            groups = () if self.bare or self.rails.layer_of else self.order.path(row.key)
            style = self.looks.style(task.state) if task_rows.is_failed(task) else ""
            return [*indent, (task_rows.name_of(task, groups), style), *task_rows.task_note(task, now)]
        tasks = [self.tasks[key] for key in self.rails.members[row.key]]
        folded = row.kind is RowKind.FOLDED
        return [*indent, *task_rows.group_name(row.key, tasks, folded=folded, ascii=self.looks.ascii)]

    def _columns(self) -> tuple[tuple[int, int], ...]:
        name, *figures = task_rows.COLUMNS
        return chosen((replace(name, width=self.name_cells), *figures), self.cells - self.rails.width - 1)

    def _figures(self, row: Row, now: datetime) -> dict[str, Spans]:
        if row.kind is RowKind.TASK:
            return task_rows.task_cells(self.tasks[row.key], now)
        if row.kind is RowKind.FOLDED:
            return task_rows.group_cells([self.tasks[key] for key in self.members(row)], now)
        return {}


def joined(spans: Spans) -> Spans:
    """Return *spans* with neighbours of the same style merged: fewer bytes for the terminal."""
    out: Spans = []
    for text, style in spans:
        if out and (out[-1][1] == style or (not text.strip() and not _paints(out[-1][1]))):
            out[-1] = (out[-1][0] + text, out[-1][1])
        elif text:
            out.append((text, style))
    return out


def _paints(style: str) -> bool:
    """Return whether blanks in *style* can be seen."""
    return any(word in style for word in ("on ", "reverse", "underline", "strike"))
