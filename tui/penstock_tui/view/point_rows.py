"""The points of one day as rows of a table. Pure."""

from __future__ import annotations

from datetime import tzinfo

from penstock.model.points import POINTS
from penstock.model.views.points import LedgerPoint
from penstock_tui.clean import label
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("date", "DATE", 16, most=19),
    Column("state", "POINT", 12),
    Column("run_state", "RUN", 11),
    Column("reason", "WHY", 16, most=44, drop=1),
    Column("run", "RUN ID", 20, most=60, drop=2),
)


def cells(point: LedgerPoint, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one point, in the order of COLUMNS; its date in *zone*."""
    face = POINTS[point.state].look
    here = point.logical_date.astimezone(zone)
    run: Spans = [("", "")]
    if point.run_state is not None:
        run = [looks.worded(point.run_state.value)]
    elif point.run_id is not None:
        run = [("not kept", "bright_black")]
    return (
        [(f"{here:%Y-%m-%d %H:%M:%S}".removesuffix(":00"), "")],
        [(f"{face.letter} {face.word}", face.style)],
        run,
        [(_why(point), "bright_black")],
        [(label(point.run_id or ""), "bright_black")],
    )


def _why(point: LedgerPoint) -> str:
    words: list[str] = [label(point.reason)] if point.reason else []
    if point.span_count > 1:
        words.append(f"one of {point.span_count}")
    if point.moved_by_dst:
        words.append("moved by the clock change")
    return ", ".join(words)
