"""The questions about tasks, answered from the store and from what attempts left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from penstock.clock import to_us
from penstock.execution.executor import MAX_LOG_PIECE, Archive
from penstock.loading.keep import kept_source
from penstock.model.merged_log import Stretch, joined, merge
from penstock.model.packaged import is_archive, text_of
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.grid import GridCell, GridRuns
from penstock.model.views.merged import LogOwner, RunLog
from penstock.model.views.one_task import SourceText, TaskDetail, TaskHistory
from penstock.model.views.runs import RunDetail
from penstock.model.views.xcoms import XComRow
from penstock.settings import Settings
from penstock.store.views.task_reads import TaskReads
from penstock.store.views.xcoms import Pusher, stored_row, xcom_row
from penstock.values import cover_named

_MOST_SOURCE = 1 << 20
"""Bytes of a DAG file that are shown."""
_LARGEST_FILE = 1 << 20
"""Bytes of what one attempt pushed that are looked into."""
_MOST_STRETCHES = 20_000
"""Stretches that the log of a run is cut into, about: beyond that its times are less exact."""
_SLACK = timedelta(seconds=3)
"""How far before a time an attempt may have ended that printed until then."""
_MOST_XCOMS = 4 << 20
"""Bytes of values in one answer."""


class LocalTasks:
    """The part of `penstock.api.local.LocalEngine` that answers `penstock.api.task_engine.TaskEngine`."""

    def __init__(self, reads: TaskReads, settings: Settings, archive: Archive) -> None:
        self._tasks = reads
        self._settings = settings
        self._archive = archive

    def task(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1, *, attempt_id: str | None = None
    ) -> TaskDetail:
        """Return one task instance, how it is set, and what its newest or another attempt rendered."""
        detail = self._tasks.task(dag_id, run_id, task_id, map_index)
        asked = attempt_id or detail.task.attempt_id
        if asked is None:
            return detail
        return replace(detail, attempt_id=asked, rendered=cover_named(self._archive.rendered(asked)))

    def run_source(self, dag_id: str, run_id: str) -> SourceText:
        """Return the DAG file as it was when the run was pinned to it."""
        version = self._tasks.version(dag_id, run_id)
        path = kept_source(self._settings, version.source_hash)
        found = SourceText(file=version.spec.file, version=version.name)
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_SOURCE + 1)
        except OSError:
            return found
        if is_archive(data):
            return replace(found, text=text_of(data), path=os.fspath(path))
        text = data.decode(errors="replace") if len(data) <= _MOST_SOURCE else None
        return replace(found, text=text, path=os.fspath(path))

    def xcoms(
        self, dag_id: str, run_id: str, task_id: str | None = None, map_index: int | None = None
    ) -> list[XComRow]:
        """Return what the tasks of a run pushed, or one task of it, in topological order."""
        rows: list[XComRow] = []
        total = 0
        for pusher in self._tasks.pushers(dag_id, run_id, task_id, map_index):
            for row in self._pushed(pusher):
                total += row.bytes or 0
                # One task's values are answered whole: no task has more than fits.
                whole = task_id is not None or total <= _MOST_XCOMS
                rows.append(row if whole else replace(row, value=None, left_out=True))
        return rows

    def _pushed(self, pusher: Pusher) -> Iterator[XComRow]:
        if pusher.values:
            for key, text in pusher.values.items():
                yield stored_row(pusher, key, text)
            return
        file = self._archive.pushed_file(pusher.attempt_id)  # too much for the database, or nothing
        if file is None:
            return
        if file.size > _LARGEST_FILE:
            yield replace(xcom_row(pusher, "", None, size=file.size), left_out=True, path=file.path)
            return
        for key, value in sorted(self._archive.pushed(pusher.attempt_id).items()):
            yield xcom_row(pusher, key, value, size=_size_of(value))

    def history(
        self,
        dag_id: str,
        task_id: str,
        *,
        map_index: int | None = None,
        limit: int = 100,
        before: datetime | None = None,
    ) -> TaskHistory:
        """Return how a task went in the DAG's newest runs, newest first."""
        return self._tasks.history(dag_id, task_id, map_index, limit, before)

    def grid(self, dag_id: str, *, limit: int = 50, before: datetime | None = None) -> GridRuns:
        """Return the newest runs of a DAG as columns, newest first."""
        return self._tasks.grid(dag_id, limit, before)

    def grid_cells(self, dag_id: str, runs: list[str], rows: list[str]) -> dict[str, list[GridCell | None]]:
        """Return the cells of *rows* of the grid in *runs*, by row."""
        return self._tasks.grid_cells(dag_id, runs, rows)

    def run_part(self, dag_id: str, run_id: str, rows: list[str]) -> RunDetail:
        """Return one run with only the task instances that *rows* of the grid stand for."""
        return self._tasks.run_part(dag_id, run_id, rows)

    def run_attempts(self, dag_id: str, run_id: str, tasks: list[str]) -> list[AttemptRow]:
        """Return every attempt of *tasks* of a run, oldest first."""
        rows = self._tasks.run_attempts(dag_id, run_id, tasks)
        return [replace(row, log_path=self._archive.log_file(row.attempt_id)) for row in rows]

    def run_log(self, dag_id: str, run_id: str, *, since: datetime | None = None) -> RunLog:
        """Return which attempts of a run printed what when, in the order of time."""
        now = datetime.now(UTC)
        after = 0 if since is None else to_us(since - _SLACK)
        live, printed = self._tasks.printed(dag_id, run_id, after)
        owners: list[LogOwner] = []
        times: list[list[tuple[int, int]]] = []
        most = max(8, _MOST_STRETCHES // max(1, len(printed)))
        for row in printed:
            grows = row.end_us is None
            extent = self._archive.log_extent(row.attempt_id, grows=grows, most=most, since=after)
            if not extent.size and not grows:
                continue
            owners.append(LogOwner(
                attempt_id=row.attempt_id, task_id=row.task_id, map_index=row.map_index,
                try_number=row.try_number, size=extent.size, live=grows, torn=extent.torn,
            ))  # fmt: skip
            times.append(_from_the_start(extent.times, row.start_us or row.queued_us, since=after))
        stretches = merge(times, [owner.size for owner in owners])
        return RunLog(
            owners=tuple(owners),
            stretches=tuple(self._by_lines(stretches, owners)),
            live=live or any(owner.live for owner in owners),
            at=now,
        )

    def log_pieces(self, pieces: list[tuple[str, int, int]]) -> list[bytes]:
        """Return parts of the logs of attempts, a MiB together at most."""
        left, found = MAX_LOG_PIECE, []
        for attempt_id, offset, limit in pieces:
            data = self._archive.read_log(attempt_id, max(0, offset), max(0, min(limit, left))).data
            left -= len(data)
            found.append(data)
        return found

    def _by_lines(self, stretches: list[Stretch], owners: list[LogOwner]) -> list[Stretch]:
        """Return *stretches* that begin and end with a line: a line belongs to where it begins."""
        cuts: dict[int, set[int]] = {}
        for owner, _, first, last in stretches:
            for cut in (first, last):
                if 0 < cut < owners[owner].size:
                    cuts.setdefault(owner, set()).add(cut)
        moved = {
            (owner, cut): min(begin, owners[owner].size)
            for owner, found in ((owner, sorted(found)) for owner, found in cuts.items())
            for cut, begin in zip(
                found, self._archive.line_starts(owners[owner].attempt_id, found), strict=True
            )
        }
        return joined(
            (owner, at, moved.get((owner, first), first), moved.get((owner, last), last))
            for owner, at, first, last in stretches
        )


def _from_the_start(times: list[tuple[int, int]], began: int, *, since: int) -> list[tuple[int, int]]:
    """Return the times of a log from its first byte on, unless earlier ones were left out."""
    if not times:
        return [(0, began)]
    return times if since else [(0, times[0][1]), *times[1:]]


def _size_of(value: object) -> int:
    import msgspec

    return len(msgspec.json.encode(value))
