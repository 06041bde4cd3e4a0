"""`Ending`: the part of the console that says why it ends, if that is an error."""

from __future__ import annotations

from rich.console import RenderableType

from penstock_tui.drawing import Drawing
from penstock_tui.last_words import LastWords, tell


class Ending(Drawing):
    """Says in plain text what ended the console, once the terminal is given back.

    Textual draws the traceback with all its variables, for the size that the terminal has. It can fail at
    that, and then nobody hears of either.
    """

    last_words = LastWords()
    _fault: str | None = None
    """What is said of the error that ends the console."""

    def _handle_exception(self, error: Exception) -> None:
        """End, and say why once the terminal is given back."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        if self._fault is None:
            front = (
                type(self.screen_stack[-1]).__name__ if self._screen_stacks[self._current_mode] else "none"
            )
            size = f"{self.size.width}x{self.size.height}"
            self._fault = self.last_words.of(error, circumstances=f"{size}, screen {front}")
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End over what Textual says in *renderables*."""
        self._handle_exception(RuntimeError("; ".join(str(each) for each in renderables)))

    def _print_error_renderables(self) -> None:
        """Say last words, in plain text."""
        super()._print_error_renderables()
        if self._fault is not None:
            fault, self._fault = self._fault, None
            tell(fault)
