"""The pauses in force, with those of each run and those that end by themselves at hand."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any

from penstock.ids import split_instance
from penstock.model.pauses import BREAKPOINTS, PauseKind
from penstock.store.engine.records import PauseKey, PauseRecord


class Pauses(dict[PauseKey, PauseRecord]):
    """Every pause in force by what it is about. Changed only by ``pauses[key] = ...`` and ``pop``."""

    def __init__(self, records: Iterable[PauseRecord]) -> None:
        super().__init__()
        self._of_runs: dict[tuple[str, str], list[PauseRecord]] = {}
        """Those of runs, and breakpoints of next runs."""
        self._ends: list[tuple[int, PauseKey]] = []
        """Heap of (until in microseconds, key); those that were taken away or replaced are still in it."""
        for record in records:
            self[record.key] = record

    def __setitem__(self, key: PauseKey, record: PauseRecord) -> None:
        """Put a pause in force, in the place of what stood there."""
        self.pop(key, None)
        super().__setitem__(key, record)
        if record.until_us is not None:
            heapq.heappush(self._ends, (record.until_us, key))
        if key[2] or record.kind in BREAKPOINTS:
            self._of_runs.setdefault(key[1:3], []).append(record)

    def pop(self, key: PauseKey, default: Any = None) -> Any:
        """Take a pause away and return it, or *default*."""
        record = super().pop(key, None)
        if record is None:
            return default
        if key[2] or record.kind in BREAKPOINTS:
            others = self._of_runs[key[1:3]]
            others.remove(record)
            if not others:
                del self._of_runs[key[1:3]]
        return record

    def ended(self, now_us: int) -> list[PauseRecord]:
        """Return the pauses that ended by their time; they stand until they are taken away."""
        found = {}
        while (until_us := self.next_end_us) is not None and until_us <= now_us:
            _, key = heapq.heappop(self._ends)
            found[key] = self[key]
        return list(found.values())

    @property
    def next_end_us(self) -> int | None:
        """When the next pause ends by its time; None if none does."""
        while self._ends:
            until_us, key = self._ends[0]
            record = self.get(key)
            if record is not None and record.until_us == until_us:
                return until_us
            heapq.heappop(self._ends)
        return None

    def of_run(self, dag_id: str, run_id: str) -> list[PauseRecord]:
        """Return everything that holds a run or one of its tasks, in the order of setting."""
        return list(self._of_runs.get((dag_id, run_id), ()))

    def breakpoints(self, dag_id: str, run_id: str) -> tuple[PauseRecord, ...]:
        """Return the breakpoints of a run in the order of setting; with "" of the DAG's next run."""
        standing = self._of_runs.get((dag_id, run_id), ())
        return tuple(each for each in standing if each.kind in BREAKPOINTS)

    def runs_with_breakpoints(self) -> list[tuple[str, str]]:
        """Return the runs with breakpoints, by DAG and run id; "" for a next run."""
        return [key for key in self._of_runs if self.breakpoints(*key)]

    def of_task(self, dag_id: str, run_id: str, task: str) -> PauseRecord | None:
        """Return what keeps a task instance from starting: its hold, or the breakpoint before it.

        *task* is its key. The hold or breakpoint of a whole task is that of each of its instances.
        """
        names = (task, split_instance(task)[0]) if task.endswith("]") else (task,)
        for name in names:
            found = self.get((PauseKind.TASK, dag_id, run_id, name))
            if found is None:
                found = self.get((PauseKind.BEFORE, dag_id, run_id, name))
            if found is not None:
                return found
        return None
