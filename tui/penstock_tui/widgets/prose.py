"""`Prose`: sentences in colour that wrap at the available width, so that nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip

from penstock_tui.view.spans import Spans, flow
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of

_SHARE = 3
"""It takes at most one of this many rows of the screen, so that the rest stays visible."""


class Prose(Drawn):
    """Paragraphs of clean text, each from a row of its own. One row high while empty."""

    DEFAULT_CSS = "Prose { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._paragraphs: list[Spans] = []

    def show(self, paragraphs: Sequence[Spans]) -> None:
        """Show *paragraphs*; those without text are left out."""
        wanted = [spans for spans in paragraphs if spans]
        if wanted != self._paragraphs:
            self._paragraphs = wanted
            self.refresh(layout=True)

    @property
    def shown(self) -> str:
        """The text as it is, uncut."""
        return "\n".join("".join(text for text, _ in spans) for spans in self._paragraphs)

    @property
    def rows(self) -> int:
        """How many rows it takes at its present width."""
        return self._height(self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return the rows that the text takes, at least one."""
        return self._height(width)

    def _height(self, cells: int) -> int:
        most = max(2, self.screen.size.height // _SHARE)
        return max(1, min(most, len(self._lines(cells))))

    def _lines(self, cells: int) -> list[Spans]:
        return [line for spans in self._paragraphs for line in flow(spans, cells)]

    def render_line(self, y: int) -> Strip:
        """Draw one row; the last one says with an ellipsis that there is more."""
        cells = self.size.width
        lines = self._lines(cells)
        spans = lines[y] if y < len(lines) else []
        if y == self.size.height - 1 and y < len(lines) - 1:
            spans = [*spans, (" " * cells, "")]  # too wide, hence cut with a mark
        return strip_of(spans, cells, self.rich_style)
