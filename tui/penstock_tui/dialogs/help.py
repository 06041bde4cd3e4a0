"""The help sheet of a view, made from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping

from penstock_tui import actions
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks, known_states


def help_sheet(view: str, keys: Mapping[str, str], looks: Looks, *, read_only: bool) -> Sheet:
    """Return the sheet for *view*: what each key does, its command-line twin, and the glyphs."""
    offered = [action for action in actions.actions_of(view) if not (action.acts and read_only)]
    groups = [
        ("Acts (each asks or shows its plan first)", [action for action in offered if action.acts]),
        ("Looking", [action for action in offered if not action.acts]),
        ("Moving", list(actions.MOVES)),
    ]
    lines: list[Spans] = []
    for title, members in groups:
        if members:
            lines += [[(title, "bold underline")], *[_line(action, keys) for action in members], []]
    lines += [[("States", "bold underline")], *_states(looks)]
    return Sheet(f"Keys of this view ({view})", lines)


def _line(action: actions.Action, keys: Mapping[str, str]) -> Spans:
    spans: Spans = [
        (f"  {actions.key_names(action, keys, first=False):<9}", "bold cyan"),
        (f"{action.label:<16}", ""),
        (action.help, "bright_black"),
    ]
    if action.cli:
        spans.append((f"   $ {action.cli}", "dim"))
    return spans


def _states(looks: Looks) -> list[Spans]:
    """Four states a line."""
    cells: list[Spans] = [
        [("  ", ""), (f"{looks.glyph(state)} {looks.look(state).word:<14}", looks.style(state))]
        for state in known_states()
        if state not in {"none", "kept", "created"}
    ]
    return [[span for cell in cells[start : start + 4] for span in cell] for start in range(0, len(cells), 4)]
