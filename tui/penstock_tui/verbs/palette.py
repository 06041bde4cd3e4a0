"""Find any action of the view, or any DAG, by its name."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui import actions
from penstock_tui.clean import label
from penstock_tui.dialogs.palette import Entry, Palette
from penstock_tui.screens.view import View
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def palette(shell: Shell, _targets: Sequence[Target]) -> None:
    """Offer the actions of the view in front and every DAG; do what is chosen."""
    view = shell.screen
    if not isinstance(view, View):
        return
    entries = []
    for action in actions.actions_of(view.view):
        if action.id == "palette" or not shell.offers(action):
            continue
        reason = view.why_not(action)
        names = actions.key_names(action, shell.keys, first=False)
        entries.append(Entry(f"do {action.id}", action.label, names, reason or action.help, off=bool(reason)))
    dags = await shell.feed.ask(lambda engine: engine.dags(strip=1), key="palette")
    for dag in dags or ():
        about = label(dag.description or dag.schedule)
        entries.append(Entry(f"dag {dag.dag_id}", label(dag.dag_id), "runs", about))
    answer = await shell.push_screen_wait(Palette(entries))
    kind, _, name = (answer or "").partition(" ")
    if kind == "do":
        view.action_do(name)
    elif kind == "dag":
        shell.open_runs(name)
