"""The grid of tasks by runs: which rows there are, and what a line of it looks like. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from penstock.ids import instance_key
from penstock.model.drawing.order import Node, Order
from penstock.model.views.grid import GridCell
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.runs import RunRow
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans, fit
from penstock_tui.view.sparkline import sparkline
from penstock_tui.view.state_style import Looks

RUNS = ""
"""The key of the row of the runs themselves, above all tasks."""
CELL = 2
"""Columns of the terminal for each run."""
BAR = 14
"""Columns of the durations at the right, with the space before them."""
_MOST_INSTANCES = 1_000
_BLOCKS = " ▏▎▍▌▋▊▉█"

Kind = Literal["task", "mapped", "instance", "group"]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row. ``key`` is what the engine is asked for; ``opens``: whether it can be opened or shut."""

    key: str
    kind: Kind
    name: str
    depth: int = 0
    opened: bool = False
    gone: bool = False
    """The DAG's present version does not have it."""

    @property
    def opens(self) -> bool:
        """Whether it stands for several things that can be shown."""
        return self.kind in {"mapped", "group"}


class GridRows:
    """The rows of a DAG. Groups and mapped tasks fold: *folded* and *opened* say which."""

    def __init__(
        self, nodes: Sequence[TaskNode], groups: Sequence[GroupNode], gone: Sequence[TaskNode] = ()
    ) -> None:
        self._tasks = {node.task_id: node for node in nodes}
        self._gone = tuple(node for node in gone if node.task_id not in self._tasks)
        self._order = Order(
            [Node(node.task_id, node.upstream, node.group) for node in nodes],
            {group.group_id: group.parent for group in groups},
        )

    def rows(self, folded: Collection[str], opened: Mapping[str, int]) -> list[GridRow]:
        """Return the rows; *opened* says how many instances of a mapped task to show."""
        found: list[GridRow] = []
        shown: tuple[str, ...] = ()
        for key in self._order.keys:
            path = self._order.path(key)
            same = 0
            while same < min(len(path), len(shown)) and path[same] == shown[same]:
                same += 1
            hidden = next((place for place, group in enumerate(path) if group in folded), None)
            for depth in range(same, len(path)):
                if hidden is None or depth <= hidden:
                    group = path[depth]
                    name = _short(group, path[:depth])
                    found.append(GridRow(group, "group", name, depth, opened=group not in folded))
            shown = path
            if hidden is None:
                found += self._task(self._tasks[key], path, opened)
        for node in self._gone:
            kind: Kind = "mapped" if node.mapped else "task"
            found.append(GridRow(node.task_id, kind, label(node.task_id), gone=True))
        return found

    def _task(self, node: TaskNode, path: Sequence[str], opened: Mapping[str, int]) -> list[GridRow]:
        name, depth = _short(node.task_id, path), len(path)
        if not node.mapped:
            return [GridRow(node.task_id, "task", name, depth)]
        count = min(opened.get(node.task_id, 0), _MOST_INSTANCES)
        return [
            GridRow(node.task_id, "mapped", name, depth, opened=count > 0),
            *(
                GridRow(instance_key(node.task_id, index), "instance", f"[{index}]", depth + 1)
                for index in range(count)
            ),
        ]


def _short(name: str, groups: Sequence[str]) -> str:
    for group in reversed(groups):
        if name.startswith(group + "."):
            return label(name[len(group) + 1 :])
    return label(name)


@dataclass(frozen=True, slots=True)
class Frame:
    """How the screen is shared out: the cells of names, how many runs, and whether durations are shown."""

    names: int
    runs: int
    bars: bool


def frame(cells: int, longest: int) -> Frame:
    """Return how *cells* are shared out where the longest name takes *longest*."""
    names = max(8, min(longest, cells // 3))
    bars = cells >= 50
    room = cells - names - 1 - (BAR if bars else 0)
    return Frame(names, max(1, room // CELL), bars)


def name_spans(row: GridRow, cells: int, *, ascii: bool) -> Spans:  # noqa: A002
    """Return the name of a row in *cells* cells: how it stands open or shut, and where."""
    arrow = ""
    if row.opens:
        arrow = ("v " if row.opened else "> ") if ascii else ("▾ " if row.opened else "▸ ")
    name = row.name + ("[]" if row.kind == "mapped" else "")
    style = "bold" if row.kind == "group" else "strike dim" if row.gone else ""
    return fit([(" " * min(row.depth, cells // 3), ""), (f"{arrow}{name}", style)], cells)


def cell_span(cell: GridCell | None, looks: Looks) -> tuple[str, str]:
    """Return the one character of a cell, and its style."""
    return looks.cell(cell.state.value) if cell is not None else (" ", "")


def bar(seconds: float | None, longest: float, *, ascii: bool) -> Spans:  # noqa: A002
    """Return a duration as a bar against the *longest* that is shown, with its figure."""
    if seconds is None:
        return [(" " * BAR, "")]
    cells = BAR - 8
    eighths = round(min(1.0, seconds / longest if longest > 0 else 0.0) * cells * 8)
    if ascii:
        line = "#" * max(1, round(eighths / 8))
    else:
        line = "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()
        line = line or "▏"
    return [(" ", ""), *fit([(line, "cyan")], cells), *fit([(durations.span(seconds), "")], 7, align="right")]


# -- above the tasks -------------------------------------------------------------------------------


def dates(runs: Sequence[RunRow], zone: tzinfo) -> Spans:
    """Return the dates over the columns, each where it first fits; *runs* are in the order of the screen."""
    text = [" "] * (len(runs) * CELL)
    free, before, last = 0, "", ""
    for place, run in enumerate(runs):
        at = (run.logical_date or run.run_after).astimezone(zone)
        day, hour = at.strftime("%m-%d"), at.strftime("%H:%M")
        said = day if day != before else hour
        start = place * CELL
        if said != last and start >= free and start + len(said) <= len(text):
            text[start : start + len(said)] = said
            free, before, last = start + len(said) + 1, day, said
    return [("".join(text), "dim")]


def run_bars(runs: Sequence[RunRow], now: datetime, *, ascii: bool) -> Spans:  # noqa: A002
    """Return how long each run took as bars, in the order of the screen."""
    took = [run.took(now) or 0.0 for run in runs]
    line = sparkline(took, len(took), ascii=ascii) if took else ""
    return [("".join(char + " " for char in line), "bright_black")]
