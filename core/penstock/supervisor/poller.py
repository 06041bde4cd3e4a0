"""Waits for descriptors and calls back: the supervisor's event loop, except its timers."""

from __future__ import annotations

import select

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable


class Poller:
    """Calls back when a watched descriptor can be read or was hung up."""

    __slots__ = ("_calls", "_poll")

    def __init__(self) -> None:
        self._poll = select.poll()
        self._calls: dict[int, Callable[[], object]] = {}

    def watch(self, handle: int, call: Callable[[], object]) -> None:
        """Call *call* whenever *handle* has something to read, until `unwatch`."""
        self._calls[handle] = call
        self._poll.register(handle, select.POLLIN)

    def unwatch(self, handle: int) -> None:
        """Forget *handle*; must happen before it is closed."""
        if self._calls.pop(handle, None) is not None:
            self._poll.unregister(handle)

    def wait(self, seconds: float | None) -> None:
        """Wait until something happens or *seconds* have passed (None: for ever), and call back."""
        # Rounded up, so that a timer is never a fraction of a millisecond early.
        timeout = None if seconds is None else int(max(seconds, 0.0) * 1000 + 0.999)
        for handle, _ in self._poll.poll(timeout):
            call = self._calls.get(handle)  # an earlier callback of this round may have dropped it
            if call is not None:
                call()
