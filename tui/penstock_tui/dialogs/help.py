"""The help sheet of a view, made from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping

from penstock_tui import actions
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.view.state_style import Looks, known_states

_BEFORE = 25
"""Cells of key and label, before the sentence."""


def help_sheet(view: str, keys: Mapping[str, str], looks: Looks, cells: int, *, read_only: bool) -> Sheet:
    """Return the sheet for *view*: what each key does, its command-line twin, and the glyphs."""
    return Sheet(f"Keys of this view ({view})", help_lines(view, keys, looks, cells, read_only=read_only))


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
    lines: list[Spans] = []
    for title, members in groups:
        if members:
            lines.append([(title, "bold underline")])
            for action in members:
                lines += _lines(action, keys, cells)
            lines.append([])
    return [*lines, [("States", "bold underline")], *_states(looks, cells)]


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
