"""`Paragraph`: some rows of coloured text, as tall as they are, under a title; hidden while empty."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from penstock_tui.view.spans import Spans, differ
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of


class Paragraph(Drawn):
    """Rows of text that is already broken into lines."""

    DEFAULT_CSS = "Paragraph { height: auto; display: none; } Paragraph.shown { display: block; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[Spans] = []

    def show(self, lines: Sequence[Spans]) -> None:
        """Show *lines*; none hides it."""
        if list(lines) == self._lines:
            return
        before, self._lines = self._lines, list(lines)
        self.set_class(bool(lines), "shown")
        if len(before) != len(lines):
            self.styles.height = max(1, len(lines)) + self.gutter.height
            self.refresh()
            return
        pairs = enumerate(zip(before, self._lines, strict=True))
        parts = [(y, first, end) for y, pair in pairs for first, end in differ(*pair)]
        if parts:  # regions are counted from the content, inside borders
            self.refresh(*(Region(first, y, end - first, 1) for y, first, end in parts))

    @property
    def shown(self) -> str:
        """The text in full."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        return strip_of(self._lines[y] if y < len(self._lines) else [], self.size.width, self.rich_style)
