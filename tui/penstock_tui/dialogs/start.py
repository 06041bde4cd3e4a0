"""`StartDialog`: offers to start an engine when none runs."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view.durations import brief
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.line import Line


class StartDialog(Dialog[bool]):
    """Answers True to start an engine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", show=False),
        Binding("n", "close", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, silent: float | None) -> None:
        super().__init__("Start an engine?")
        self._silent = silent

    def inside(self) -> ComposeResult:
        """Compose what is known, and two buttons."""
        yield Line(id="known")
        yield Line(id="twin")
        with Horizontal(classes="buttons"):
            yield Button("Do not start", "esc", id="cancel")
            yield Button("Start the engine", "y", id="start")

    def on_mount(self) -> None:
        """Say how long no engine has answered."""
        super().on_mount()
        since = f"It was last heard {brief(self._silent)} ago. " if self._silent is not None else ""
        self.query_one("#known", Line).show(
            [(f"No engine answers. {since}Tasks that run are not touched.", "")]
        )
        self.query_one("#twin", Line).show([("$ penstock up -d", "bright_black")])
        self.query_one("#cancel").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "start")

    def action_yes(self) -> None:
        """Start it."""
        self.dismiss(True)  # noqa: FBT003
