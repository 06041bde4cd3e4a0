"""Drawing one row of a log's line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from penstock_tui.view.log_line import Piece
from penstock_tui.view.log_rows import breaks


def row_strip(
    pieces: Sequence[Piece], base: Style, *, head: str, room: int, row: int | None, left: int
) -> Strip:
    """Return *head* and then *room* cells of a line: its wrapped row *row*, or (None) from *left* on."""
    body = Strip([Segment(text, base + style) for text, style in pieces])
    if row is None:
        body = body.crop(left, left + room)
    else:
        edges = [0, *breaks(body.text, room), body.cell_length]
        body = body.crop(edges[row], edges[row + 1])
    return Strip([Segment(head, base), *body])
