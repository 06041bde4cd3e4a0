"""What is drawn of a graph, with the text of its nodes: names, states, how much of a group is done. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from penstock.model.drawing.box import to_ascii
from penstock.model.drawing.layers import passing
from penstock.model.drawing.layout import Drawing, draw, in_ascii
from penstock.model.drawing.nodes import MAPPED
from penstock.model.drawing.order import Order
from penstock.model.drawing.scope import READABLE, STEPS, Scope, bundled, scope
from penstock.model.looks import LOOKS
from penstock.model.states import TERMINAL, TaskState
from penstock.model.summary import summary

TANGLED = 16
"""With more lines than this side by side nobody reads the whole: only what is near a task is drawn."""
LONGEST = 32
"""Cells of a name at most; a longer one is cut in its middle."""

States = Mapping[str, TaskState]
"""The state of every task instance by its key; empty without a run."""


@dataclass(frozen=True, slots=True)
class Label:
    """The text of a node: what leads to it from outside the drawing, its glyph, its name, the rest."""

    before: str
    state: str
    """What the glyph shows: a state, or ``none`` without a run."""
    name: str
    after: str

    @property
    def width(self) -> int:
        """How many cells it takes, with a blank at its end."""
        return len(self.before) + 2 + len(self.name) + len(self.after) + 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, where, and the text of each node."""

    scope: Scope
    drawing: Drawing

    @classmethod
    def of(cls, shown: Scope, states: States) -> Picture:
        """Lay out what is *shown*. Widths do not depend on how far the run is."""
        widths = {node.key: label(shown, node.key, states).width for node in shown.nodes}
        return cls(shown, draw(shown.nodes, widths))

    def lines(self, states: States, *, ascii: bool) -> Iterator[str]:  # noqa: A002
        """Yield the drawing as lines of text."""
        by_row: dict[int, list[tuple[int, str]]] = {}
        for key, (row, column) in self.drawing.places.items():
            said = label(self.scope, key, states)
            look = LOOKS[said.state]
            glyph = look.letter if ascii else look.glyph
            by_row.setdefault(row, []).append((column, f"{said.before}{glyph} {said.name}{said.after}"))
        for row, cells in enumerate(self.drawing.cells):
            line = in_ascii(cells) if ascii else cells
            for column, text in by_row.get(row, ()):
                shown = to_ascii(text) if ascii else text
                line = f"{line[:column]}{shown}{line[column + len(shown) :]}"
            yield line.rstrip()


def picture(
    order: Order,
    states: States,
    *,
    folded: Collection[str] = (),
    apart: Collection[str] = (),
    around: str | None = None,
    steps: int | None = None,
    everything: bool = False,
) -> Picture:
    """Return what is to be seen of *order*, drawn: see `penstock.model.drawing.scope.scope`.

    All of it only if that can be read, or if *everything* is asked for.
    """
    most = len(order.keys) if everything else READABLE
    shown = scope(order, folded=folded, apart=apart, around=around, steps=steps, most=most)
    whole = shown.steps is None and not everything
    if not whole or passing(shown.nodes) <= TANGLED:  # else it need not be drawn to know that
        found = Picture.of(shown, states)
        if not whole or found.drawing.lanes <= TANGLED:
            return found
    return Picture.of(scope(order, folded=folded, apart=apart, around=around, steps=STEPS), states)


def label(shown: Scope, key: str, states: States) -> Label:
    """Return the text of the node *key*."""
    members = shown.members.get(key)
    above, below = shown.above.get(key), shown.below.get(key)
    before = f"+{above} " if above else ""
    after = f" +{below}" if below else ""
    if members is None:
        state = states.get(key)
        return Label(before, "none" if state is None else state.value, short(key), after)
    known = [states[task] for task in members if task in states]
    if not known:
        count = "" if bundled(key) else f" ({len(members)})"
        return Label(before, "none", name_of(key), count + after)
    done = sum(state in TERMINAL for state in known)
    digits = len(str(len(members)))
    return Label(before, summary(known).value, name_of(key), f" {done:>{digits}}/{len(members)}{after}")


def name_of(key: str) -> str:
    """Return the name of a node that stands for several tasks."""
    first = bundled(key)
    if first is not None:
        return f"{short(first)}{key[len(first) :]}"
    return short(key) if key.endswith(MAPPED) else f"{short(key)}.*"


def short(name: str) -> str:
    """Return a task's or group's name in at most `LONGEST` cells."""
    if len(name) <= LONGEST:
        return name
    head = (LONGEST - 1) // 2
    return f"{name[:head]}…{name[head + 1 - LONGEST :]}"
