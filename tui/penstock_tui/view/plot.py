"""Values over runs as columns of blocks, with lines at what is usual. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock_tui.view.spans import Spans

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII = " ...::###"
_TOP = 3.0
"""Values above so many times p95 are cut, so that one of them does not flatten all others."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: its value (None leaves it empty), and the style that says how it ended."""

    value: float | None
    style: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A line across: its value and its name."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns of *step* cells each over *height* rows, up to *top*."""

    bars: Sequence[Bar]
    levels: Sequence[Level]
    height: int
    top: float
    step: int = 1
    ascii: bool = False

    def rows(self, cursor: int | None = None) -> list[Spans]:
        """Return the rows, the highest first; the column at *cursor* stands out."""
        return [self._row(place, cursor) for place in range(self.height)]

    def labels(self) -> dict[int, str]:
        """Return the names of the levels by row; of two in one row both."""
        found: dict[int, str] = {}
        for level in self.levels:
            row = self._row_of(level.value)
            found[row] = f"{found[row]} {level.name}" if row in found else level.name
        return found

    def _row_of(self, value: float) -> int:
        if self.top <= 0:
            return self.height - 1
        return max(0, min(self.height - 1, self.height - 1 - int(value / self.top * self.height * 0.9999)))

    def _row(self, place: int, cursor: int | None) -> Spans:
        lined = any(self._row_of(level.value) == place for level in self.levels)
        empty = ("-" if self.ascii else "┈") if lined else " "
        spans: Spans = []
        for column, bar in enumerate(self.bars):
            char = self._char(bar, place)
            style = bar.style
            if char == " ":
                char, style = empty, "bright_black"
            if column == cursor:
                style = f"{style} reverse".strip()
            gap = empty * (self.step - 1)
            spans += [(char, style), *([(gap, "bright_black")] if gap else [])]
        return spans

    def _char(self, bar: Bar, place: int) -> str:
        if bar.value is None:
            return " "
        if bar.value > self.top and place == 0:
            return "^" if self.ascii else "▲"
        level = self.height - 1 - place
        filled = min(bar.value / self.top, 1.0) * self.height if self.top > 0 else 0.0
        eighths = max(0, min(8, round((filled - level) * 8)))
        if level == 0 and eighths == 0:
            eighths = 1  # it took something
        return (_ASCII if self.ascii else _EIGHTHS)[eighths]


def top_of(values: Sequence[float], p95: float | None) -> float:
    """Return the value at the top: the largest, unless that is far above *p95*."""
    largest = max(values, default=0.0)
    return min(largest, p95 * _TOP) if p95 else largest
