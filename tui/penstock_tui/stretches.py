"""Sending no more of a row than the stretch that changed.

Textual sends a row that is drawn again in part from the left edge of its widget on, however far right the
change is.
"""

from __future__ import annotations

from rich.console import Console
from textual._compositor import ChopsUpdate
from textual.geometry import clamp


def _segments(update: ChopsUpdate, console: Console) -> str:
    """Return the escape sequences and text that draw the stretches of *update*."""
    sent: list[str] = []
    for y, first, end in update.spans:
        for edge, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            left, right = max(x, first), min(edge, end)
            if strip is None or left >= right:
                continue
            whole = left == x and right == edge
            part = strip if whole else strip.crop(clamp(left - x, 0, strip.cell_length), right - x)
            sent += [f"\x1b[{y + 1};{left + 1}H", part.render(console)]
    return "".join(sent)


def send_stretches_only() -> None:
    """Let Textual draw parts of rows as above. Calling it again does no harm."""
    ChopsUpdate.render_segments = _segments  # type: ignore[assignment, method-assign]
