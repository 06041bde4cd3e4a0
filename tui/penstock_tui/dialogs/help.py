"""The help sheet of a view, made from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping

from penstock_tui import actions
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.view.spans import Spans, width, wrap
from penstock_tui.view.state_style import Looks, known_states

_NAMES = {
    "dags": "DAGs",
    "runs": "runs of a DAG",
    "all_runs": "all runs",
    "errors": "import errors",
    "points": "points of a day",
    "task": "inside a task",
    "history": "history of a task",
    "failure": "failures of one cause",
    "merged": "merged log",
    "digest": "while you were away",
    "what_if": "what if",
}
"""What a view is called, if not by its name in the table of actions."""
_BEFORE = 25
"""Cells of key and label, before the sentence."""


def help_sheet(view: str, keys: Mapping[str, str], looks: Looks, cells: int, *, read_only: bool) -> Sheet:
    """Return the sheet for *view*: what each key does, its command-line twin, and the glyphs."""
    name = _NAMES.get(view, view)
    return Sheet(f"Keys of this view ({name})", help_lines(view, keys, looks, cells, read_only=read_only))


def help_lines(
    view: str, keys: Mapping[str, str], looks: Looks, cells: int, *, read_only: bool
) -> list[Spans]:
    """Return the lines of the sheet, wrapped to *cells*."""
    offered = [action for action in actions.actions_of(view) if not (action.acts and read_only)]
    groups = [
        ("Acts: what can do harm asks first", [action for action in offered if action.acts]),
        ("Looking", [action for action in offered if not action.acts]),
        ("Moving", list(actions.MOVES)),
    ]
    lines: list[Spans] = [*_screens(keys, cells), []]
    for title, members in groups:
        if members:
            lines.append([(title, "bold underline")])
            for action in members:
                lines += _lines(action, keys, cells)
            lines.append([])
    return [*lines, [("States", "bold underline")], *_states(looks, cells)]


def _screens(keys: Mapping[str, str], cells: int) -> list[Spans]:
    """Return the screens over all DAGs with their keys, in as few lines as they fit in."""
    lines: list[Spans] = [[("Screens", "bold underline")]]
    for action in sorted(
        (action for action in actions.ACTIONS if action.id.startswith("view.")),
        key=lambda action: (action.keys == "0", action.keys),
    ):
        piece: Spans = [
            ("  ", ""),
            (actions.key_names(action, keys), "bold cyan"),
            (f" {action.label}", ""),
        ]
        if width([*lines[-1], *piece]) > cells:
            lines.append([("       ", "")])
        lines[-1] += piece
    return lines


def _lines(action: actions.Action, keys: Mapping[str, str], cells: int) -> list[Spans]:
    twin = f"$ {action.cli}" if action.cli else ""
    room = max(16, cells - _BEFORE)
    texts = wrap(action.help, room)
    head: Spans = [
        (f"{actions.key_names(action, keys, first=False):<8} ", "bold cyan"),
        (f"{action.label:<15} ", ""),
        (texts[0], ""),
    ]
    if twin and len(texts) == 1 and len(texts[0]) + 3 + len(twin) <= room:
        return [[*head, (f"   {twin}", "bright_black")]]
    rest = [(text, "") for text in texts[1:]] + [
        (text, "bright_black") for text in (wrap(twin, room) if twin else [])
    ]
    return [head, *[[(" " * _BEFORE, ""), span] for span in rest]]


def _states(looks: Looks, cells: int) -> list[Spans]:
    """As many states a line as fit."""
    shown = [state for state in known_states() if state not in {"none", "kept", "created"}]
    each = max(1, cells // 16)
    pieces = [(f"{looks.glyph(state)} {looks.look(state).word:<14}", looks.style(state)) for state in shown]
    return [pieces[start : start + each] for start in range(0, len(pieces), each)]
