"""Makes docs/states.md, the page of states and transitions, from the tables themselves.

``python -m penstock.model.states_page > docs/states.md``
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from itertools import product
from typing import TypeVar

from penstock.model.backfills import BACKFILL_POINTS, BACKFILLS
from penstock.model.barriers import BarrierKind
from penstock.model.callbacks import CALLBACKS
from penstock.model.points import POINTS
from penstock.model.states import RUN_TERMINAL, TERMINAL, RunState, TaskState
from penstock.model.transitions import RUN_MOVES, TASK_MOVES, RunEvent, TaskEvent
from penstock.model.vocabulary import Vocabulary

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)

_HEAD = """\
# States

This page is made from the table of transitions (`python -m penstock.model.states_page > docs/states.md`).

A state changes only by a transition in these tables. The program and a trigger in the database refuse
everything else. **Bold** states are terminal: only an operator can change them.
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join(
        [
            _HEAD,
            "## Runs\n",
            *_states(RunState, RUN_TERMINAL),
            *_events(RunEvent),
            *_moves(RUN_MOVES, (RunState, RunEvent)),
            "## Task instances\n",
            *_states(TaskState, TERMINAL),
            *_events(TaskEvent),
            *_moves(TASK_MOVES, (TaskState, TaskEvent)),
            "## Backfills\n",
            *_vocabulary(BACKFILLS),
            "## Points of a backfill\n",
            *_vocabulary(BACKFILL_POINTS),
            "## Callbacks\n",
            *_vocabulary(CALLBACKS),
            "## Schedule points\n",
            *_vocabulary(POINTS),
            "## What can hold something back\n",
            *_kinds(BarrierKind),
        ]
    )


def _states(kind: type[StrEnum], terminal: frozenset[StrEnum]) -> Iterator[str]:
    meanings = _meanings(kind)
    yield "| State | Meaning |\n| --- | --- |"
    for state in kind:
        yield f"| {_name(state, terminal)} | {meanings[state.name]} |"
    yield ""


def _events(kind: type[StrEnum]) -> Iterator[str]:
    meanings = _meanings(kind)
    yield "Events whose names need an explanation:\n\n| Event | Meaning |\n| --- | --- |"
    for event in kind:
        if event.name in meanings:
            yield f"| {event} | {meanings[event.name]} |"
    yield ""


def _moves(
    moves: Mapping[tuple[State, Event], State], kinds: tuple[type[State], type[Event]]
) -> Iterator[str]:
    states, events = kinds
    terminal = frozenset[StrEnum](TERMINAL | RUN_TERMINAL)
    yield "| From | Event | To |\n| --- | --- | --- |"
    for event, after in product(events, states):
        sources = [before for before in states if moves.get((before, event)) is after]
        if sources:
            names = ", ".join(_name(before, terminal) for before in sources)
            yield f"| {names} | {event} | {_name(after, terminal)} |"
    yield ""


def _vocabulary(words: Vocabulary[State]) -> Iterator[str]:
    meanings = _meanings(words.kind)
    yield "| State | Meaning | May become |\n| --- | --- | --- |"
    for state in words.kind:
        after = ", ".join(_name(each, words.final) for each in words.kind if each in words[state].becomes)
        yield f"| {_name(state, words.final)} | {meanings.get(state.name, '')} | {after} |"
    yield ""


def _kinds(kind: type[StrEnum]) -> Iterator[str]:
    meanings = _meanings(kind)
    yield "The `kind` of each of the `gates` that `penstock why --json` gives.\n"
    yield "| Kind | Meaning |\n| --- | --- |"
    for each in kind:
        yield f"| {each} | {meanings[each.name]} |"
    yield ""


def _name(state: StrEnum, terminal: Collection[StrEnum]) -> str:
    return f"**{state}**" if state in terminal else str(state)


def _meanings(kind: type[StrEnum]) -> dict[str, str]:
    """Return the text under each member of *kind* in its source."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for member, text in zip(definition.body, definition.body[1:], strict=False):
        match member, text:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str() as meaning)),
            ):
                found[name] = " ".join(meaning.split())
    return found


if __name__ == "__main__":
    sys.stdout.write(render())
