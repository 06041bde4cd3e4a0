"""`Line`: one row of coloured text, drawn without layout, so changes are cheap."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from penstock_tui.view.spans import Span, Spans, fit
from penstock_tui.widgets.drawn import Drawn


@lru_cache(512)
def style_of(name: str) -> Style:
    """Return the Rich style called *name* ("" is plain)."""
    return Style.parse(name) if name else Style.null()


def strip_of(spans: list[Span], cells: int, base: Style) -> Strip:
    """Return *spans* as a strip of exactly *cells* cells over the style *base*."""
    return Strip([Segment(text, base + style_of(style)) for text, style in fit(spans, cells)], cells)


class Line(Drawn):
    """One row. `show` replaces the text and draws only if it differs."""

    DEFAULT_CSS = "Line { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._spans: Spans = []

    def show(self, spans: Spans) -> None:
        """Show *spans*: clean text with Rich styles."""
        if spans != self._spans:
            self._spans = spans
            self.refresh()

    @property
    def shown(self) -> str:
        """The text in full."""
        return "".join(text for text, _ in self._spans)

    def spans(self, cells: int) -> Spans:  # noqa: ARG002
        """Return what to draw in *cells* cells; subclasses choose by width."""
        return self._spans

    def render_line(self, y: int) -> Strip:
        """Draw the one row."""
        if y:
            return Strip.blank(self.size.width, self.rich_style)
        return strip_of(self.spans(self.size.width), self.size.width, self.rich_style)
