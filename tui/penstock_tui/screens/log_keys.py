"""`LogKeys`: what the keys of a log do, on every screen that shows one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from penstock.errors import UsageError
from penstock_tui import log_outside
from penstock_tui.background import in_background
from penstock_tui.dialogs.ask_line import AskLine
from penstock_tui.screens.view import NOTHING_TO_COPY, View
from penstock_tui.view.log_moment import HINT, log_moment
from penstock_tui.view.log_source import LogSource
from penstock_tui.widgets.attempt_pane import AttemptPane
from penstock_tui.widgets.log_pane import LogPane

_WRAPPED = "lines are wrapped, so all of each is shown: w cuts them"
_NO_LOG = "there is no log here"
_NO_SEARCH = "search for something first: /"


class LogKeys(View):
    """A view with a log: that of an `AttemptPane` in ``attempt_pane``, unless `log_pane` is another."""

    attempt_pane: AttemptPane

    @property
    def log_pane(self) -> LogPane:
        """The log."""
        return self.attempt_pane.pane

    def log_name(self) -> str:
        """Return the name of a file for the log, without its ending."""
        attempt = self.attempt_pane.attempt
        names = (
            [] if attempt is None else [attempt.dag_id, attempt.run_id, attempt.task_id, attempt.attempt_id]
        )
        return file_name(names)

    def do_follow(self) -> None:
        """Follow the log's end, or stop."""
        self.log_pane.log_view.toggle_follow()

    def do_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.log_pane.log_view.toggle_wrap()

    def do_times(self) -> None:
        """Show or hide the time of each line."""
        self.log_pane.log_view.toggle_times()

    def do_search(self) -> None:
        """Ask what to search for in the log."""
        self.log_pane.begin_search()

    def do_match_next(self) -> None:
        """Go to the next hit."""
        self._go_to_match(1, "no further hit")

    def do_match_previous(self) -> None:
        """Go to the hit before."""
        self._go_to_match(-1, "no hit before")

    def do_only(self) -> None:
        """Show only the lines that match, or all again."""
        if not self.log_pane.toggle_only():
            self.shell.say(_NO_SEARCH)

    def do_failure_next(self) -> None:
        """Go to the next error line."""
        self._go(self.log_pane.next_error(1), "no error line further down; E looks up")

    def do_failure_previous(self) -> None:
        """Go to the error line before."""
        self._go(self.log_pane.next_error(-1), "no error line further up; e looks down")

    def do_attempt_previous(self) -> None:
        """Show the attempt before."""
        self._turn(-1)

    def do_attempt_next(self) -> None:
        """Show the attempt after."""
        self._turn(1)

    def do_line_end(self) -> None:
        """Show the ends of long lines."""
        if not self.log_pane.log_view.show_ends(last=True):
            self.shell.say(_WRAPPED)

    def do_line_begin(self) -> None:
        """Show the beginnings of long lines."""
        if not self.log_pane.log_view.show_ends(last=False):
            self.shell.say(_WRAPPED)

    def do_json(self) -> None:
        """Show JSON lines of loggers as time, level, message and fields, or as they are."""
        self.log_pane.log_view.toggle_readable()

    def do_line_mark(self) -> None:
        """Mark or unmark a line."""
        if not self.log_pane.log_view.pick():
            self.shell.say("there are no lines here")

    def do_line_range(self) -> None:
        """Begin a range of lines, or end it."""
        if not self.log_pane.log_view.pick(range=True):
            self.shell.say("there are no lines here")

    def do_go_to_time(self) -> None:
        """Ask for a time and go there."""
        self._work(self._go_to_time)

    async def _go_to_time(self) -> None:
        zone, example = self.shell.zone, datetime(2000, 1, 2, tzinfo=UTC)

        def check(text: str) -> str | None:
            try:
                log_moment(text, example, example, zone)
            except UsageError as error:
                return error.message
            return None

        text = await self.shell.push_screen_wait(AskLine("Go to a time", "time", "", hint=HINT, check=check))
        if text is None:
            return
        said = await self.log_pane.go_to_time(lambda begin, end: log_moment(text, begin, end, zone))
        if said is not None:
            self.shell.say(said)

    def do_pager(self) -> None:
        """Open the log in the person's pager."""
        self._outside("pager")

    def do_editor(self) -> None:
        """Open a copy of the log in the person's editor."""
        self._outside("editor")

    def _outside(self, kind: str) -> None:
        if self.log_pane.source is None:
            self.shell.say(_NO_LOG)
        else:
            self._work(partial(log_outside.show, self.shell, self.log_pane.source, self.log_name(), kind))

    def do_save(self) -> None:
        """Ask for a path and save the log there."""
        if self.log_pane.source is None:
            self.shell.say(_NO_LOG)
        else:
            self._work(partial(self._save, self.log_pane.source))

    async def _save(self, source: LogSource) -> None:
        name = f"{self.log_name()}.log"
        text = await self.shell.push_screen_wait(
            AskLine(
                "Save the log",
                "file",
                name,
                hint="a path, or a folder",
                check=lambda text: log_outside.wrong(text, name),
                confirm=lambda text: log_outside.overwrites(text, name),
            )
        )
        if text is not None:
            asked = log_outside.overwrites(text, name) is not None
            await log_outside.save(self.shell, source, log_outside.place(text, name), overwrite=asked)

    def do_copy(self) -> None:
        """Copy the marked lines of the log or one line, all of it; beside it the task's id from the list."""
        if not self.log_pane.has_focus_within:
            super().do_copy()
            return

        async def copy() -> None:
            text, note = await self.log_pane.to_copy()
            if text:
                self.shell.copy(text, note)
                self.log_pane.log_view.stop_choosing()
            else:
                self.shell.say(NOTHING_TO_COPY)

        self._work(copy, group="copy")

    def close_log_layer(self) -> bool:
        """Close what is innermost in the log: a search under way, marks, hits; False if nothing is."""
        return (
            self.stop_error_search() or self.log_pane.log_view.stop_choosing() or self.log_pane.end_search()
        )

    def _work(self, job: Callable[[], Coroutine[None, None, None]], group: str = "log-key") -> None:
        in_background(self.app, job, name="log", group=group, exclusive=True)

    def stop_error_search(self) -> bool:
        """Stop a search for an error line; return whether one was running."""
        bytes_to_search = self.log_pane.bytes_to_search is not None
        if bytes_to_search:
            self.app.workers.cancel_group(self.app, "jump")
        return bytes_to_search

    def _turn(self, direction: Literal[1, -1]) -> None:
        reason = self.attempt_pane.turn_attempt(direction)
        if reason is not None:
            self.shell.say(reason)

    def _go_to_match(self, direction: Literal[1, -1], otherwise: str) -> None:
        if self.log_pane.log_view.matches is None:
            self.shell.say(_NO_SEARCH)
        else:
            self._go(self.log_pane.next_match(direction), otherwise)

    def _go(self, going: Coroutine[None, None, bool], otherwise: str) -> None:
        async def go() -> None:
            if not await going:
                self.shell.say(otherwise)

        in_background(self.app, go, name="log", group="jump", exclusive=True)


def file_name(names: Sequence[str]) -> str:
    """Return the name of a file that says what it holds; any file system takes it."""
    return "-".join(name.replace(":", "").replace("+", "_") for name in names)[:200] or "log"
