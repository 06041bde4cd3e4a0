"""`Resources`: what the attempt on show uses: two rows of figures with sparklines."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from penstock.model.views.attempts import Sample
from penstock_tui.view.spans import Spans
from penstock_tui.view.sparkline import resource_lines
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of


class Resources(Drawn):
    """Two rows. `show` replaces the figures and draws only the rows that differ."""

    DEFAULT_CSS = "Resources { height: 2; }"

    def __init__(self, *, ascii: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii = ascii
        self._samples: Sequence[Sample] | None = None
        self._ended = False
        self._worker: str | None = None
        self._lines: list[Spans] = [[], []]

    def show(
        self, samples: Sequence[Sample] | None, *, ended: bool = False, worker: str | None = None
    ) -> None:
        """Show *samples* of an attempt on *worker*; None when there is no attempt."""
        self._samples, self._ended, self._worker = samples, ended, worker
        before, self._lines = self._lines, self._made()
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def _made(self) -> list[Spans]:
        if self._samples is None:
            return [[], []]
        return resource_lines(
            self._samples, self.size.width, ended=self._ended, ascii=self._ascii, worker=self._worker
        )

    def on_resize(self) -> None:
        """Fit the sparklines to the new width."""
        self._lines = self._made()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        return strip_of(self._lines[y] if y < 2 else [], self.size.width, self.rich_style)
