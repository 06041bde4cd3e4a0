"""`Hearing`: what the console does about what the feed says: notices, an engine that goes or comes back."""

from __future__ import annotations

from collections.abc import Callable

from penstock.model.views.events import Change
from penstock.model.views.status import EngineStatus
from penstock_tui.attendance import Attendance
from penstock_tui.background import in_background
from penstock_tui.messages import Changed, EngineBack, EngineGone
from penstock_tui.navigation import Navigation
from penstock_tui.screens.view import View
from penstock_tui.shell import Watcher


class Hearing(Navigation):
    """The part of `Console` that hears of changes and passes them on."""

    attendance: Attendance
    engine_status: EngineStatus | None
    gone: EngineGone | None
    read_only: bool
    only_host: str | None
    show_host: Callable[[str | None], None] | None
    """Lets the engine answer for one host of several; None where there is one instance."""

    def on_changed(self, message: Changed) -> None:
        """Pass a notice on to every view (those not in front remember it), and ring its bells."""
        for text in message.change.bells:
            self.bell()
            self.say(text, "warning")
        self._pass_on(message.change)

    def on_engine_back(self, _message: EngineBack) -> None:
        """Ask for everything again."""
        if self.gone is not None:
            self.say("the connection is back" if self.gone.cut else "the engine answers again")
        self.gone = None
        self._pass_on(None)

    def on_engine_gone(self, message: EngineGone) -> None:
        """Turn the top line red; the data stays, with its age."""
        self.gone = message
        if message.since is not None and not self.read_only:
            self.say(
                message.reason if message.cut else f"the engine does not answer: {message.reason}", "warning"
            )
        self._pass_on(None)

    def show_only(self, host: str | None) -> None:
        """Show one host of several on every screen; None: all of them again."""
        if self.show_host is None:
            return
        self.only_host = host
        self.show_host(host)
        self.say(f"only {host}: K shows the hosts, a there all" if host else "all hosts")
        self._pass_on(None)

    def _pass_on(self, change: Change | None) -> None:
        in_background(self, self._ask_status, group="status")
        for screen in self.screen_stack:
            if isinstance(screen, Watcher):
                screen.changed(change)

    async def _ask_status(self) -> None:
        status = await self.feed.ask(lambda engine: engine.status(), key="status")
        if status is not None:
            self.engine_status = status
            self.tell_views()
            await self.attendance.begin(self.open_digest)
            await self.attendance.heard(status)

    def tell_views(self) -> None:
        """Draw the top line of the view in front again."""
        for screen in self.screen_stack:
            if isinstance(screen, View) and screen.in_front:
                screen.refresh_top()
