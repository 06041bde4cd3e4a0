"""Changes how many runs of a backfill are active at once."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import acts
from penstock_tui.shell import Shell
from penstock_tui.target import BackfillTarget, Target
from penstock_tui.verbs.at_once import commit_at_once


async def more(shell: Shell, targets: Sequence[Target]) -> None:
    """Let one more run of the backfill go at once."""
    await _resize(shell, targets[0], 1)


async def fewer(shell: Shell, targets: Sequence[Target]) -> None:
    """Let one run fewer of the backfill go at once."""
    await _resize(shell, targets[0], -1)


async def _resize(shell: Shell, target: Target, step: int) -> None:
    if not isinstance(target, BackfillTarget):
        return
    wanted = target.backfill.max_active_runs + step
    if wanted < 1:
        shell.say("one run at once is the least; p pauses it")
        return
    number = target.backfill.backfill_id
    await commit_at_once(shell, [acts.ResizeBackfill(backfill_id=number, max_active_runs=wanted)])
