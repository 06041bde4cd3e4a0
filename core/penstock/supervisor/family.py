"""Which attempt a process belongs to: everything below a supervisor belongs to one of its attempts.

An attempt's family is its leader's session, all descendants of its leader, and all processes with its
mark. A process may have none of the three (a daemon with an environment of its own): it belongs to the
only attempt there is, or to none as long as there are several.
"""

from __future__ import annotations

import os

from penstock import process
from penstock.attempts.files import MARK
from penstock.process_stat import Stat
from penstock.supervisor.warm_parent import UNASSIGNED

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Mapping


def family(attempt_id: str, leaders: Mapping[str, int]) -> list[Stat]:
    """Return the living processes of an attempt, its leader among them. Reads /proc for all processes.

    *leaders* maps each attempt of this supervisor to the pid of its process, 0 if it has none. Where other
    processes cannot be seen (macOS), the answer is empty.
    """
    every = {record.pid: record for record in process.processes()}
    own = os.getpid()
    return [
        record
        for record in every.values()
        if record.pid != own
        and not record.ended
        and _belongs(record, _line(record, every, own), attempt_id, leaders)
    ]


def owner(record: Stat, leaders: Mapping[str, int]) -> str | None:
    """Return the attempt that an orphan, now our child, belongs to; None if that cannot be known.

    The answer may be an attempt that has ended.
    """
    for attempt_id, leader in leaders.items():
        if leader and leader == record.session:
            return attempt_id
    mark = process.environment_value(record.pid, MARK)
    if mark is None and len(leaders) == 1:
        return next(iter(leaders))
    return mark


def is_unassigned(record: Stat) -> bool:
    """Whether it is a warm parent, or a fork of one that has no attempt yet: these end by themselves."""
    return process.environment_value(record.pid, MARK) == UNASSIGNED


def _line(record: Stat, every: Mapping[int, Stat], own: int) -> list[Stat]:
    """Return *record* and its ancestors up to our child; empty if it does not descend from us."""
    line = []
    while record.ppid != own:
        line.append(record)
        above = every.get(record.ppid)
        if above is None or len(line) > len(every):
            return []
        record = above
    return [*line, record]


def _belongs(record: Stat, line: list[Stat], attempt_id: str, leaders: Mapping[str, int]) -> bool:
    if not line:  # started for it by another process that passed the mark on
        return process.environment_value(record.pid, MARK) == attempt_id
    by_leader = {leader: each for each, leader in leaders.items() if leader}
    for number in (record.session, *(each.pid for each in line)):
        if number in by_leader:
            return by_leader[number] == attempt_id
    return owner(record, leaders) == attempt_id
