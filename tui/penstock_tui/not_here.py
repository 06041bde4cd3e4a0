"""Keys of the table of actions on a screen that has nothing for them: what is said then. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding

from penstock_tui import actions

_ANYWHERE = {"enter", "escape", "tab", "shift+tab", "left", "right", "ctrl+p", "ctrl+z", "ctrl+l"}
"""Keys of the table that any widget may take."""


def bindings() -> list[Binding]:
    """Return a binding of each key of the table, for the app: a key that a screen knows never gets there."""
    keys = {key for action in actions.ACTIONS for key in action.keys.split(",")} - _ANYWHERE
    return [Binding(key, f"not_here('{key}')", show=False) for key in sorted(keys)]


def words(key: str, keymap: Mapping[str, str], *, read_only: bool, opened: bool = True) -> str:
    """Return that *key* is for other screens, or for a console that may act; *opened*: it is there."""
    if not opened:
        return "this screen is still opening"
    named = actions.PRINTED.get(key, key)
    meant = [action for action in actions.ACTIONS if key in action.keys.split(",")]
    what = f"{named} ({meant[0].label})" if len({action.label for action in meant}) == 1 else named
    if read_only and any(action.acts for action in meant):
        return f"{what}: this console only reads"
    return f"{what}: not a key of this screen; {actions.key_names(actions.BY_ID['help'], keymap)} lists them"
