"""The answer to "why is it not running?" as lines: in the sheet and beside a log alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from penstock.model.views.views import Gate, Why
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans, hanging
from penstock_tui.view.state_style import Looks


def why_lines(why: Why, now: datetime, zone: tzinfo, looks: Looks, cells: int) -> list[Spans]:
    """Return the state, each gate with its holders, and the chain to the root cause, wrapped to *cells*."""
    glyph, style = looks.cell(why.state)
    lines: list[Spans] = [[(f" {glyph} ", style), (label(why.state.replace("_", " ")), style)]]
    for gate in _without_repeats(why.gates):
        lines += [[(piece, "")] for piece in hanging(_gate_text(gate, now, zone), " · ", cells)]
    if not why.gates and why.state != "running":
        lines[0].append((": nothing holds it", "dim"))
    if len(why.chain) > 1:
        chain = " ← ".join(label(link) for link in why.chain)
        lines += [[(piece, "dim")] for piece in hanging(chain, " because ", cells)]
    return lines


def _gate_text(gate: Gate, now: datetime, zone: tzinfo) -> str:
    text: str = label(gate.text)
    if gate.until is not None:
        text += f" (until {durations.past(gate.until, now, zone)}, {durations.coming(gate.until, now)})"
    if gate.holders and not all(holder in gate.text for holder in gate.holders):
        text += f" — {', '.join(label(holder) for holder in gate.holders)}"
    return text


def _without_repeats(gates: Sequence[Gate]) -> list[Gate]:
    """Leave out a gate of a task that only repeats one of its run or DAG."""
    said = {gate.text for gate in gates}
    return [gate for gate in gates if gate.text.partition(": ")[2] not in said]
