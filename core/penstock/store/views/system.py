"""Reads what the screen of the whole system shows: what was written lately, what was missed, what failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import DAY_US, from_us
from penstock.decoding import decoder
from penstock.model.callbacks import CallbackState
from penstock.model.points import PointState
from penstock.model.subject import about_row
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.system import DiskFacts, MissedPoints, RetentionFacts
from penstock.store import tables
from penstock.store.engine.meta import RETENTION
from penstock.store.sieve import Sieve
from penstock.store.statement import table_of
from penstock.store.views.callbacks import callback_view

_run = table_of(tables.RunRow)
_attempt = table_of(tables.AttemptRow)
_callback = table_of(tables.CallbackRow)
_ledger = table_of(tables.LedgerRow)
_meta = table_of(tables.MetaRow)

_WEEK = 7
_REUSED = 60.0
"""Seconds for which the sums over all attempts are reused."""
_FILES = 8 << 10
"""Bytes of an attempt besides its log: its two files take a block each at least."""
_YOUNGEST = 3600.0
"""Seconds that a history has to last at least before a day's rate is worked out from less than a day."""
_NEWEST = 50_000
"""Rows of a table that are looked through, from the newest on: enough for a day, and a limit for the time."""
MOST_CALLBACKS = 100

# Ids of attempts begin with their time, so each span is a range of the primary key.
_SINCE = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_attempt.c.log_bytes), 0)).where(
    _attempt.c.attempt_id >= sa.bindparam("since")
)
_ALL = sa.select(
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(_attempt.c.log_bytes), 0),
    sa.func.min(_attempt.c.attempt_id),
)
_FAILED = (
    _callback.c.state == CallbackState.FAILED,
    _callback.c.id > sa.select(sa.func.max(_callback.c.id)).scalar_subquery() - _NEWEST,
    sa.func.coalesce(_callback.c.end_us, _callback.c.created_us) >= sa.bindparam("since"),
)
_MISSED = (
    sa.select(
        _ledger.c.dag_id, _ledger.c.status, _ledger.c.reason, sa.func.sum(_ledger.c.count),
        sa.func.min(_ledger.c.first_us), sa.func.max(_ledger.c.last_us),
    )
    .where(
        _ledger.c.id > sa.select(sa.func.max(_ledger.c.id)).scalar_subquery() - _NEWEST,
        _ledger.c.status.in_([PointState.SKIPPED, PointState.RAN_LATE]),
        sa.func.coalesce(_ledger.c.at_us, _ledger.c.last_us) >= sa.bindparam("since"),
    )
    .group_by(_ledger.c.dag_id, _ledger.c.status, _ledger.c.reason)
    .order_by(sa.func.max(_ledger.c.last_us).desc(), _ledger.c.dag_id, _ledger.c.status, _ledger.c.reason)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Written:
    """Attempts and bytes of their logs: of the last day, of the last week, of all time."""

    day: tuple[int, int]
    week: tuple[int, int]
    everything: tuple[int, int]
    history: float
    """Seconds since the oldest attempt that is kept."""


class Writing:
    """What attempts wrote lately. The sums read every attempt, so they are kept for a minute."""

    def __init__(self) -> None:
        self._known: tuple[float, _Written] | None = None

    def disk(self, connection: Connection, now_us: int, facts: DiskFacts) -> DiskFacts:
        """Return *facts*, of which the sizes are known, with what was written and how long the disk lasts."""
        if self._known is None or time.monotonic() - self._known[0] > _REUSED:
            self._known = time.monotonic(), _read_written(connection, now_us)
        written = self._known[1]
        used = max(0, facts.database - facts.unused)
        attempts, logs = written.everything
        share = used / attempts if attempts else 0.0
        day, week = (round(count * (share + _FILES)) + log for count, log in (written.day, written.week))
        days = max(written.history, _YOUNGEST) / (DAY_US / 1e6)
        rate = max(day / min(1.0, days), week / min(float(_WEEK), days)) or None
        room = max(0, facts.free - facts.least)
        return msgspec.structs.replace(
            facts,
            logs=logs,
            written_day=day,
            written_week=week,
            rate=rate,
            lasts=None if rate is None else room / rate * DAY_US / 1e6,
        )


def _read_written(connection: Connection, now_us: int) -> _Written:
    spans = []
    for days in (1, _WEEK):
        count, logs = connection.execute(_SINCE, {"since": _first_id(now_us - days * DAY_US)}).one()
        spans.append((int(count), int(logs)))
    count, logs, oldest = connection.execute(_ALL).one()
    return _Written(spans[0], spans[1], (int(count), int(logs)), _age(oldest, now_us))


def _first_id(at_us: int) -> str:
    """Return what every id of an attempt from a time on is not less than; see `penstock.ids`."""
    return f"{max(0, at_us) // 1000:012x}"


def _age(attempt_id: str | None, now_us: int) -> float:
    try:
        return max(0.0, now_us / 1e6 - int(str(attempt_id)[:12], 16) / 1e3)
    except ValueError:
        return 0.0


def read_failed_callbacks(connection: Connection, since_us: int) -> tuple[list[CallbackRow], int]:
    """Return the newest callbacks that failed since a time, and how many there are."""
    count = connection.scalar(sa.select(sa.func.count()).where(*_FAILED), {"since": since_us}) or 0
    if not count:
        return [], 0
    query = (
        sa.select(_callback, _run.c.run_id, _run.c.dag_id)
        .join(_run, _run.c.id == _callback.c.run_pk)
        .where(*_FAILED)
        .order_by(_callback.c.id.desc())
        .limit(MOST_CALLBACKS)
    )
    return [callback_view(row) for row in connection.execute(query, {"since": since_us})], int(count)


def read_missed(connection: Connection, since_us: int) -> list[MissedPoints]:
    """Return the points that were skipped or ran late since a time, by DAG and reason, the newest first.

    A span of skips is counted whole, even if it began earlier.
    """
    rows = connection.execute(_MISSED, {"since": since_us}).all()
    return Sieve().rows(rows, lambda row: about_row("ledger", row.dag_id), _missed)


def _missed(row: Any) -> MissedPoints:
    dag_id, status, reason, count, first_us, last_us = row
    return MissedPoints(
        dag_id=str(dag_id),
        late=status == PointState.RAN_LATE,
        reason=reason,
        count=int(count),
        first=from_us(first_us),
        last=from_us(last_us),
    )


def read_retention(connection: Connection, kept: str) -> RetentionFacts:
    """Return what the engine wrote down about its last pass; *kept* is what is kept, in words."""
    stored = connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == RETENTION))
    if stored is None:
        return RetentionFacts(kept=kept)
    try:
        return msgspec.structs.replace(decoder(RetentionFacts).decode(stored), kept=kept)
    except (msgspec.MsgspecError, TypeError) as error:
        problem = f"what was written about the last pass cannot be read: {error}"
        return RetentionFacts(kept=kept, problem=problem)
