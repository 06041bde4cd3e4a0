"""`Field`: a caption and one line to type in, on one row."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from penstock_tui.clean import label
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.drawn import Drawn
from penstock_tui.widgets.line import strip_of

_PASS = frozenset(
    {"tab", "shift+tab", "escape", "up", "down", "ctrl+c", "ctrl+q", "pageup", "pagedown", "f1", "ctrl+s"}
)


class Field(Drawn, can_focus=True):
    """An editor of one line. ``enter`` posts `Done`; every edit posts `Edited`.

    A text that is there when the field gets the keys is selected: typing replaces it, moving keeps it.
    """

    DEFAULT_CSS = "Field { height: 1; }"

    class Edited(Message):
        """The text changed."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

    class Done(Edited):
        """Enter was pressed."""

    def __init__(
        self,
        caption: str = "",
        text: str = "",
        *,
        hint: str = "",
        caption_cells: int = 0,
        needed: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.text = label(text)
        self._caption = label(caption).ljust(caption_cells)
        self._hint = label(hint)
        self._problem = ""
        self.needed = needed
        """Whether something must be typed here: a form begins at the first such field."""
        self._at = len(self.text)
        self._replacing = False
        """Whether all of the text is selected: what is typed or pasted next replaces it."""

    def set_caption(self, caption: str) -> None:
        """Change the caption."""
        self._caption = label(caption)
        self.refresh()

    def set_problem(self, text: str | None) -> None:
        """Say beside the field what is wrong with it; None removes it."""
        problem = label(text or "")
        if problem != self._problem:
            self._problem = problem
            self.refresh()

    def set_text(self, text: str, at: int | None = None) -> None:
        """Replace the text, with the cursor at *at* (default: the end)."""
        changed = text != self.text
        self.text = label(text)
        self._at = len(self.text) if at is None else max(0, min(at, len(self.text)))
        self._replacing = False
        self.refresh()
        if changed:
            self.post_message(self.Edited(self))

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002
        """Keep printed keys from reaching the bindings of the screen."""
        return key not in _PASS

    def on_key(self, event: events.Key) -> None:
        """Edit."""
        if event.key in _PASS:
            return
        event.stop()
        event.prevent_default()
        text, at = self.text, self._at
        match event.key:
            case "enter":
                self.post_message(self.Done(self))
            case "backspace" | "delete" if self._replacing:
                self.set_text("")
            case "backspace" if at:
                self.set_text(text[: at - 1] + text[at:], at - 1)
            case "delete":
                self.set_text(text[:at] + text[at + 1 :], at)
            case "left":
                self.set_text(text, at - 1)
            case "right":
                self.set_text(text, at + 1)
            case "home" | "ctrl+a":
                self.set_text(text, 0)
            case "end" | "ctrl+e":
                self.set_text(text)
            case "ctrl+u":
                self.set_text(text[at:], 0)
            case "ctrl+w":
                kept = text[:at].rstrip().rpartition(" ")[0]
                self.set_text(kept + text[at:], len(kept))
            case _ if event.is_printable and event.character:
                self._insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text, on one line."""
        event.stop()
        self._insert(label(event.text))

    def _insert(self, typed: str) -> None:
        """Put *typed* where the cursor is, or in place of what is selected."""
        before, after = ("", "") if self._replacing else (self.text[: self._at], self.text[self._at :])
        self.set_text(before + typed + after, len(before) + len(typed))

    def on_click(self) -> None:
        """Take the keys without selecting: a click in the text is for changing, not replacing it."""
        self.focus()
        self._replacing = False
        self.refresh()

    def on_focus(self, event: events.Focus) -> None:
        """Show the cursor, with the text selected unless only the terminal was left and came back."""
        if not event.from_app_focus:
            self._at, self._replacing = len(self.text), bool(self.text)
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw caption, text and cursor."""
        cells = self.size.width
        if y:
            return Strip.blank(cells, self.rich_style)
        spans: Spans = [(f"{self._caption} ", "bold" if self.has_focus else "")] if self._caption else []
        if self.has_focus and self._replacing:
            spans.append((self.text, "reverse"))
        elif self.has_focus:
            under = self.text[self._at : self._at + 1] or " "
            spans += [
                (self.text[: self._at], "underline"),
                (under, "reverse"),
                (self.text[self._at + 1 :], "underline"),
            ]
        else:
            spans.append((self.text or "_", "underline" if self.text else "bright_black"))
        if self._problem:
            spans.append((f"  {self._problem}", "bold red"))
        if self._hint and not (self.text and self._at and self.has_focus):
            spans.append((f"  {self._hint}", "bright_black"))
        return strip_of(spans, cells, self.rich_style)
