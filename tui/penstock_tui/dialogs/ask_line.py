"""`AskLine`: a dialog with one field, for a path or a time."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult

from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line import Line


class AskLine(Dialog[str]):
    """Asks for one line; *check* returns what is wrong with it, or None. ``enter`` answers.

    *confirm* may return a question about an answer that is right: ``enter`` a second time says yes.
    """

    def __init__(
        self,
        title: str,
        caption: str,
        text: str,
        *,
        hint: str,
        check: Callable[[str], str | None],
        confirm: Callable[[str], str | None] = lambda _text: None,
    ) -> None:
        super().__init__(title)
        self._field = Field(caption, text, hint=hint, id="line")
        self._check = check
        self._confirm = confirm
        self._asked = ""
        """The answer about which the question was asked."""

    def inside(self) -> ComposeResult:
        """Compose the field and the keys."""
        yield self._field
        yield Line(id="said")
        yield Line(id="keys")

    def on_mount(self) -> None:
        """Give the keys to the field."""
        super().on_mount()
        self._say([])
        keys: Spans = [("enter", "bold cyan"), (" go   ", ""), ("esc", "bold cyan"), (" leave it", "")]
        self.query_one("#keys", Line).show(keys)
        self._field.focus()

    def _say(self, spans: Spans) -> None:
        self.query_one("#said", Line).show(spans)

    @on(Field.Edited)
    def changed(self, event: Field.Edited) -> None:
        """Forget what was wrong or asked."""
        if not isinstance(event, Field.Done):
            self._asked = ""
            self._say([])

    @on(Field.Done)
    def done(self) -> None:
        """Answer, unless it is wrong or a question is open."""
        text = self._field.text.strip()
        wrong = self._check(text)
        if wrong is not None:
            self._say([(wrong, "yellow")])
            return
        question = self._confirm(text)
        if question is not None and self._asked != text:
            self._asked = text
            self._say([(question, "bold yellow")])
            return
        self.dismiss(text)
