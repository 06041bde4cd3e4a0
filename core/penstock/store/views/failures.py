"""Reading failures: SQLite groups and counts them, and says which are dealt with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.model.failures import FailureNote, person_of
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.subject import about_row
from penstock.model.views.failures import FailedTask, FailureGroup, FailuresPage, Handled
from penstock.store.query import literally
from penstock.store.sieve import Sieve
from penstock.store.sql.views import failures as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.runs import aware_us
from penstock.store.views.versions import version_name


def count_open(connection: Connection, now_us: int) -> int:
    """Return how many failures are not dealt with."""
    return sum(connection.scalar(count, {"now_us": now_us}) or 0 for count in sql.OPEN_COUNTS)


def read_failures(
    connection: Connection,
    now_us: int,
    *,
    since: datetime | None,
    everything: bool,
    fingerprint: str | None,
    person: str,
    limit: int,
    tasks: int,
    seen: int | None = None,
    above: int | None = None,
) -> FailuresPage:
    """Return groups of failures, that with the newest one first, with up to *tasks* of each.

    *above* leaves out those up to a number.
    """
    wanted: list[str] = []
    values: dict[str, Any] = {"now_us": now_us}
    if above is not None:
        wanted.append(sql.ABOVE)
        values["above"] = above
    if since is not None:
        wanted.append(sql.SINCE)
        values["since"] = aware_us(since)
    if fingerprint is not None:
        wanted.append(sql.BEGINNING_WITH)
        values["pattern"] = f"{literally(fingerprint)}%"
    groups = sql.GROUPS if everything else sql.OPEN_GROUPS
    rows = connection.execute(groups.where(*wanted), {**values, "limit": limit}).all()
    look = connection.execute(sql.LOOK, {"person": person_of(person)}).first()
    if seen is None:
        seen = look.upto if look is not None else 0
    names = [row.fingerprint for row in rows]
    said = _said(connection, names)
    inside = _inside(connection, names, wanted, values, seen, tasks, everything=everything) if tasks else {}
    return FailuresPage(
        failures=tuple(
            Sieve().rows(
                rows,
                lambda row: about_row("failure", row.newest),
                lambda row: FailureGroup(
                    fingerprint=row.fingerprint,
                    line=row.line,
                    count=row.count,
                    first=from_us(row.first_us),
                    last=from_us(row.last_us),
                    new=row.newest > seen,
                    acknowledged=said.get((row.fingerprint, FailureNote.ACKNOWLEDGED)),
                    snoozed=said.get((row.fingerprint, FailureNote.SNOOZED)),
                    open=row.open,
                    dags=tuple(sorted(row.dags.split(","))),
                    tasks=tuple(inside.get(row.fingerprint, ())),
                ),
            )
        ),
        newest=connection.scalar(sql.NEWEST) or 0,
        open=count_open(connection, now_us),
        looked=opt_from_us(look.at_us) if look is not None else None,
    )


def _said(connection: Connection, fingerprints: list[str]) -> dict[tuple[str, str], Handled]:
    if not fingerprints:
        return {}
    rows = connection.execute(sql.NOTES, {"groups": fingerprints}).all()
    return dict(Sieve().rows(rows, lambda row: about_row("failure_note", row.fingerprint), _handled))


def _handled(row: Any) -> tuple[tuple[str, str], Handled]:
    said = Handled(by=row.by, at=from_us(row.at_us), why=row.why, until=opt_from_us(row.until_us))
    return (row.fingerprint, row.kind), said


def _inside(
    connection: Connection,
    fingerprints: list[str],
    wanted: list[str],
    values: Mapping[str, Any],
    seen: int,
    most: int,
    *,
    everything: bool,
) -> dict[str, list[FailedTask]]:
    """Return the newest failures of each group."""
    found: dict[str, list[FailedTask]] = defaultdict(list)
    query = (sql.INSIDE if everything else sql.OPEN_INSIDE).where(*wanted, sql.OF_GROUP)
    for name in fingerprints:
        rows = connection.execute(query, {**values, "fingerprint": name, "limit": most}).all()
        found[name] = Sieve().rows(
            rows, lambda row: about_row("failure", row.id), lambda row: _failed_task(row, seen)
        )
    return found


def _failed_task(row: Any, seen: int) -> FailedTask:
    known = row.spec_hash is not None
    return FailedTask(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        try_number=row.try_number,
        at=from_us(row.at_us),
        line=row.line,
        state=TaskState(row.state),
        open=bool(row.open),
        new=row.id > seen,
        attempt_id=row.attempt_id,
        run_type=RunType(row.run_type),
        run_state=RunState(row.run_state),
        logical_date=opt_from_us(row.logical_us),
        run_after=from_us(row.run_after_us),
        dag_version=version_name(row.spec_hash, row.source_hash) if known else "",
    )
