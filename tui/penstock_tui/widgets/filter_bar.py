"""`FilterBar`: one line of typing, live; enter keeps the filter, esc drops it."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from penstock_tui.clean import label
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of


class FilterBar(Drawn, can_focus=True):
    """An editor of one line. Hidden unless it has the class ``open``."""

    class Edited(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over: ``kept`` says whether the text stays in force."""

        def __init__(self, *, kept: bool) -> None:
            super().__init__()
            self.kept = kept

    def __init__(self, hint: str, *, prompt: str = "/") -> None:
        super().__init__()
        self.text = ""
        self._hint = hint
        self._prompt = prompt

    def open(self) -> None:
        """Show the bar and take the keys."""
        self.add_class("open")
        self.focus()

    def shut(self) -> None:
        """Hide the bar."""
        self.remove_class("open")

    def set_text(self, text: str) -> None:
        """Replace what is typed."""
        if text != self.text:
            self.text = text
            self.refresh()
            self.post_message(self.Edited(text))

    def on_key(self, event: events.Key) -> None:
        """Edit. Up and down pass, so that the list can move while one types."""
        if event.key in {"up", "down", "pageup", "pagedown", "ctrl+c", "ctrl+q"}:
            return
        event.stop()
        event.prevent_default()
        match event.key:
            case "enter":
                self.post_message(self.Left(kept=True))
            case "escape":
                self.post_message(self.Left(kept=False))
            case "backspace":
                self.set_text(self.text[:-1])
            case "ctrl+u":
                self.set_text("")
            case "ctrl+w":
                self.set_text(self.text.rstrip().rpartition(" ")[0])
            case _ if event.is_printable and event.character:
                self.set_text(self.text + event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text, on one line."""
        event.stop()
        self.set_text(self.text + label(event.text))

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002
        """Keep printed keys from reaching the bindings of the screen."""
        return key not in {"up", "down", "pageup", "pagedown", "ctrl+c", "ctrl+q"}

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw prompt, text, cursor and hint."""
        cells = self.size.width
        spans: Spans = [
            (f" {self._prompt}", "bold cyan"),
            (label(self.text), ""),
            (" ", "reverse" if self.has_focus else ""),
        ]
        if not self.text:
            spans.append((f" {self._hint}", "bright_black"))
        return strip_of(spans, cells, self.rich_style) if y == 0 else Strip([Segment(" " * cells)])
