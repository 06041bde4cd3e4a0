"""Doing what is not a screen's own: opening dialogs, the palette, the sheets.

One coroutine for each id of the table of actions; `Console.act` runs them as workers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, tzinfo

from penstock.errors import PenstockError
from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock.model.states import TERMINAL
from penstock_tui import actions, again, at_once
from penstock_tui.clean import label
from penstock_tui.screens.view import View
from penstock_tui.shell import Shell
from penstock_tui.target import Target
from penstock_tui.view import durations
from penstock_tui.view.task_rows import key_of

Operation = Callable[[Shell, Sequence[Target]], Awaitable[None]]


async def operate(shell: Shell, action_id: str, targets: Sequence[Target]) -> None:
    """Do the action *action_id* to *targets* (those it cannot be done to are left out)."""
    action = actions.BY_ID[action_id]
    if not shell.offers(action):
        return
    able = [target for target in targets if action.why_disabled(target) is None]
    reasons = [reason for target in targets if (reason := action.why_disabled(target))]
    if action.acts and not able:
        shell.say(f"{action.label}: {reasons[0] if reasons else 'nothing is chosen'}", "warning")
        return
    if able and reasons:
        left = f"{len(reasons)} of {len(targets)} marked are left out"
        shell.say(f"{action.label}: {left}: {reasons[0]}", "warning")
    await _OPERATIONS[action_id](shell, able or targets)


# -- acts ------------------------------------------------------------------------------------------


async def _retry(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.retry import RetryDialog

    chosen = [
        acts.Retry(dag_id=target.dag_id, run_id=target.run_id or "", tasks=_failed_names(target))
        for target in targets
    ]
    newest = {dag_id: await _version(shell, dag_id) for dag_id in {target.dag_id for target in targets}}
    behind = sum(
        target.run is not None and newest[target.dag_id] not in {None, target.run.dag_version}
        for target in targets
    )
    tasks = chosen[0].tasks
    what = f"{len(tasks)} tasks of {targets[0].dag_id}" if len(tasks) > 1 else _what(targets)
    if len(targets) == 1 and not tasks:
        what = f"{targets[0].dag_id} {targets[0].run_id}"
    await shell.push_screen_wait(RetryDialog(f"Retry {what}", chosen, behind))


def _failed_names(target: Target) -> tuple[str, ...]:
    """Return the marked failed or blocked tasks, or what failed under the cursor; none: the whole run."""
    wanted = {"failed", "cancelled", "upstream_failed"} if target.marked else {"failed", "cancelled"}
    return tuple(key_of(task) for task in target.tasks if task.state.value in wanted)


async def _version(shell: Shell, dag_id: str) -> str | None:
    """Return the newest version of the DAG, None when nobody says."""
    detail = await shell.feed.ask(lambda engine: engine.dag(dag_id), key=("dag", dag_id))
    return detail.version if detail is not None else None


async def _clear(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.clear import ClearDialog
    from penstock_tui.dialogs.confirm import Confirm

    if len(targets) == 1:
        target = targets[0]
        await shell.push_screen_wait(
            ClearDialog(target.dag_id, target.run_id or "", target.tasks, await _zone(shell, target))
        )
        return
    chosen: list[AnyAct] = [
        acts.Clear(dag_id=target.dag_id, run_id=target.run_id or "") for target in targets
    ]
    await shell.push_screen_wait(Confirm(f"Clear {_what(targets)}", chosen))


async def _mark_as(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.mark import MarkDialog

    target = targets[0]
    await shell.push_screen_wait(
        MarkDialog(target.dag_id, target.run_id or "", target.tasks, await _zone(shell, target))
    )


async def _cancel(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.confirm import Confirm

    chosen: list[AnyAct] = []
    for target in targets:
        if target.backfill is not None:
            chosen.append(acts.CancelBackfill(backfill_id=target.backfill.backfill_id))
        elif target.tasks and not _all_that_lives(target):
            chosen += [
                acts.Cancel(dag_id=target.dag_id, run_id=target.run_id or "", task_id=key_of(task))
                for task in target.tasks
                if task.state not in TERMINAL
            ]
        else:
            chosen.append(acts.Cancel(dag_id=target.dag_id, run_id=target.run_id or ""))
    await shell.push_screen_wait(Confirm(f"Cancel {_what(targets)}", chosen))


def _all_that_lives(target: Target) -> bool:
    """Return whether the marked tasks are all that is unfinished in the run: then the run is meant."""
    alive = sum(task.state not in TERMINAL for task in target.tasks)
    ended = sum(target.run.counts.get(state, 0) for state in TERMINAL) if target.run else 0
    total = sum(target.run.counts.values()) if target.run else 0
    return len(target.tasks) > 1 and alive >= total - ended > 0


async def _trigger(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.confirm import Ask
    from penstock_tui.dialogs.trigger import TriggerDialog

    dags = list(dict.fromkeys(target.dag_id for target in targets))
    if len(dags) > 1:
        now = shell.clock.now()
        chosen: list[AnyAct] = [acts.Trigger(dag_id=dag_id, logical_date=now) for dag_id in dags]
        await shell.push_screen_wait(Ask(f"Trigger {len(dags)} DAGs", chosen))
        return
    detail = await shell.feed.ask(lambda engine: engine.dag(dags[0]))
    if detail is not None:
        await shell.push_screen_wait(TriggerDialog(detail))


async def _backfill(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.backfill import BackfillDialog

    dag_id = targets[0].dag_id
    detail = await shell.feed.ask(lambda engine: engine.dag(dag_id))
    if detail is None:
        return
    reason = actions.BY_ID["backfill"].why_disabled(Target(dag_id=dag_id, dag=detail.dag))
    if reason is not None:
        shell.say(f"backfill: {reason}", "warning")
        return
    await shell.push_screen_wait(BackfillDialog(detail, targets[0].days))


async def _zone(shell: Shell, target: Target) -> tzinfo:
    """Return the clock by which the DAG's logical dates are read."""
    if target.dag is not None:
        return durations.zone(target.dag.timezone)
    detail = await shell.feed.ask(lambda engine: engine.dag(target.dag_id), key=("dag", target.dag_id))
    return durations.zone(detail.dag.timezone) if detail is not None else UTC


def _what(targets: Sequence[Target]) -> str:
    """Return what is acted on, in words."""
    if len(targets) > 1:
        return f"{len(targets)} runs"
    target = targets[0]
    if target.backfill is not None:
        return f"backfill {target.backfill.backfill_id} of {target.dag_id}"
    if len(target.tasks) > 1:
        return f"{len(target.tasks)} tasks of {target.dag_id}"
    if target.tasks:
        return f"{key_of(target.tasks[0])} of {target.dag_id}"
    return f"{target.dag_id} {target.run_id or ''}".strip()


# -- looking ---------------------------------------------------------------------------------------


async def _why(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.why import pause_lines, untold_lines, why_sheet

    target, cells = targets[0], min(96, shell.size.width - 10)
    run_id = target.run_id
    head = pause_lines(target.dag, cells) if target.dag is not None and run_id is not None else []
    task = target.tasks[0] if target.tasks else None
    answer = await shell.feed.ask(
        lambda engine: engine.why(
            target.dag_id, run_id, task.task_id if task else None, task.map_index if task else -1
        )
    )
    told = await shell.feed.ask(lambda engine: engine.callbacks(target.dag_id, run_id)) if run_id else None
    if answer is not None:
        title = f"{target.dag_id} {answer.subject}"
        tail = untold_lines(told or [], cells)
        sheet = why_sheet(answer, title, shell.now(), shell.looks, cells, head=head, tail=tail)
        shell.push_screen(sheet)


async def _log(shell: Shell, targets: Sequence[Target]) -> None:
    target = targets[0]
    if target.run_id is None:
        return
    if target.tasks:
        task = target.tasks[0]
        shell.open_log(target.dag_id, target.run_id, task.task_id, task.map_index)
    else:
        shell.open_log_of(target.dag_id, target.run_id)


async def _help(shell: Shell, _targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.help import help_sheet

    view = shell.screen
    if isinstance(view, View):
        cells = min(98, shell.size.width - 6)
        shell.push_screen(help_sheet(view.view, shell.keys, shell.looks, cells, read_only=shell.read_only))


async def _history(shell: Shell, _targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.message_history import message_history

    shell.push_screen(message_history(shell.notes.history, min(100, shell.size.width - 6)))


async def _palette(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.dialogs.palette import Entry, Palette

    view = shell.screen
    if not isinstance(view, View):
        return
    entries = []
    for action in actions.actions_of(view.view):
        if action.id == "palette" or not shell.offers(action):
            continue
        reason = view.why_not(action, tuple(targets))
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


async def _calendar(shell: Shell, targets: Sequence[Target]) -> None:
    from penstock_tui.screens.calendar import CalendarScreen

    shell.push_screen(CalendarScreen(targets[0].dag_id))


async def _view_backfills(shell: Shell, _targets: Sequence[Target]) -> None:
    from penstock_tui.screens.backfills import BackfillsScreen

    if not isinstance(shell.screen, BackfillsScreen):
        await shell.push_screen(BackfillsScreen())


async def _view_errors(shell: Shell, _targets: Sequence[Target]) -> None:
    from penstock_tui.screens.errors import ErrorsScreen

    if not isinstance(shell.screen, ErrorsScreen):
        await shell.push_screen(ErrorsScreen())


async def _start_engine(shell: Shell, _targets: Sequence[Target]) -> None:
    import asyncio

    from penstock_tui.dialogs.start import StartDialog

    if shell.start_engine is None or not await shell.push_screen_wait(StartDialog(shell.feed.age())):
        return
    shell.say("starting an engine: penstock up -d")
    try:
        answer = await asyncio.get_running_loop().run_in_executor(None, shell.start_engine)
    except PenstockError as error:
        shell.say(error.message, "error")
    else:
        shell.feed.look_now()
        shell.say(answer or "the engine was started")


_OPERATIONS: dict[str, Operation] = {
    "retry": _retry,
    "clear": _clear,
    "mark_as": _mark_as,
    "undo": again.undo,
    "rerun": again.rerun,
    "rush": again.rush,
    "cancel": _cancel,
    "pause": at_once.pause,
    "pause_menu": at_once.pause_menu,
    "trigger": _trigger,
    "backfill": _backfill,
    "backfill.more": at_once.more,
    "backfill.fewer": at_once.fewer,
    "why": _why,
    "log": _log,
    "help": _help,
    "history": _history,
    "palette": _palette,
    "calendar": _calendar,
    "view.backfills": _view_backfills,
    "view.errors": _view_errors,
    "start_engine": _start_engine,
}
