"""How the processes of an attempt hear SIGTERM: each once, and in a pipe the writers first.

In ``tool | tee log`` both would hear it at once; tee dies of it, and the tool breaks its pipe with the first
line of its clean-up. A process that only reads what another one of the family writes ends with
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
"""How long a reader may take to end by itself, after those who wrote to it."""
_LATEST = 0.75
"""The share of the grace after which readers are signalled even if somebody still writes."""
_LOOK = 0.25
_SIGTERM = 15
_SIGCONT = 18 if process.LINUX else 19


class SigtermRound:
    """Who of a *family* has had SIGTERM, and who is to get it later. Moments are monotonic seconds."""

    def __init__(self, family: Callable[[], list[Stat]]) -> None:
        self.next_at = NEVER
        """When to look whether it is the turn of readers."""
        self._family = family
        self._late: dict[tuple[int, int], float] = {}  # reader -> since when nobody writes to it
        self._latest = NEVER

    def begin(self, child: Child, now: float, grace: float) -> None:
        """Ask everybody but readers; who was stopped is woken up to hear of it."""
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
            # A group hears a signal as one; asked singly, somebody born meanwhile would miss it.
            again = self._family()
            late = readers(again)
            _ask(_key(each) for each in again if _key(each) not in asked and each.pid not in late)

    def go_on(self, now: float) -> None:
        """Ask readers that did not end with those whom they read from. Looks now and then."""
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
    """Return the pids of those whose standard input is a pipe that another one of *records* prints into.

    Two that read from each other are none.
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
        for number in (_SIGTERM, _SIGCONT):
            process.send(pid, ticks, number)


def _end(pid: int, handle: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{handle}")
    except OSError:
        return ""
