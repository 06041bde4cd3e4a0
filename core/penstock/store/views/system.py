"""Reads what the screen of the whole system shows: what was written lately, what was missed, what failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec

from penstock.clock import DAY_US, from_us
from penstock.decoding import decoder
from penstock.model.points import PointState
from penstock.model.subject import about_row
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.system import DiskFacts, MissedPoints, RetentionFacts
from penstock.store.engine.meta import RETENTION
from penstock.store.sieve import Sieve
from penstock.store.sql.engine import meta
from penstock.store.sql.views import system as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.callbacks import callback_view

_WEEK = 7
_REUSED = 60.0
"""Seconds for which the sums over all attempts are reused."""
_FILES = 8 << 10
"""Bytes of an attempt besides its log: its two files take a block each at least."""
_YOUNGEST = 3600.0
"""Seconds that a history has to last at least before a day's rate is worked out from less than a day."""
MOST_CALLBACKS = 100


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
        count, logs = connection.execute(sql.SINCE, {"since": _first_id(now_us - days * DAY_US)}).one()
        spans.append((int(count), int(logs)))
    count, logs, oldest = connection.execute(sql.ALL).one()
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
    count = connection.scalar(sql.FAILED_COUNT, {"since": since_us}) or 0
    if not count:
        return [], 0
    rows = connection.execute(sql.FAILED_CALLBACKS, {"since": since_us, "limit": MOST_CALLBACKS})
    return [callback_view(row) for row in rows], int(count)


def read_missed(connection: Connection, since_us: int) -> list[MissedPoints]:
    """Return the points that were skipped or ran late since a time, by DAG and reason, the newest first.

    A span of skips is counted whole, even if it began earlier.
    """
    rows = connection.execute(sql.MISSED, {"since": since_us}).all()
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
    stored = connection.scalar(meta.VALUE, {"key": RETENTION})
    if stored is None:
        return RetentionFacts(kept=kept)
    try:
        return msgspec.structs.replace(decoder(RetentionFacts).decode(stored), kept=kept)
    except (msgspec.MsgspecError, TypeError) as error:
        problem = f"what was written about the last pass cannot be read: {error}"
        return RetentionFacts(kept=kept, problem=problem)
