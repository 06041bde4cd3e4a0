"""`KeyFooter`: the keys of a view by rank, as many as fit whole, always ending in ``? more``."""

from __future__ import annotations

from penstock_tui import actions
from penstock_tui.shell import shell_of
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line import Line


class KeyFooter(Line):
    """The last line of a screen."""

    def __init__(self, view: str) -> None:
        super().__init__()
        self._view = view

    def spans(self, cells: int) -> Spans:
        """Return the keys that fit in *cells*."""
        shell = shell_of(self)
        offered = [
            action for action in actions.actions_of(self._view) if action.rank and shell.offers(action)
        ]
        pairs = [
            (actions.key_names(action, shell.keys), action.label) for action in sorted(offered, key=_rank)
        ]
        return lay_out(pairs, (actions.key_names(actions.BY_ID["help"], shell.keys), "more"), cells)


def _rank(action: actions.Action) -> int:
    return action.rank


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
