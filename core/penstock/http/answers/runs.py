"""Runs, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.http.answers.dags import DagVersion, version_of
from penstock.http.words import run_word, triggered_by
from penstock.model.states import RunType
from penstock.model.views.found import RunFacts


class DagRun(msgspec.Struct, kw_only=True):
    """One run."""

    dag_run_id: str
    dag_id: str
    logical_date: datetime | None
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    last_scheduling_decision: datetime | None
    run_type: str
    state: str
    triggered_by: str | None
    triggering_user_name: str | None
    conf: dict[str, Any]
    note: str | None
    dag_versions: list[DagVersion]
    bundle_version: str | None
    dag_display_name: str
    partition_key: str | None
    partition_date: datetime | None


class DagRuns(msgspec.Struct, kw_only=True):
    """A page of runs."""

    dag_runs: list[DagRun]
    total_entries: int
    total_entries_limit: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


def run_of(facts: RunFacts) -> DagRun:
    """Return a run as the API shows it."""
    return DagRun(
        dag_run_id=facts.run_id,
        dag_id=facts.dag_id,
        logical_date=facts.logical_date,
        queued_at=facts.queued,
        start_date=facts.start,
        end_date=facts.end,
        duration=facts.seconds,
        data_interval_start=facts.data_interval_start,
        data_interval_end=facts.data_interval_end,
        run_after=facts.run_after,
        last_scheduling_decision=facts.end or facts.start,
        run_type=facts.run_type.value,
        state=run_word(facts.state),
        triggered_by=triggered_by(facts.run_type, facts.by),
        triggering_user_name=facts.by if facts.run_type in (RunType.MANUAL, RunType.BACKFILL) else None,
        conf=facts.conf,
        note=facts.note,
        dag_versions=[] if facts.version is None else [version_of(facts.version)],
        bundle_version=None,
        dag_display_name=facts.dag_id,
        partition_key=facts.partition_key,
        partition_date=None,
    )
