"""Backfill: run past schedule points."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui import conditions
from penstock_tui.dialogs.backfill import BackfillDialog
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, OfNoDag, PointTarget, Target


async def backfill(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the dates and the rules, beginning with the days that are marked in a calendar."""
    target = targets[0]
    if isinstance(target, OfNoDag):
        return
    detail = await shell.feed.dag(target.dag_id)
    if detail is None:
        return
    reason = conditions.needs_schedule(DagTarget(dag_id=target.dag_id, dag=detail.dag))
    if reason is not None:
        shell.say(f"backfill: {reason}", "warning")
        return
    days = target.days if isinstance(target, PointTarget) else None
    await shell.push_screen_wait(BackfillDialog(detail, days))
