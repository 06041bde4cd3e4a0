"""One line of a log as styled pieces: its own colours, or those of its level, and search hits. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style

from penstock_tui.clean import clean, styled
from penstock_tui.view.log_patterns import ERROR, Sought

Piece = tuple[str, Style]

_WARNING = re.compile(rb"\b(?:WARN|WARNING)\b|\bwarning: ")
_BAD = Style(color="red")
_DOUBTFUL = Style(color="yellow")
_HIT = Style(reverse=True)


def pieces_of(raw: bytes, *, hit: re.Pattern[str] | None = None) -> list[Piece]:
    """Return what a line shows, safe for a terminal.

    A line without colours of its own takes that of its level. *hit* marks what a search looks for.
    """
    pieces: list[Piece] = list(styled(raw.decode("utf-8", "replace")))
    if len(pieces) == 1 and not pieces[0][1]:
        tone = _BAD if ERROR.search(raw) else _DOUBTFUL if _WARNING.search(raw) else None
        if tone is not None:
            pieces = [(pieces[0][0], tone)]
    if hit is not None:
        pieces = marked(pieces, hit)
    return pieces


def column_of(raw: bytes, pattern: Sought) -> int:
    """Return the cell at which the first match of *pattern* in a line begins; 0 when nothing matches."""
    found = pattern.search(raw)
    return cell_len(clean(raw[: found.start()].decode("utf-8", "replace"))) if found else 0


def marked(pieces: Sequence[Piece], hit: re.Pattern[str]) -> list[Piece]:
    """Return *pieces* with every match of *hit* in reverse."""
    text = "".join(piece for piece, _ in pieces)
    edges = {edge for found in hit.finditer(text) if found.end() > found.start() for edge in found.span()}
    if not edges:
        return list(pieces)
    inside = False
    out: list[Piece] = []
    place = 0
    for piece, style in pieces:
        begin = place
        for at in sorted(edge for edge in edges if place <= edge < place + len(piece)):
            if at > begin:
                out.append((text[begin:at], style + _HIT if inside else style))
            inside, begin = not inside, at
        place += len(piece)
        if place > begin:
            out.append((text[begin:place], style + _HIT if inside else style))
    return out
