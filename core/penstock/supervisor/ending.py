"""How an attempt is stopped: one SIGTERM for each of its processes, a grace for all, then SIGKILL.

The grace does not end with the first process: a shell dies at once and leaves the tool it ran in the
middle of its clean-up. It lasts until no process of the attempt is left, and none gets SIGTERM twice:
for many programs the second one means "at once". See docs/adr/0026.
"""

from __future__ import annotations

import errno

from penstock import process
from penstock.process_stat import Stat
from penstock.supervisor.sigterm import NEVER, SigtermRound

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable

    from penstock.supervisor.child import Child

DOUBT_SECONDS = 2.0
"""Seconds after SIGKILL until a process that is still alive counts as one that cannot be killed."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 30.0
_LOOK, _LONGEST_LOOK = 0.05, 0.5
_SIGKILL = 9


class Ending:
    """The ordered end of one attempt, from the order until none of its processes is left.

    *family* returns the living processes of the attempt. ``ordered`` is ``timeout`` or ``cancelled`` once an
    end was ordered. ``kill_at`` is when SIGKILL follows, ``look_at`` when to look next for processes that
    are left after the first one has ended. Times are seconds of the monotonic clock.
    """

    def __init__(self, family: Callable[[], list[Stat]]) -> None:
        self.ordered: str | None = None
        self.reason: str | None = None
        self.kill_at = NEVER
        self.look_at = NEVER
        self.killed_after: float | None = None
        """Seconds between SIGTERM and SIGKILL, once there was one."""
        self.killed: set[tuple[int, int]] = set()
        """Processes that were killed after the first one had ended: pid and start."""
        self.trouble: str | None = None
        """Which processes cannot be killed, and why."""
        self.sigterm = SigtermRound(family)
        self._family = family
        self._since = 0.0
        self._killed_at = NEVER
        self._pause = _FIRST_PAUSE
        self._look = _LOOK
        self._over = False

    @property
    def in_grace(self) -> bool:
        """Whether the end was ordered and nothing was killed yet."""
        return self.ordered is not None and self._killed_at == NEVER

    def order(self, kind: str, reason: str | None, now: float, *, grace: float, child: Child) -> None:
        """Order the end; a second order can only make SIGKILL come sooner."""
        if self.ordered is None:
            self.ordered, self.reason, self._since = kind, reason, now
            if grace > 0:
                self.sigterm.begin(child, now, grace)
        if self._killed_at == NEVER:
            self.kill_at = min(self.kill_at, now + grace)

    def due(self, *, leader_ended: bool) -> float:
        """Return when something is due next; *leader_ended*: the first process has ended."""
        return min(self.kill_at, self.sigterm.next_at, self.look_at if leader_ended else NEVER)

    def kill(self, child: Child, now: float, *, leader_ended: bool) -> None:
        """Kill the processes that are left, and again later if that does not help.

        *leader_ended*: the first process has ended; its number may belong to a stranger's group then.
        """
        if self.ordered is not None and self._killed_at == NEVER:
            self.killed_after = now - self._since
        self._killed_at = min(self._killed_at, now)
        self.sigterm.next_at = NEVER
        if not (leader_ended and process.LINUX):
            child.kill()
        left = [(record, process.send(record.pid, record.start_ticks, _SIGKILL)) for record in self._family()]
        if leader_ended:
            self.killed.update((record.pid, record.start_ticks) for record, failed in left if not failed)
        refused = [record for record, failed in left if failed == errno.EPERM]
        if refused:
            self.trouble = unkillable(refused, "belongs to another user")
        elif now - self._killed_at >= DOUBT_SECONDS:
            self.trouble = unkillable([record for record, _ in left], "it does not end")
        self.kill_at = now + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def is_over(self, child: Child, now: float) -> bool:
        """Return whether no process is left after the first one; looks now and then, not at every call."""
        if self._over:
            return True
        if now < self.look_at != NEVER:
            return False
        if self._family() or (not process.LINUX and child.has_group()):
            self.look_at = now + self._look
            self._look = min(self._look * 2, _LONGEST_LOOK)
            return False
        self.look_at = self.kill_at = self.sigterm.next_at = NEVER
        self.trouble = None
        self._over = True
        return True

    def look_soon(self) -> None:
        """Look again at the next call: a process has ended."""
        self.look_at = min(self.look_at, 0.0)


class Left:
    """The processes that outlived an attempt's first one. ``survivors`` were killed (pid and start)."""

    def __init__(self) -> None:
        self.survivors: set[tuple[int, int]] = set()
        self.spared: list[Stat] = []
        """Those that live on because they cannot be killed."""
        self.doubtful = False
        """Whether some of these may be another attempt's."""

    def words(self) -> str | None:
        """Return which processes live on, in words; None if there are none."""
        doubt = "; left by this task or by one beside it" if self.doubtful else ""
        return unkillable(self.spared, f"belongs to another user{doubt}")


def unkillable(records: list[Stat], why: str) -> str | None:
    """Return which of *records* cannot be killed, in words; None if all are gone by now."""
    lives = [record for record in records if process.start_ticks(record.pid) == record.start_ticks]
    if not lives:
        return None
    first, *others = sorted(lives, key=lambda record: record.pid)
    if first.state == "D":
        why = "it waits in the kernel"
    program, user = process.name_of(first.pid), process.owner_of(first.pid)
    more = f", and {len(others)} more" if others else ""
    return f"process {first.pid} ({program}, user {user}) cannot be killed: {why}{more}"
