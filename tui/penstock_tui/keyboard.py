"""`Keyboard`: handles keys one at a time, each in what the key before it opened.

Over a slow link several keys arrive at once. Textual gives each to the widget that has the focus at that
moment, so the letters of a filter would reach the list as commands while the filter is still
opening. Here a key waits until the one before it has been handled, and until the view or dialog that
it opened can take keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from textual import events
from textual.message import Message
from textual.widget import Widget

from penstock_tui.shell import Shell

_LAPS = 2
"""Rounds of an echo up to the app: the first follows the key, the second the messages that it caused."""
_POLL = 0.02
"""Seconds between checks while keys wait."""
_LOST = 25
"""Checks after which an echo counts as lost: the widget that had the key is gone."""
_UNREADY = 75
"""Checks after which a view gets its keys even if it is still loading."""
_FORGET = 250
"""Checks after which keys typed for a dialog that has not opened are dropped."""


class Echo(Message):
    """Follows a key through the widgets; when it comes back the key has been handled."""

    def __init__(self, number: int, lap: int) -> None:
        super().__init__()
        self.number = number
        self.lap = lap


class Keyboard:
    """Queues what was typed. ``deliver`` gives one event to what has the focus now."""

    def __init__(self, shell: Shell, deliver: Callable[[events.Event], Awaitable[None]]) -> None:
        self._shell = shell
        self._deliver = deliver
        self._typed: deque[events.Key | events.Paste] = deque()
        self._number = 0
        self._under_way: Widget | None = None
        self._looks = 0
        self._polling = False

    @property
    def untouched(self) -> bool:
        """Whether nothing was typed yet."""
        return not self._number and not self._typed

    async def take(self, event: events.Key | events.Paste) -> None:
        """Deliver *event* now if nothing is before it, otherwise in its turn."""
        if isinstance(event, events.Key) and event.key == "ctrl+j":
            # Enter that was typed before the console had the terminal arrives as a line feed.
            event = events.Key("enter", "\r")
        self._typed.append(event)
        await self.go_on()

    async def go_on(self) -> None:
        """Deliver what can be delivered."""
        while self._typed and not self._must_wait():
            self._looks = 0
            self._give_focus()
            await self._deliver(self._typed.popleft())
            self._number += 1
            self._send(Echo(self._number, 1))
        if self._typed and not self._polling:
            self._polling = True
            self._shell.set_timer(_POLL, self._look)

    async def on_echo(self, echo: Echo) -> None:
        """Handle a returned echo: send it again, or go on."""
        if echo.number != self._number:
            return
        if echo.lap < _LAPS:
            self._send(Echo(echo.number, echo.lap + 1))
        else:
            self._under_way = None
            await self.go_on()

    def _send(self, echo: Echo) -> None:
        target = self._shell.screen.focused or self._shell.screen
        self._under_way = target if target.post_message(echo) else None

    def _give_focus(self) -> None:
        """Let something have the keys: a click beside everything, or a terminal left, takes them from all."""
        screen = self._shell.screen
        if screen.focused is None:
            screen.focus_next()

    async def _look(self) -> None:
        self._polling = False
        self._looks += 1
        await self.go_on()

    def _must_wait(self) -> bool:
        if self._under_way is not None:
            if self._looks < _LOST:
                return True
            self._under_way = None
        if self._shell.opening:
            if self._looks < _FORGET:
                return True
            self._shell.say(f"{len(self._typed)} keys typed ahead were dropped: no answer yet", "warning")
            self._typed.clear()
            return True
        return self._looks < _UNREADY and not getattr(self._shell.screen, "takes_keys", True)
