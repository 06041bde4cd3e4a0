"""The time zone of a DAG's logical dates."""

from __future__ import annotations

from datetime import UTC, tzinfo

from penstock_tui.shell import Shell
from penstock_tui.target import OfNoDag, Target, dag_of
from penstock_tui.view import durations


async def zone_of(shell: Shell, target: Target) -> tzinfo:
    """Return the time zone of the target's DAG; UTC if it is not known."""
    dag = dag_of(target)
    if dag is not None:
        return durations.zone(dag.timezone)
    if isinstance(target, OfNoDag):
        return UTC
    detail = await shell.feed.dag(target.dag_id)
    return durations.zone(detail.dag.timezone) if detail is not None else UTC
