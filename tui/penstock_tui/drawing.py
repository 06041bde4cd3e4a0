"""`Drawing`: the part of the console that sends to the terminal what differs from the last picture."""

from __future__ import annotations

from functools import cached_property

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from penstock_tui.picture.sender import WAIT, Sender
from penstock_tui.terminal import TerminalDriver

_OPENING = 0.06
"""Seconds that a screen stays while the next one loads what it shows."""
_HELD = 0.15
"""Seconds that the log of one task, or a page of a list, stays while the next is read."""
_NEXT_FRAME = 0.04
"""Seconds within which Textual draws what it was asked to draw."""
_HOME = "\x1b[H"
"""Where the cursor waits: terminals without a second screen draw there what is said at the end."""
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around what a terminal is to show at once, if it can do that."""


class Drawing(App[int]):
    """Sends no cell that the terminal shows already.

    After something else has drawn on the terminal, call `draw_anew`.
    """

    @cached_property
    def _sender(self) -> Sender:
        system = COLOR_SYSTEMS.get(self.console.color_system or "", ColorSystem.TRUECOLOR)
        return Sender(self._send, system, behind=self._is_behind, failed=self._handle_exception)

    def draw_anew(self) -> None:
        """Draw every cell again: the terminal may show something else than it was sent."""
        self._sender.forget()
        self.refresh(layout=True)

    def hold_drawing(self) -> None:
        """Let what is shown stay for a moment, as what replaces it is about to come: no blank in between."""
        self._sender.hold(_HELD)

    def release_drawing(self) -> None:
        """End that, with the next frame: what replaces it is known, and not drawn yet."""
        self._sender.release(_NEXT_FRAME)

    async def on_event(self, event: events.Event) -> None:
        """Answer a key at once; draw everything on a terminal that has another size, or had for a moment."""
        if isinstance(event, events.Key):
            self._sender.release()
        elif isinstance(event, events.Resize):
            self._sender.forget(event.size)
        await super().on_event(event)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Take what Textual wants to have drawn."""
        try:
            if isinstance(renderable, LayoutUpdate | ChopsUpdate) and self._draws and not self._batch_count:
                opening = not getattr(screen, "takes_keys", True)
                self._sender.take(renderable, wait=_OPENING if opening else WAIT)
        except Exception as error:  # noqa: BLE001 - as Textual does
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    @property
    def _draws(self) -> bool:
        """Whether there is a terminal to draw on."""
        return self._running and not self._closed and not self.is_headless and self._driver is not None

    def _is_behind(self) -> bool:
        return isinstance(self._driver, TerminalDriver) and self._driver.behind

    def _send(self, text: str) -> None:
        if self._draws and self._driver is not None:
            self._driver.write(f"{_BEGIN}{text}{_HOME}{_END}" if self._sync_available else text + _HOME)
            self._driver.flush()
