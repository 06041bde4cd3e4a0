"""One process that a supervisor started, and the pipe it prints to."""

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


class Child:
    """A process that leads its own session. Until it is reaped, its pid and group cannot be anyone else's.

    *start* is called with the descriptor to print to, and returns the pid, or 0 if it is not known yet.
    Output goes to *sink* in chunks; with *direct* the process writes to that descriptor itself. Raises
    what *start* raises.
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
        poller.watch(reading, self.pump, patient=True)

    @property
    def talking(self) -> bool:
        """Whether some process still has the other end of the pipe open."""
        return self._pipe >= 0

    def pump(self) -> int:
        """Pass one chunk on; return its size in bytes, 0 if there is none at the moment."""
        try:
            chunk = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return 0
        except OSError:
            chunk = b""
        if chunk:
            self._sink(chunk)
        else:
            self.close()
        return len(chunk)

    def drain(self) -> None:
        """Pass on what is in the pipe. Limited: if a process keeps filling it, the loop comes back."""
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
        """Ask the whole group to end; a stopped process is continued so that it can."""
        process.signal_group(self.pid, _SIGTERM)
        process.signal_group(self.pid, process.SIGCONT)

    def kill(self) -> None:
        """End the whole group."""
        process.signal_group(self.pid, _SIGKILL)

    def has_group(self) -> bool:
        """Return whether the group has any process left; the leader may have been reaped."""
        return process.signal_group(self.pid, 0)

    def has_ended(self) -> bool:
        """Return whether the process has ended and only waits to be reaped."""
        if hasattr(os, "waitid"):  # /proc says so too when only its first thread has ended
            try:
                options = os.WEXITED | os.WNOHANG | os.WNOWAIT
                return os.waitid(os.P_PID, self.pid, options) is not None
            except ChildProcessError:
                return True
        record = process.stat(self.pid)
        return record is None or record.ended
