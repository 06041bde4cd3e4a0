"""Runbooks: end the recording that goes on, or choose one to do, or begin to record."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api.engine import Engine
from penstock.errors import PenstockError
from penstock.model import runbooks as words
from penstock.model.views.runbooks import RunbookRow
from penstock_tui.clean import label
from penstock_tui.dialogs.runbook_steps import StepsDialog
from penstock_tui.dialogs.runbooks import RunbookDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget, run_of

_MOST_EVENTS = 10_000


async def runbooks(shell: Shell, targets: Sequence[Target]) -> None:
    """End my recording if there is one; otherwise ask which runbook, and with what."""
    rows = await shell.feed.ask(lambda engine: engine.runbooks())
    if rows is None:
        return
    person = words.person_of(shell.feed.actor)
    mine = next((row for row in rows if row.recording == person), None)
    try:
        if mine is not None:
            await _stop(shell, mine, person)
            return
        dialog = RunbookDialog(rows, _values(targets))
        await shell.push_screen_wait(dialog)
        if dialog.record is not None:
            await _start(shell, dialog.record, person)
        elif dialog.steps is not None:
            await shell.push_screen_wait(StepsDialog(*dialog.steps))
    except PenstockError as error:
        shell.say(error.message, "error")


async def _start(shell: Shell, name: str, person: str) -> None:
    when = f"{shell.clock.now():%Y-%m-%d %H:%M} UTC"

    def start(engine: Engine) -> RunbookRow:
        newest = next((event.seq for event in engine.events(limit=1)), 0)
        return engine.keep_runbook(name, words.begun(name, person, newest, when))

    await shell.feed.call(start)
    shell.recording = name
    shell.tell_views()
    twin = f"$ penstock runbook record {label(name)} --stop"
    shell.say(f"recording {label(name)}: what you do is kept until @   {twin}")


async def _stop(shell: Shell, row: RunbookRow, person: str) -> None:
    def stop(engine: Engine) -> RunbookRow:
        events = engine.events(after=row.since, limit=_MOST_EVENTS)
        done = [each for each in events if words.person_of(each.actor) == person]
        return engine.keep_runbook(row.name, words.ended(row.text, done[::-1]), replace=True)

    kept = await shell.feed.call(stop)
    shell.recording = None
    shell.tell_views()
    commands = f"{len(kept.steps)} command{'' if len(kept.steps) == 1 else 's'}"
    path = label(shell.short_path(kept.path))
    shell.say(f"{path}: {commands}   $ penstock runbook edit {row.name}")


def _values(targets: Sequence[Target]) -> dict[str, str]:
    """Return what the cursor is on, for parameters of these names."""
    if not targets:
        return {}
    target = targets[0]
    run = run_of(target)
    values: dict[str, str] = {}
    dag_id = getattr(target, "dag_id", None)
    if dag_id:
        values["dag"] = dag_id
    if run is not None:
        values["run"] = run.run_id
        values["date"] = "" if run.logical_date is None else run.logical_date.isoformat()
    if isinstance(target, TaskTarget):
        values["task"] = target.tasks[0].task_id
    return values
