"""The answer to "why is it not running?" as lines: for the sheet and beside a log. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from penstock.model.rush import MEANS
from penstock.model.views.why import Barrier, Why
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans, hanging
from penstock_tui.view.state_style import Looks


def why_lines(why: Why, now: datetime, zone: tzinfo, looks: Looks, cells: int) -> list[Spans]:
    """Return the state, each barrier and its holders, the chain to the root cause, in *cells* columns."""
    glyph, style = looks.cell(why.state)
    lines: list[Spans] = [[(f" {glyph} ", style), (label(why.state.replace("_", " ")), style)]]
    if why.rush is not None:
        text = f"run {why.rush}: it {MEANS[why.rush]}; J takes it back"
        lines += [[(piece, "yellow")] for piece in hanging(text, " · ", cells)]
    for barrier in _without_repeats(why.barriers):
        lines += [[(piece, "")] for piece in hanging(_barrier_text(barrier, now, zone), " · ", cells)]
    if not why.barriers and why.state != "running":
        lines[0].append((": nothing holds it", "dim"))
    if len(why.chain) > 1:
        chain = " ← ".join(label(link) for link in why.chain)
        lines += [[(piece, "dim")] for piece in hanging(chain, " because ", cells)]
    return lines


def _barrier_text(barrier: Barrier, now: datetime, zone: tzinfo) -> str:
    text: str = label(barrier.text)
    if barrier.until is not None:
        text += f" (until {durations.past(barrier.until, now, zone)}, {durations.coming(barrier.until, now)})"
    if barrier.holders and not all(holder in barrier.text for holder in barrier.holders):
        text += f" — {', '.join(label(holder) for holder in barrier.holders)}"
    return text


def _without_repeats(barriers: Sequence[Barrier]) -> list[Barrier]:
    """Leave out a barrier of a task that only repeats one of its run or DAG."""
    said = {barrier.text for barrier in barriers}
    return [barrier for barrier in barriers if barrier.text.partition(": ")[2] not in said]
