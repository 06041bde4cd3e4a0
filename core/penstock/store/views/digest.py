"""Reading what happened since somebody looked. Pure rules over it are in `penstock.model.digest`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from penstock.clock import DAY_US, from_us
from penstock.model.digest import ENGINE_STOP, of_person, tell, without_pauses
from penstock.model.failures import person_of
from penstock.model.subject import about_row
from penstock.model.views.digest import Digest, Recovered, SkippedPoints
from penstock.store.sieve import Sieve
from penstock.store.sql.views import digest as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.durations import Durations
from penstock.store.views.failures import read_failures
from penstock.store.views.late import read_late
from penstock.store.views.runs import aware_us
from penstock.store.views.slow import read_slow
from penstock.store.views.status import event_view

NEVER_LOOKED_US = DAY_US
"""How far back somebody is told who never looked, in microseconds."""

_CAUSES = 200
"""Causes of failures that are counted, however few are wanted."""


def read_digest(
    connection: Connection,
    durations: Durations,
    now_us: int,
    *,
    person: str,
    since: datetime | None,
    limit: int,
    tasks: int,
    has_deadline: Callable[[str], bool],
) -> Digest:
    """Return what happened since *person* looked last, or since *since*; *limit* rows of each part."""
    looks = {row.place: row for row in connection.execute(sql.LOOKS, {"person": person_of(person)})}
    mark = looks.get("digest")
    if since is not None:
        since_us = aware_us(since)
    else:
        since_us = mark.at_us if mark is not None else now_us - NEVER_LOOKED_US
    if since is None and mark is not None:
        after, seen = mark.upto, looks["digest_failures"].upto if "digest_failures" in looks else 0
    else:
        after, seen = _seq_before(connection, since_us), _failure_before(connection, since_us)
    told = _told(connection, after)
    acts = without_pauses(told.acts)
    page = read_failures(
        connection, now_us, since=None, everything=True, fingerprint=None, person=person,
        limit=max(limit, _CAUSES), tasks=tasks, seen=seen, above=seen,
    )  # fmt: skip
    values = {"since": since_us}
    parts: dict[str, list[Any]] = {
        "recovered": _recovered(connection, since_us),
        "late": read_late(connection, since_us, now_us, told.deadlines, has_deadline),
        "slow": read_slow(connection, durations, since_us, now_us),
        "skipped": Sieve().rows(
            connection.execute(sql.SKIPPED, values).all(), lambda row: about_row("ledger", row.id), _skipped
        ),
        "acts": acts[::-1],
        "pauses": told.pauses[::-1],
        "files": told.files[::-1],
        "engine": told.engine[::-1],
    }
    return Digest(
        since=from_us(since_us),
        until=from_us(now_us),
        looked=None if mark is None else from_us(mark.at_us),
        failed=page.failures[:limit],
        counts={"failed": len(page.failures), **{name: len(rows) for name, rows in parts.items()}},
        own=of_person(person, acts, told.pauses),
        seen_failures=seen,
        upto=connection.scalar(sql.LAST_EVENT) or 0,
        newest_failure=page.newest,
        **{name: tuple(rows[:limit]) for name, rows in parts.items()},
    )


def newest_news(connection: Connection) -> int:
    """Return the number of the newest event that people or DAG files caused; 0 without one."""
    return connection.scalar(sql.NEWEST_NEWS) or 0


def _seq_before(connection: Connection, at_us: int) -> int:
    """Return the number of the last event before a time.

    Times grow with the numbers, but for a clock that was set back, so halving finds it without an index.
    """
    low, high = 0, (connection.scalar(sql.LAST_EVENT) or 0) + 1
    while low + 1 < high:
        middle = (low + high) // 2
        row = connection.execute(sql.AT, {"seq": middle}).first()
        if row is not None and row.at_us < at_us:
            low = max(row.seq, middle)
        else:
            high = middle
    return low


def _failure_before(connection: Connection, at_us: int) -> int:
    first = connection.scalar(sql.FIRST_FAILURE, {"since": at_us})
    if first is None:
        return connection.scalar(sql.LAST_FAILURE) or 0
    return int(first) - 1


def _told(connection: Connection, after: int) -> Any:
    rows = connection.execute(sql.NEWS_AFTER, {"after": after}).all()[::-1]
    events = Sieve().rows(rows, lambda row: about_row("event", row.seq), event_view)
    told = tell(events)
    # What came before a start of the engine may be an event that is not told.
    for place, start in enumerate(told.engine):
        before = connection.execute(sql.BEFORE, {"seq": start.seq}).first()
        told.engine[place] = replace(
            start,
            since=None if before is None else from_us(before.at_us),
            stopped=before is not None and before.kind == ENGINE_STOP,
        )
    return told


def _skipped(row: Any) -> SkippedPoints:
    return SkippedPoints(
        dag_id=row.dag_id,
        first=from_us(row.first_us),
        last=from_us(row.last_us),
        count=row.points,
        reason=row.reason,
        at=from_us(row.at_us),
    )


def _recovered(connection: Connection, since_us: int) -> list[Recovered]:
    """Return the tasks whose newest failure was followed by a success that came after *since_us*."""
    rows = connection.execute(sql.RECOVERED, {"since": since_us}).all()
    return Sieve().rows(rows, lambda row: about_row("failure", row.newest), _recovery)


def _recovery(row: Any) -> Recovered:
    return Recovered(
        dag_id=row.dag_id,
        task_id=row.task_id,
        failed_run_id=row.run_id,
        failed=from_us(row.at_us),
        line=row.line,
        run_id=row.green_id,
        at=from_us(row.green_us),
    )
