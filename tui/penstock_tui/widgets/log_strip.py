"""One line of a log as it is drawn: styled once, then cut into rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from penstock_tui.view.log_line import Piece
from penstock_tui.view.log_rows import breaks


@dataclass(frozen=True, slots=True)
class Body:
    """A line that shows *raw*, and the cells at which its rows begin and end."""

    raw: bytes
    strip: Strip
    edges: tuple[int, ...]

    @classmethod
    def of(cls, raw: bytes, rows: Sequence[Sequence[Piece]], base: Style, room: int | None) -> Body:
        """Style a line, usually of one row; with *room* break each of its rows to so many cells."""
        segments: list[Segment] = []
        edges = [0]
        for row in rows:
            strip = Strip([Segment(text, base + style) for text, style in row])
            begin = edges[-1]
            if room is not None:
                edges += [begin + at for at in breaks(strip.text, room)]
            edges.append(begin + strip.cell_length)
            segments += strip
        return cls(raw, Strip(segments), tuple(edges) if len(edges) > 1 else (0, 0))

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return max(1, len(self.edges) - 1)

    def row(self, row: int) -> Strip:
        """Return a row of the line."""
        return self.strip.crop(self.edges[row], self.edges[row + 1])

    def longest(self) -> int:
        """Return the cells of the longest row."""
        return max(last - first for first, last in zip(self.edges, self.edges[1:], strict=False))

    def row_of(self, column: int) -> int:
        """Return the row in which the cell *column* of the line is shown."""
        return max(0, min(sum(edge <= column for edge in self.edges) - 1, self.rows - 1))
