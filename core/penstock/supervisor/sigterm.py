"""Sends SIGTERM to the processes of an attempt: once to each, and in a pipe to the writers first.

If both sides of ``tool | tee log`` got it at once, tee would die and the tool would break its pipe with the
first line of its clean-up. A process that only reads what another one of the attempt writes ends with
that one, at the end of its input. If it does not, it gets SIGTERM a moment later, and late in the grace
in any case.
"""

from __future__ import annotations

import os

from penstock import process
from penstock.process_stat import Stat

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Iterable

    from penstock.supervisor.child import Child

NEVER = float("inf")
READ_ON_SECONDS = 1.0
"""Seconds that a reader may take to end by itself, after its writers."""
_LATEST = 0.75
"""The share of the grace after which readers are signalled even if their writers are still alive."""
_LOOK = 0.25
_SIGTERM = 15


class SigtermRound:
    """Which processes of a *family* have had SIGTERM, and which get it later. Times are monotonic seconds."""

    def __init__(self, family: Callable[[], list[Stat]]) -> None:
        self.next_at = NEVER
        """When to check whether readers are next."""
        self._family = family
        self._late: dict[tuple[int, int], float] = {}  # reader -> since when it has no writer
        self._latest = NEVER

    def begin(self, child: Child, now: float, grace: float) -> None:
        """Signal all but readers; stopped processes are continued so that they can act on it."""
        members = self._family()
        late = readers(members)
        if not late:
            child.terminate()
        asked = {_key(each) for each in members if late or each.group != child.pid}
        _ask(each for each in asked if each[0] not in late)
        if late:
            self._late = {_key(each): NEVER for each in members if each.pid in late}
            self._latest = now + grace * _LATEST
            self.next_at = now + _LOOK
            # The whole group gets a signal at once; one by one, a process born meanwhile would miss it.
            again = self._family()
            late = readers(again)
            _ask(_key(each) for each in again if _key(each) not in asked and each.pid not in late)

    def go_on(self, now: float) -> None:
        """Signal readers that did not end with their writers. Looks now and then."""
        if now < self.next_at:
            return
        members = self._family()
        fed = readers(members)
        living = {_key(each) for each in members}
        for key in list(self._late):
            since = self._late[key]
            if key not in living:
                del self._late[key]
            elif now >= self._latest or now - since >= READ_ON_SECONDS:
                del self._late[key]
                _ask([key])
            else:
                self._late[key] = NEVER if key[0] in fed else min(since, now)
        self.next_at = now + _LOOK if self._late else NEVER


def readers(records: Iterable[Stat]) -> set[int]:
    """Return the pids of those whose standard input is a pipe that another one of *records* prints to.

    Two that read from each other do not count.
    """
    ends = {record.pid: [_end(record.pid, handle) for handle in (0, 1, 2)] for record in records}
    found = set()
    for pid, (source, *outputs) in ends.items():
        if source.startswith("pipe:") and any(
            source in theirs and other != pid and not (own.startswith("pipe:") and own in outputs)
            for other, (own, *theirs) in ends.items()
        ):
            found.add(pid)
    return found


def _key(record: Stat) -> tuple[int, int]:
    return record.pid, record.start_ticks


def _ask(keys: Iterable[tuple[int, int]]) -> None:
    for pid, ticks in keys:
        for number in (_SIGTERM, process.SIGCONT):
            process.send(pid, ticks, number)


def _end(pid: int, handle: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{handle}")
    except OSError:
        return ""
