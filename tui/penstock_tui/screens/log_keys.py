"""`LogKeys`: what the keys of a log do, on every screen that shows one."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Literal

from penstock_tui.screens.view import NOTHING_TO_COPY, View
from penstock_tui.widgets.attempt_pane import AttemptPane

_NO_SEARCH = "search for something first: /"


class LogKeys(View):
    """A view with an `AttemptPane` in ``attempt_pane``."""

    attempt_pane: AttemptPane

    def do_follow(self) -> None:
        """Follow the log's end, or stop."""
        self.attempt_pane.pane.log_view.toggle_follow()

    def do_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.attempt_pane.pane.log_view.toggle_wrap()

    def do_times(self) -> None:
        """Show or hide the time of each line."""
        self.attempt_pane.pane.log_view.toggle_times()

    def do_search(self) -> None:
        """Ask what to search for in the log."""
        self.attempt_pane.pane.begin_search()

    def do_match_next(self) -> None:
        """Go to the next hit."""
        self._go_to_match(1, "no further hit")

    def do_match_previous(self) -> None:
        """Go to the hit before."""
        self._go_to_match(-1, "no hit before")

    def do_only(self) -> None:
        """Show only the lines that match, or all again."""
        if not self.attempt_pane.pane.toggle_only():
            self.shell.say(_NO_SEARCH)

    def do_failure_next(self) -> None:
        """Go to the next error line."""
        self._go(self.attempt_pane.pane.next_error(1), "no error line further down; E looks up")

    def do_failure_previous(self) -> None:
        """Go to the error line before."""
        self._go(self.attempt_pane.pane.next_error(-1), "no error line further up; e looks down")

    def do_attempt_previous(self) -> None:
        """Show the attempt before."""
        self._turn(-1)

    def do_attempt_next(self) -> None:
        """Show the attempt after."""
        self._turn(1)

    def do_copy(self) -> None:
        """Copy the line of the log, all of it, or the task's id from the list beside it."""
        if not self.attempt_pane.has_focus_within:
            super().do_copy()
            return

        async def copy() -> None:
            text, whole = await self.attempt_pane.pane.whole_line()
            if text:
                self.shell.copy(text, "" if whole else "the beginning of a longer line")
            else:
                self.shell.say(NOTHING_TO_COPY)

        self.app.run_worker(copy(), name="copy", group="copy", exclusive=True, exit_on_error=False)

    def stop_error_search(self) -> bool:
        """Stop a search for an error line; return whether one was running."""
        bytes_to_search = self.attempt_pane.pane.bytes_to_search is not None
        if bytes_to_search:
            self.app.workers.cancel_group(self.app, "jump")
        return bytes_to_search

    def _turn(self, direction: Literal[1, -1]) -> None:
        reason = self.attempt_pane.turn_attempt(direction)
        if reason is not None:
            self.shell.say(reason)

    def _go_to_match(self, direction: Literal[1, -1], otherwise: str) -> None:
        if self.attempt_pane.pane.log_view.matches is None:
            self.shell.say(_NO_SEARCH)
        else:
            self._go(self.attempt_pane.pane.next_match(direction), otherwise)

    def _go(self, going: Coroutine[None, None, bool], otherwise: str) -> None:
        async def go() -> None:
            if not await going:
                self.shell.say(otherwise)

        self.app.run_worker(go(), name="log", group="jump", exclusive=True, exit_on_error=False)
