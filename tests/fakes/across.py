"""What `fakes.engine.FakeEngine` answers about all DAGs at once, worked out from its world in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.world import _BAD as _EXIT_1
from fakes.world import World
from penstock.model.barriers import BarrierKind
from penstock.model.digest import of_person, tell, without_pauses
from penstock.model.error_line import error_line
from penstock.model.failures import person_of
from penstock.model.fingerprint import fingerprint as fingerprint_of
from penstock.model.queries import RunQuery, RunTerms, Term
from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.model.views.digest import Digest
from penstock.model.views.failures import FailedTask, FailureGroup, FailuresPage
from penstock.model.views.now import LiveAttempt, NowPage, WaitingItem
from penstock.model.views.runs import RunRow, RunsPage, TaskRow

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_BAD = (_EXIT_1,)
_WAITS = {TaskState.SCHEDULED, TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE}
_URGENCY = {"failed": 0, "running": 1, "queued": 2, "cancelled": 3, "success": 5}


class AcrossDags:
    """The questions over all DAGs; `FakeEngine` has the rest."""

    world: World
    now: datetime

    def _ask(self, name: str) -> None:
        raise NotImplementedError

    def find_runs(self, query: RunQuery) -> RunsPage:
        """Answer `Engine.find_runs`."""
        self._ask("find_runs")
        found = [
            detail.run
            for detail in self.world.runs.values()
            if self._fits(query, detail.run) or any(self._fits(each, detail.run) for each in query.others)
        ]
        found.sort(key=lambda run: (run.run_after, run.run_id), reverse=True)
        found.sort(key=lambda run: self._place(query.sort, run))
        if query.reverse:
            found.reverse()
        page = found[query.offset : query.offset + query.limit]
        zones = {run.dag_id: self.world.dags[run.dag_id].dag.timezone for run in page}
        return RunsPage(runs=tuple(page), total=len(found), offset=query.offset, zones=zones)

    def _fits(self, query: RunQuery | RunTerms, run: RunRow) -> bool:
        return (
            all(self._holds(term, run) for term in query.terms)
            and (query.since is None or run.run_after >= query.since)
            and (query.until is None or run.run_after <= query.until)
        )

    def failures(
        self,
        *,
        since: datetime | None = None,
        everything: bool = False,
        fingerprint: str | None = None,
        person: str = "",
        limit: int = 200,
        tasks: int = 100,
        seen: int | None = None,
    ) -> FailuresPage:
        """Answer `Engine.failures`; a failure's number is its place among all, the oldest first."""
        self._ask("failures")
        looked = self.world.looks.get(person)
        if seen is not None:
            older = self._failed(None)[::-1][:seen]
            looked = older[-1].at if older else EARLIEST
        found = self._groups(looked, since, tasks, everything=everything)
        return FailuresPage(
            failures=tuple(
                group for group in found if fingerprint is None or group.fingerprint.startswith(fingerprint)
            )[:limit],
            newest=len(self._failed(None)),
            open=self.open_failures(),
            looked=looked,
        )

    def _groups(
        self, looked: datetime | None, since: datetime | None, tasks: int, *, everything: bool
    ) -> list[FailureGroup]:
        groups: dict[str, list[FailedTask]] = {}
        for failed in self._failed(looked):
            name = fingerprint_of(failed.line)
            if (everything or failed.open) and (since is None or failed.at >= since):
                groups.setdefault(name, []).append(failed)
        return [self._group(name, each, tasks) for name, each in groups.items()]

    def digest(
        self, *, person: str = "", since: datetime | None = None, limit: int = 200, tasks: int = 0
    ) -> Digest:
        """Answer `Engine.digest`: failures, and what the events tell."""
        self._ask("digest")
        world = self.world
        looked, seq = world.away.get(person_of(person), (None, 0))
        begin = since or looked or self.now - timedelta(days=1)
        news = [
            event for event in world.events if (event.at >= begin if since or not looked else event.seq > seq)
        ]
        told = tell(news)
        acts = without_pauses(told.acts)
        failed = self._groups(begin, begin, tasks, everything=True)
        ordered = sorted(self._failed(None), key=lambda each: each.at)
        parts: dict[str, list[Any]] = {
            "failed": failed,
            "acts": acts[::-1],
            "pauses": told.pauses[::-1],
            "files": told.files[::-1],
            "engine": told.engine[::-1],
            **{name: list(rows) for name, rows in world.away_parts.items()},
        }
        return Digest(
            since=begin,
            until=self.now,
            looked=looked,
            counts={name: len(rows) for name, rows in parts.items()},
            own=of_person(person, acts, told.pauses),
            seen_failures=sum(each.at < begin for each in ordered),
            upto=max((event.seq for event in world.events), default=0),
            newest_failure=len(ordered),
            **{name: tuple(rows[:limit]) for name, rows in parts.items()},
        )

    def open_failures(self) -> int:
        """Return how many failures are not dealt with."""
        return sum(failed.open for failed in self._failed(None))

    def _failed(self, looked: datetime | None) -> list[FailedTask]:
        found = [
            self._failed_task(detail.run, task, looked)
            for detail in self.world.runs.values()
            for task in detail.tasks
            if task.attempt_id is not None and self.world.attempts[task.attempt_id].outcome in _BAD
        ]
        return sorted(found, key=lambda failed: (failed.at, failed.task_id), reverse=True)

    def _failed_task(self, run: RunRow, task: TaskRow, looked: datetime | None) -> FailedTask:
        assert task.attempt_id is not None
        attempt = self.world.attempts[task.attempt_id]
        assert attempt.end is not None
        line = error_line(attempt.outcome, self.world.logs[task.attempt_id])
        said = {
            kind: self.world.notes.get((fingerprint_of(line), kind)) for kind in ("acknowledged", "snoozed")
        }
        quiet = any(note is not None and attempt.end <= (note.until or note.at) for note in said.values())
        return FailedTask(
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
            try_number=task.try_number,
            at=attempt.end,
            line=line,
            state=task.state,
            open=task.state is TaskState.FAILED and not quiet,
            new=looked is None or attempt.end > looked,
            attempt_id=task.attempt_id,
            run_type=run.run_type,
            run_state=run.state,
            logical_date=run.logical_date,
            run_after=run.run_after,
            dag_version=run.dag_version,
        )

    def _group(self, name: str, failed: list[FailedTask], most: int) -> FailureGroup:
        return FailureGroup(
            fingerprint=name,
            line=failed[0].line,
            count=len(failed),
            first=failed[-1].at,
            last=failed[0].at,
            new=any(each.new for each in failed),
            acknowledged=self.world.notes.get((name, "acknowledged")),
            snoozed=self.world.notes.get((name, "snoozed")),
            open=sum(each.open for each in failed),
            dags=tuple(sorted({each.dag_id for each in failed})),
            tasks=tuple(failed[:most]),
        )

    def live(self, *, waiting: int = 50) -> NowPage:
        """Answer `Engine.live`."""
        self._ask("live")
        rows = [(detail.run, task) for detail in self.world.runs.values() for task in detail.tasks]
        waits = [self._waiting(run, task) for run, task in rows if task.state in _WAITS]
        return NowPage(
            attempts=tuple(self._live(run, task) for run, task in rows if task.state in OCCUPIES_SLOT),
            waiting=tuple(waits[:waiting]),
            waiting_total=len(waits),
        )

    def _live(self, run: RunRow, task: TaskRow) -> LiveAttempt:
        assert task.attempt_id is not None
        attempt, sample = self.world.attempts[task.attempt_id], self.world.samples[task.attempt_id][-1]
        start = attempt.start or self.now
        return LiveAttempt(
            attempt_id=task.attempt_id,
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
            try_number=task.try_number,
            state=task.state,
            pid=attempt.pid,
            cpu=sample.cpu_percent / (1 + len(task.task_id) % 3),
            rss=sample.rss,
            peak_rss=task.peak_rss,
            read_bytes=sample.read_bytes,
            write_bytes=sample.write_bytes,
            processes=sample.processes,
            start=attempt.start,
            seconds=abs((self.now - start).total_seconds()),
            p50=task.p50,
            p95=None if task.p50 is None else 2 * task.p50,
            run_type=run.run_type,
            run_state=run.state,
            logical_date=run.logical_date,
            run_after=run.run_after,
        )

    @staticmethod
    def _waiting(run: RunRow, task: TaskRow) -> WaitingItem:
        return WaitingItem(
            dag_id=run.dag_id,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=task.map_index,
            state=task.state.value,
            since=run.start,
            kind=BarrierKind.POOL,
            text="pool warehouse: 1 of 1 slots in use",
            until=task.next_at,
        )

    def _holds(self, term: Term, run: RunRow) -> bool:
        dag = self.world.dags[run.dag_id].dag
        fields = {
            "dag": [run.dag_id],
            "state": [run.state.value, *(["held"] if run.held else [])],
            "type": [run.run_type.value],
            "owner": [dag.owner or ""],
            "tag": list(dag.tags),
            "text": [run.run_id, run.dag_id, run.reason or ""],
        }[term.field]
        fits = str.__contains__ if term.field == "text" else str.startswith
        return term.inverted is not any(fits(value, word) for word in term.values for value in fields)

    def _place(self, sort: str, run: RunRow) -> tuple[object, ...]:
        took = run.took(self.now)
        return {
            "state": (_URGENCY.get(run.state.value, 4),),
            "started": (run.start is None, -run.start.timestamp() if run.start else 0.0),
            "took": (took is None, -(took or 0.0)),
            "type": (run.run_type.value,),
            "dag": (run.dag_id,),
        }.get(sort, ())
