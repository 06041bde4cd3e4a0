"""`Options`: check boxes or radio buttons in a row, wrapping if needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from penstock_tui.view.spans import Spans, width
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of

Option = tuple[str, str]
"""A value and what to print for it."""


class Options(Drawn, can_focus=True):
    """Left and right move, space or enter chooses. Posts `Changed`."""

    DEFAULT_CSS = "Options { height: auto; }"

    class Changed(Message):
        """Another choice."""

        def __init__(self, options: Options) -> None:
            super().__init__()
            self.options = options

        @property
        def control(self) -> Options:
            """The options."""
            return self.options

    def __init__(
        self,
        caption: str,
        options: Sequence[Option],
        *,
        chosen: Iterable[str] = (),
        several: bool = False,
        caption_cells: int = 0,
        needed: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.options = list(options)
        self.chosen = set(chosen)
        self._caption = caption.ljust(caption_cells)
        self._several = several
        self.needed = needed
        """Whether this is to be chosen: a form begins here."""
        self._at = next((place for place, (value, _) in enumerate(options) if value in self.chosen), 0)

    @property
    def value(self) -> str:
        """The one chosen value of radio buttons ("" if none is)."""
        return next((value for value, _ in self.options if value in self.chosen), "")

    def choose(self, value: str) -> None:
        """Check or uncheck *value*; of radio buttons choose it."""
        before = set(self.chosen)
        self.chosen = self.chosen ^ {value} if self._several else {value}
        if self.chosen != before:
            self.refresh()
            self.post_message(self.Changed(self))

    def move(self, step: int) -> None:
        """Go to another option, round the ends; of radio buttons choose it."""
        self._at = (self._at + step) % len(self.options)
        if self._several:
            self.refresh()
        else:
            self.choose(self.options[self._at][0])

    def on_key(self, event: events.Key) -> None:
        """Move and choose."""
        if event.key in {"left", "right"}:
            self.move(1 if event.key == "right" else -1)
        elif event.key in {"space", "enter"}:
            self.choose(self.options[self._at][0])
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse."""
        self.focus()
        for y, line in enumerate(self._lines(self.size.width)):
            x = 0
            for text, _, place in line:
                if y == event.y and x <= event.x < x + len(text) and place is not None:
                    self._at = place
                    self.choose(self.options[place][0])
                x += len(text)

    def on_focus(self) -> None:
        """Show where we are."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide where we are."""
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return how many rows the options take."""
        return max(1, len(self._lines(width)))

    def _lines(self, cells: int) -> list[list[tuple[str, str, int | None]]]:
        head = f"{self._caption} " if self._caption else ""
        lines: list[list[tuple[str, str, int | None]]] = [[(head, "bold" if self.has_focus else "", None)]]
        used = len(head)
        for place, (value, text) in enumerate(self.options):
            on = value in self.chosen
            mark = ("[x]" if on else "[ ]") if self._several else ("(o)" if on else "( )")
            piece = f"{mark} {text}"
            if used + len(piece) > cells and used > len(head):
                lines.append([(" " * len(head), "", None)])
                used = len(head)
            style = "reverse" if self.has_focus and place == self._at else "bold" if on else ""
            lines[-1] += [(piece, style, place), ("  ", "", None)]
            used += len(piece) + 2
        return lines

    def render_line(self, y: int) -> Strip:
        """Draw one row of options."""
        lines = self._lines(self.size.width)
        spans: Spans = [(text, style) for text, style, _ in lines[y]] if y < len(lines) else []
        return strip_of(spans, max(self.size.width, min(width(spans), self.size.width)), self.rich_style)
