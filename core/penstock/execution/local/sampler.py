"""Measures what running attempts use, in one pass over their processes per call.

Counts the task's process and its descendants, also orphans: those in its session or with its mark.
Memory that processes share is counted for each of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from penstock import process
from penstock.attempts.files import MARK
from penstock.execution.executor import Usage
from penstock.execution.local import uses
from penstock.execution.local.uses import Totals


class Sampler:
    """Keeps state from one pass to the next. Not for two threads at once."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, Usage]] = {}
        self._marks: dict[tuple[int, int], str | None] = {}
        """Whose mark an orphan carries that left its session, by pid and start."""

    def sample(self, pids: Mapping[str, int]) -> dict[str, Usage]:
        """Return the usage of each attempt in *pids* (attempt id to the pid of its first process).

        Attempts whose process has ended are left out. Takes about 0.1 ms per process, so call it
        in a thread.
        """
        now = time.monotonic()
        orphans = self._orphans(pids)
        found: dict[str, Usage] = {}
        for attempt_id, pid in pids.items():
            family = dict(_family(pid))
            for orphan in orphans.get(attempt_id, ()):
                family.update(_family(orphan))
            if pid in family:
                found[attempt_id] = self._usage(attempt_id, pid, family, now)
        self._before = {attempt_id: (now, usage) for attempt_id, usage in found.items()}
        return found

    def _orphans(self, pids: Mapping[str, int]) -> dict[str, list[int]]:
        """Return processes that fell to a supervisor when their parent ended, by the attempt they are of.

        They are in its session or, if they left that, carry its mark.
        """
        found: dict[str, list[int]] = {}
        if not process.LINUX:
            return found
        by_leader = {pid: attempt_id for attempt_id, pid in pids.items()}
        supervisors = {record.ppid for record in map(process.stat, by_leader) if record is not None}
        marks: dict[tuple[int, int], str | None] = {}
        for supervisor in supervisors - {os.getpid(), 1}:
            for pid in process.children(supervisor):
                record = process.stat(pid) if pid not in by_leader else None
                if record is None:
                    continue
                of = by_leader.get(record.session)
                if of is None:
                    key = (pid, record.start_ticks)
                    of = self._marks[key] if key in self._marks else process.environment_value(pid, MARK)
                    marks[key] = of
                if of is not None and of in pids:
                    found.setdefault(of, []).append(pid)
        self._marks = marks
        return found

    def _usage(self, attempt_id: str, pid: int, family: dict[int, Totals], now: float) -> Usage:
        earlier, last = self._before.get(attempt_id, (None, None))
        # The usage of a child that nobody waits for vanishes with it: totals must not fall.
        cpu = max(sum(each.cpu_seconds for each in family.values()), last.cpu_seconds if last else 0.0)
        if earlier is None or last is None:
            span, gained = uses.age(pid), cpu
        else:
            span, gained = now - earlier, cpu - last.cpu_seconds
        return Usage(
            cpu_percent=round(100 * gained / span, 1) if span > 0 else 0.0,
            cpu_seconds=round(cpu, 3),
            rss=sum(each.rss for each in family.values()),
            read_bytes=max(sum(each.read_bytes for each in family.values()), last.read_bytes if last else 0),
            write_bytes=max(
                sum(each.write_bytes for each in family.values()), last.write_bytes if last else 0
            ),
            processes=len(family),
        )


def _family(root: int) -> Iterator[tuple[int, Totals]]:
    """Yield *root* and its living descendants."""
    todo, seen = [root], set[int]()
    while todo:
        pid = todo.pop()
        if pid in seen:
            continue
        seen.add(pid)
        totals = uses.totals(pid)
        if totals is not None:
            yield pid, totals
            todo += uses.children_of(pid)
