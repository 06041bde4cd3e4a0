"""One line of a log as it is drawn: styled once, then cut into rows."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from penstock_tui.view.log_line import Piece
from penstock_tui.view.log_rows import breaks


@dataclass(frozen=True, slots=True)
class Body:
    """A line that shows *raw*, and the cells at which it breaks when wrapped."""

    raw: bytes
    strip: Strip
    edges: tuple[int, ...]

    @classmethod
    def of(cls, raw: bytes, pieces: list[Piece], base: Style, room: int) -> Body:
        """Style a line, and break it to *room* cells."""
        strip = Strip([Segment(text, base + style) for text, style in pieces])
        return cls(raw, strip, (0, *breaks(strip.text, room), strip.cell_length))

    @property
    def rows(self) -> int:
        """How many rows it takes when wrapped."""
        return max(1, len(self.edges) - 1)

    def row(self, row: int) -> Strip:
        """Return a row of the wrapped line."""
        return self.strip.crop(self.edges[row], self.edges[row + 1])

    def row_of(self, column: int) -> int:
        """Return the row in which the cell *column* of the line is shown when wrapped."""
        return max(0, min(sum(edge <= column for edge in self.edges) - 1, self.rows - 1))
