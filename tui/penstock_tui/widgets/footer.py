"""`KeyFooter`: the keys of a view by rank, as many as fit whole, always ending in ``? more``."""

from __future__ import annotations

from penstock_tui import actions
from penstock_tui.shell import shell_of
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line import Line

_LAST = 99


class KeyFooter(Line):
    """The last line of a screen; of one with several panes it says which has the keys, and names its keys."""

    def __init__(self, view: str) -> None:
        super().__init__()
        self._view = view
        self._pane, self._like = "", ""

    def set_pane(self, pane: str, like: str = "") -> None:
        """Show the name of the *pane* that has the keys; *like* is the view whose keys come first there."""
        if (pane, like) != (self._pane, self._like):
            self._pane, self._like = pane, like
            self.refresh()

    def spans(self, cells: int) -> Spans:
        """Return the keys that fit in *cells*."""
        shell = shell_of(self)
        offered = [
            action
            for action in actions.actions_of(self._view)
            if (action.rank or self._own(action)) and shell.offers(action)
        ]
        offered.sort(key=lambda action: (not self._own(action), action.rank or _LAST))
        pairs = [(actions.key_names(action, shell.keys), action.label) for action in offered]
        head: Spans = [(f" {self._pane} ", "reverse")] if self._pane else []
        room = cells - len(self._pane) - 2 * bool(head)
        more = (actions.key_names(actions.BY_ID["help"], shell.keys), "more")
        return [*head, *lay_out(pairs, more, room)]

    def _own(self, action: actions.Action) -> bool:
        """Whether the key is one of the pane's: in its view, and not in every list."""
        return bool(self._like) and self._like in action.where and "dags" not in action.where


def lay_out(pairs: list[tuple[str, str]], last: tuple[str, str], cells: int) -> Spans:
    """Return (key, label) *pairs* as one line with *last* at its end, dropping whole pairs from the right."""
    room = cells - _size(last) - 1
    spans: Spans = [(" ", "")]
    for pair in pairs:
        if _size(pair) + 2 > room:
            break
        room -= _size(pair) + 2
        spans += _drawn(pair)
    return [*spans, (last[0], "bold cyan"), (f" {last[1]}", "")]


def _size(pair: tuple[str, str]) -> int:
    return len(pair[0]) + 1 + len(pair[1])


def _drawn(pair: tuple[str, str]) -> Spans:
    return [(pair[0], "bold cyan"), (f" {pair[1]}  ", "")]
