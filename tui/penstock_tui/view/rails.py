"""The DAG as a list with rails: one row per task, its dependencies drawn beside it. Pure.

How to read it. A vertical line (a rail) carries the output of a task, or of several with the same
children, down to the tasks that wait for it. Flow only goes down. Horizontal bars:

* left of a task's glyph: every rail that the bar joins feeds this task;
* right of a task's glyph: the task's output goes into that rail, like its sisters' output;
* on a row without a glyph: every rail that the bar joins feeds the task on the next row.

A glyph right below a glyph is its child, unless one of these bars says otherwise. A rail that a
bar passes without joining stays a plain ``│``. So the drawing shows exactly the
edges of the graph, and a thousand sisters between two tasks take three lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from penstock.model.drawing.box import BOX, EAST, ELIDED, NORTH, SOUTH, WEST
from penstock.model.drawing.order import Node, Order

SISTERS = 3
"""From this many tasks with the same parents and the same children, they share one rail down."""


class RowKind(Enum):
    """What a row shows."""

    TASK = "task"
    GROUP = "group"
    """The title of an open group."""
    FOLDED = "folded"
    """A folded group, in place of all its tasks."""
    BEND = "bend"
    """Only rails."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list.

    ``cells`` are the rails, with a space at ``column`` for the glyph (-1 on rows without one).
    ``key`` is the task or group; on a bend the task it leads to. ``depth`` counts the groups around.
    """

    kind: RowKind
    cells: str
    column: int
    key: str
    depth: int


@dataclass(frozen=True, slots=True)
class Rails:
    """The whole drawing. ``width`` is that of the widest row; ``elided`` says that lanes were left out.

    ``counted`` says that there are numbers beside the glyphs, not rails (`penstock_tui.view.rails_layers`).
    ``layer_of`` is the title over each task and folded group of a list by layers, else empty.
    """

    rows: tuple[Row, ...]
    width: int
    elided: bool
    members: Mapping[str, tuple[str, ...]]
    """Every group that can be folded, with all tasks in it, in order."""
    counted: bool = False
    layer_of: Mapping[str, str] = field(default_factory=dict)
    lanes: int = 0
    """How many lanes it has: with room for more it looks the same, unless some were left out."""


def lay_out(
    nodes: Sequence[Node],
    parents: Mapping[str, str | None] | None = None,
    *,
    folded: Collection[str] = (),
    max_lanes: int = 16,
) -> Rails:
    """Draw *nodes* with the groups in *folded* closed, in at most *max_lanes* (2 or more) lanes.

    *parents* maps a group to the group around it. Raises ValueError on a cycle.
    """
    return lay_out_order(Order(nodes, parents or {}), folded=folded, max_lanes=max_lanes)


def lay_out_order(order: Order, *, folded: Collection[str] = (), max_lanes: int = 16) -> Rails:
    """Draw an order made before; see `lay_out`."""
    drawn = lay_out_narrow(order, folded=folded, max_lanes=max_lanes, most_hidden=1)
    assert drawn is not None
    return drawn


def lay_out_narrow(
    order: Order, *, folded: Collection[str] = (), max_lanes: int, most_hidden: float
) -> Rails | None:
    """Draw an order made before, unless a larger share of its tasks than *most_hidden* is beyond the lanes.

    Returns None then, as soon as that is sure: lanes by the hundred take long to draw.
    """
    drawing = _Drawing(order, frozenset(folded), max_lanes, max_lanes)
    rows = drawing.draw(most_hidden)
    if rows is None:
        return None
    elided = len(drawing.lanes) > max_lanes
    if elided:
        rows = _Drawing(order, frozenset(folded), max_lanes, max_lanes - 1).draw() or []
    return Rails(
        rows=tuple(rows),
        width=max((len(row.cells) for row in rows), default=0),
        elided=elided,
        members=members_of(order),
        lanes=len(drawing.lanes),
    )


def bare_rows(order: Order, folded: Collection[str] = ()) -> list[Row]:
    """Return the rows of titles and tasks, in the order of a drawing, with nothing beside them."""
    rows: list[Row] = []
    before: tuple[str, ...] = ()
    for key in dict.fromkeys(_stands_for(order, folded).values()):
        path = order.path(key)
        rows += [Row(RowKind.GROUP, "", -1, group, depth) for depth, group in _opened(before, path)]
        before = path
        rows.append(Row(_kind(order, key), "", 0, key, len(path)))
    return rows


def members_of(order: Order) -> dict[str, tuple[str, ...]]:
    """Return every group with all tasks in it, in order."""
    members: dict[str, list[str]] = {}
    for key in order.keys:
        for group in order.path(key):
            members.setdefault(group, []).append(key)
    return {group: tuple(keys) for group, keys in members.items()}


def _stands_for(order: Order, folded: Collection[str]) -> dict[str, str]:
    """Return what is shown for each task: itself, or the outermost folded group that it is in."""
    return {key: next((group for group in order.path(key) if group in folded), key) for key in order.keys}


def _opened(before: tuple[str, ...], path: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return the groups, by depth, that begin between two rows with these groups around them."""
    return [(depth, group) for depth, group in enumerate(path) if group not in before[: depth + 1]]


def _kind(order: Order, key: str) -> RowKind:
    return RowKind.TASK if key in order.upstream else RowKind.FOLDED


@dataclass(slots=True, eq=False)
class _Rail:
    """The content of a lane: the ``waiting`` consumers are further down."""

    lane: int
    waiting: int


@dataclass(slots=True, eq=False)
class _Family:
    """Sisters: tasks with the same parents and the same children, which share lane and rail."""

    left: int
    lane: int = -1
    rail: _Rail | None = None


@dataclass(slots=True)
class _Bar:
    """A horizontal line being put together: the sides that each joined lane has beside it."""

    joins: dict[int, int] = field(default_factory=dict)

    def join(self, lane: int, sides: int) -> None:
        self.joins[lane] = self.joins.get(lane, 0) | sides


class _Drawing:
    """The state while going down the rows.

    Lanes from *cut* on are left out: with *cut* = *max_lanes* only until it turns out that there
    are more.
    """

    def __init__(self, order: Order, folded: frozenset[str], max_lanes: int, cut: int) -> None:
        self.order = order
        self.folded = folded
        self.max_lanes = max_lanes
        self.cut = cut
        self.above = -1
        """The lane of the glyph on the row above, when one below it would read as its child."""
        self.lanes: list[_Rail | _Family | None] = []
        self.feeding: dict[str, list[_Rail]] = {}
        self._contract()

    def _contract(self) -> None:
        """Replace what is folded by its group, and find the sisters."""
        shown = _stands_for(self.order, self.folded)
        self.shown = list(dict.fromkeys(shown.values()))
        ups: dict[str, dict[str, None]] = {key: {} for key in self.shown}
        self.down: dict[str, dict[str, None]] = {key: {} for key in self.shown}
        for key in self.order.keys:
            for up in self.order.upstream[key]:
                source, target = shown[up], shown[key]
                if source != target:
                    ups[target][source] = None
                    self.down[source][target] = None
        likeness = {key: (frozenset(ups[key]), frozenset(self.down[key])) for key in self.shown}
        sizes = Counter(likeness.values())
        by_likeness = {
            alike: _Family(size) for alike, size in sizes.items() if size >= SISTERS and any(alike)
        }
        self.family = {key: by_likeness[alike] for key, alike in likeness.items() if alike in by_likeness}

    def draw(self, most_hidden: float = 1) -> list[Row] | None:
        """Draw all; or return None when more than *most_hidden* of the tasks have no lane that is drawn."""
        rows: list[Row] = []
        before: tuple[str, ...] = ()
        hidden, most = 0, most_hidden * len(self.shown)
        for key in self.shown:
            path = self.order.path(key)
            for depth, group in _opened(before, path):
                rows.append(Row(RowKind.GROUP, self._finish(self._plain()), -1, group, depth))
                self.above = -1
            before = path
            own = self._task(key, len(path))
            rows.extend(own)
            hidden += own[-1].column >= 2 * (self.max_lanes - 1)
            if hidden > most and len(self.lanes) > self.max_lanes:
                return None
        return rows

    def _task(self, key: str, depth: int) -> list[Row]:
        """Draw one task: perhaps a bend, then its row; and open its rail."""
        inputs = sorted(self.feeding.pop(key, []), key=lambda rail: rail.lane)
        for rail in inputs:
            rail.waiting -= 1
        family = self.family.get(key)
        lane, straight = self._choose_lane(inputs, family)
        rows: list[Row] = []
        bar = _Bar()
        if straight or any(rail.lane > lane for rail in inputs):
            if [rail.lane for rail in inputs] != [lane]:
                rows.append(Row(RowKind.BEND, self._bend(lane, inputs), -1, key, depth))
        else:
            for rail in inputs:
                bar.join(rail.lane, NORTH | EAST | (SOUTH if rail.waiting else 0))
        self._end(inputs)
        output = self._output(key, lane, family, bar)
        rows.append(Row(_kind(self.order, key), self._row(lane, bar), 2 * min(lane, self.cut), key, depth))
        self.above = lane if max(bar.joins, default=lane) == lane else -1
        if output is not None:
            self._put(output.lane, output)
        return rows

    def _choose_lane(self, inputs: Sequence[_Rail], family: _Family | None) -> tuple[int, bool]:
        """Return the task's lane, and whether it stands below a rail that ends in it."""
        last = max((rail.lane for rail in inputs), default=-1)
        if family is not None:
            if family.lane < 0:
                family.lane = self._free(last + 1)
                self._put(family.lane, family)
            return family.lane, False
        free = self._free(0)
        ending = [rail.lane for rail in inputs if not rail.waiting]
        if ending and free > ending[0] - 2:
            return ending[0], True
        if not inputs or ending:
            return free, False
        beside = self._free(last + 1)
        return (beside if beside < len(self.lanes) or free == beside else free), False

    def _output(self, key: str, lane: int, family: _Family | None, bar: _Bar) -> _Rail | None:
        """Return the rail that goes on below the task, if any; sisters' bars lead to theirs instead."""
        down = self.down[key]
        self._put(lane, None)
        if family is None:
            return self._open(lane, down) if down else None
        family.left -= 1
        if family.left:
            self._put(lane, family)
        if family.rail is not None:
            bar.join(family.rail.lane, NORTH | SOUTH | WEST)
        elif down:
            family.rail = self._open(self._free(lane + 1), down)
            bar.join(family.rail.lane, SOUTH | WEST)
            return family.rail
        return None

    def _open(self, lane: int, down: Collection[str]) -> _Rail:
        rail = _Rail(lane, len(down))
        for key in down:
            self.feeding.setdefault(key, []).append(rail)
        return rail

    def _end(self, inputs: Sequence[_Rail]) -> None:
        for rail in inputs:
            if not rail.waiting:
                self.lanes[rail.lane] = None

    def _free(self, start: int) -> int:
        """Return the leftmost lane from *start* on that nothing uses."""
        for lane in range(start, len(self.lanes)):
            if self.lanes[lane] is None and lane != self.above:
                return lane
        return max(start, len(self.lanes))

    def _put(self, lane: int, content: _Rail | _Family | None) -> None:
        while len(self.lanes) <= lane:
            self.lanes.append(None)
        self.lanes[lane] = content

    # Cells. Lane i stands in column 2i; the column after it belongs to bars.

    def _plain(self) -> list[str]:
        cells: list[str] = []
        for content in self.lanes[: self.cut]:
            cells += ("│" if isinstance(content, _Rail) else " ", " ")
        return cells

    def _bend(self, lane: int, inputs: Sequence[_Rail]) -> str:
        """Return the cells of the row that leads *inputs* to the task below it."""
        bar = _Bar()
        for rail in inputs:
            bar.join(rail.lane, NORTH | (SOUTH if rail.waiting else 0))
        bar.join(lane, SOUTH)
        cells = self._plain()
        self._lay(cells, bar)
        return self._finish(cells, reach=max(bar.joins))

    def _row(self, lane: int, bar: _Bar) -> str:
        """Return the cells of a task's row; the bar reaches from the joined lanes to the glyph."""
        cells = self._plain()
        if bar.joins:
            bar.join(lane, 0)
        self._lay(cells, bar)
        return self._finish(cells, lane, max(bar.joins, default=lane))

    def _lay(self, cells: list[str], bar: _Bar) -> None:
        """Draw a bar over *cells* as far as they may reach."""
        if not bar.joins:
            return
        first, last = min(bar.joins), max(bar.joins)
        cells += " " * (2 * min(last + 1, self.cut) - len(cells))
        for column in range(2 * first, min(2 * last + 1, len(cells))):
            lane, gap = divmod(column, 2)
            if not gap and lane in bar.joins:
                sides = bar.joins[lane] | (WEST if lane > first else 0) | (EAST if lane < last else 0)
                cells[column] = BOX[sides]
            elif cells[column] == " ":
                cells[column] = "─"

    def _finish(self, cells: list[str], lane: int = -1, reach: int = -1) -> str:
        """Mark what is left out, make room for the glyph, and strip what is blank."""
        if self.cut < self.max_lanes:
            hidden = any(isinstance(content, _Rail) for content in self.lanes[self.cut :])
            if hidden or reach >= self.cut:
                cells += " " * (2 * self.cut - len(cells))
                cells += (" ", ELIDED) if lane >= self.cut else (ELIDED,)
        text = "".join(cells).rstrip()
        if lane < 0:
            return text
        column = 2 * min(lane, self.cut)
        text = text.ljust(column + 1)
        return f"{text[:column]} {text[column + 1 :]}"
