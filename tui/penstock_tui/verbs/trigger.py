"""Trigger: start a manual run."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock_tui.dialogs.confirm import Ask
from penstock_tui.dialogs.trigger import TriggerDialog
from penstock_tui.shell import Shell
from penstock_tui.target import OfNoDag, Target


async def trigger(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the date and the parameters of one DAG, or start one run of each of several DAGs."""
    dags = list(dict.fromkeys(target.dag_id for target in targets if not isinstance(target, OfNoDag)))
    if len(dags) > 1:
        now = shell.clock.now()
        chosen: list[AnyAct] = [acts.Trigger(dag_id=dag_id, logical_date=now) for dag_id in dags]
        await shell.push_screen_wait(Ask(f"Trigger {len(dags)} DAGs", chosen))
        return
    detail = await shell.feed.dag(dags[0])
    if detail is not None:
        await shell.push_screen_wait(TriggerDialog(detail))
