"""The answer to "why is it not running?" as a sheet."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views import Why
from penstock_tui.clean import clean, label
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans, wrap
from penstock_tui.view.state_style import Looks


def why_sheet(answer: Why, now: datetime, looks: Looks, cells: int) -> Sheet:
    """Return the sheet of *answer*, wrapped to *cells*."""
    return Sheet(f"Why: {label(answer.subject)}", why_lines(answer, now, looks, cells))


def why_lines(answer: Why, now: datetime, looks: Looks, cells: int) -> list[Spans]:
    """Return the state, each gate with its holders, and the chain to the root cause."""
    lines: list[Spans] = [[looks.worded(answer.state)], []]
    if not answer.gates:
        lines.append([("nothing holds it", "")])
    for gate in answer.gates:
        until = f"  ({durations.coming(gate.until, now)})" if gate.until else ""
        for place, text in enumerate(wrap(clean(gate.text) + until, max(10, cells - 4))):
            lines.append([("- " if place == 0 else "  ", "yellow"), (text, "")])
        if gate.holders:
            lines.append([("    held by ", "bright_black"), (label(", ".join(gate.holders)), "")])
    if len(answer.chain) > 1:
        lines += [[], [("down to the root: ", "bright_black"), (label(" < ".join(answer.chain)), "")]]
    return lines
