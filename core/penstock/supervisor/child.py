"""One process that a supervisor started, and the pipe it prints into."""

from __future__ import annotations

import os

from penstock import process

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable

    from penstock.supervisor.poller import Poller

CHUNK = 65536
_DRAIN_CHUNKS = 32
_SIGTERM, _SIGKILL = 15, 9
_SIGCONT = 18 if process.LINUX else 19


class Child:
    """A process that leads its own session, not yet reaped: its pid and group cannot be anyone else's.

    *start* is called with the descriptor that it is to print into, and returns its pid, or 0 when that is
    not known yet. What it prints goes to *sink* in chunks; with *direct* it writes into that descriptor by
    itself. Raises what *start* raises.
    """

    __slots__ = ("_pipe", "_poller", "_sink", "pid")

    def __init__(
        self,
        start: Callable[[int], int],
        *,
        poller: Poller,
        sink: Callable[[bytes], None],
        direct: int | None = None,
    ) -> None:
        self._poller = poller
        self._sink = sink
        self._pipe = -1
        if direct is not None:
            self.pid = start(direct)
            return
        reading, writing = os.pipe()
        try:
            self.pid = start(writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        self._pipe = reading
        poller.watch(reading, self.pump)

    @property
    def talking(self) -> bool:
        """Whether somebody still holds the other end of the pipe."""
        return self._pipe >= 0

    def pump(self) -> bool:
        """Pass one chunk on; return False when there is nothing at the moment."""
        try:
            chunk = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            chunk = b""
        if chunk:
            self._sink(chunk)
        else:
            self.close()
        return bool(chunk)

    def drain(self) -> None:
        """Pass on what is in the pipe. Bounded: if someone keeps filling it, the loop comes back to it."""
        for _ in range(_DRAIN_CHUNKS):
            if not self.talking or not self.pump():
                break

    def close(self) -> None:
        """Stop listening."""
        if self._pipe >= 0:
            self._poller.unwatch(self._pipe)
            os.close(self._pipe)
            self._pipe = -1

    def terminate(self) -> None:
        """Ask the whole group to end; a stopped process is woken up to hear of it."""
        process.signal_group(self.pid, _SIGTERM)
        process.signal_group(self.pid, _SIGCONT)

    def kill(self) -> None:
        """End the whole group."""
        process.signal_group(self.pid, _SIGKILL)

    def has_group(self) -> bool:
        """Tell whether anybody is left in the group; the process itself may have been reaped."""
        return process.signal_group(self.pid, 0)

    def has_ended(self) -> bool:
        """Tell whether the process has ended and only waits to be reaped."""
        if hasattr(os, "waitid"):  # its record alone calls it ended too when only its first thread has
            try:
                options = os.WEXITED | os.WNOHANG | os.WNOWAIT
                return os.waitid(os.P_PID, self.pid, options) is not None
            except ChildProcessError:
                return True
        record = process.stat(self.pid)
        return record is None or record.ended
