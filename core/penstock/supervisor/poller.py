"""Waits for descriptors and calls back: the supervisor's event loop, except its timers.

What tasks print is gathered: after it was read, it is looked at again 10 ms later, so that many tasks that
print a line now and then do not each wake a supervisor for each line. Nothing else waits for that.
"""

from __future__ import annotations

import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable

GATHER = 0.01
"""Seconds between two looks at what tasks print."""
_MUCH = 16 << 10
"""Bytes of one task at one look: more would have come, so it is not kept waiting for a while."""
_AT_ONCE = 1.0
"""Seconds of that while."""


class Poller:
    """Calls back when a watched descriptor can be read or was hung up."""

    __slots__ = ("_at_once_until", "_calls", "_gathers_until", "_patient", "_poll", "_prompt")

    def __init__(self) -> None:
        self._poll = select.poll()
        self._prompt = select.poll()
        """All but those that are patient."""
        self._calls: dict[int, Callable[[], int | None]] = {}
        self._patient: set[int] = set()
        self._gathers_until = self._at_once_until = 0.0

    def watch(self, handle: int, call: Callable[[], int | None], *, patient: bool = False) -> None:
        """Call *call* whenever *handle* has something to read, until `unwatch`.

        What comes over a *patient* one is gathered. Then *call* returns how many bytes that was.
        """
        self._calls[handle] = call
        self._poll.register(handle, select.POLLIN)
        if patient:
            self._patient.add(handle)
        else:
            self._prompt.register(handle, select.POLLIN)

    def unwatch(self, handle: int) -> None:
        """Forget *handle*; must happen before it is closed."""
        if self._calls.pop(handle, None) is None:
            return
        self._poll.unregister(handle)
        if handle in self._patient:
            self._patient.discard(handle)
        else:
            self._prompt.unregister(handle)

    def wait(self, seconds: float | None) -> None:
        """Wait until something happens or *seconds* have passed (None: for ever), and call back."""
        now = time.monotonic()
        if now < self._gathers_until:
            pause = self._gathers_until - now
            if seconds is not None and seconds <= pause:
                self._call(self._prompt.poll(_milliseconds(seconds)))
                return
            ready = self._prompt.poll(_milliseconds(pause))
            if ready:
                self._call(ready)
                return
            seconds = None if seconds is None else seconds - pause
        self._call(self._poll.poll(None if seconds is None else _milliseconds(seconds)))

    def _call(self, ready: list[tuple[int, int]]) -> None:
        most = 0
        for handle, _ in ready:
            call = self._calls.get(handle)  # an earlier callback of this round may have dropped it
            if call is not None:
                patient = handle in self._patient
                size = call()
                if patient and size:
                    most = max(most, size)
        if most:
            now = time.monotonic()
            if most >= _MUCH:
                self._at_once_until = now + _AT_ONCE
            self._gathers_until = now + GATHER if now >= self._at_once_until else 0.0


def _milliseconds(seconds: float) -> int:
    """Return whole milliseconds, rounded up, so that a timer is never a fraction of one early."""
    return int(max(seconds, 0.0) * 1000 + 0.999)
