"""`Button`: a button on one row; enter or space presses it."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from penstock_tui.clean import label
from penstock_tui.view.spans import fit
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of


class Button(Drawn, can_focus=True):
    """A button. Posts `Pressed`."""

    DEFAULT_CSS = "Button { height: 1; width: auto; margin-left: 2; }"

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, button: Button) -> None:
            super().__init__()
            self.button = button

        @property
        def control(self) -> Button:
            """The button."""
            return self.button

    def __init__(self, text: str, key: str, *, danger: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = label(text)
        self._key = key
        self._danger = danger
        self.ready = True
        """Whether pressing does something."""

    def set_text(self, text: str, *, ready: bool = True) -> None:
        """Change what it says."""
        if label(text) != self._text or ready != self.ready:
            self._text, self.ready = label(text), ready
            self.refresh(layout=True)

    def set_key(self, key: str) -> None:
        """Change the key that is named."""
        if key != self._key:
            self._key = key
            self.refresh(layout=True)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        """Return the cells it takes."""
        return cell_len(self._text) + len(self._key) + 7

    def on_key(self, event: events.Key) -> None:
        """Press."""
        if event.key in {"enter", "space"}:
            event.stop()
            event.prevent_default()
            self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """Press with the mouse."""
        self.post_message(self.Pressed(self))

    def on_focus(self) -> None:
        """Show that it has the keys."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that it has not."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw it."""
        style = "bright_black" if not self.ready else "red" if self._danger else ""
        if self.has_focus:
            style = f"{style} bold reverse".strip()
        cells, end = self.size.width, f" ({self._key}) ]"
        spans = [
            *fit([(f"[ {self._text}", style)], min(cells - len(end), cell_len(self._text) + 2)),
            (end, style),
        ]
        return strip_of(spans if y == 0 else [], cells, self.rich_style)
