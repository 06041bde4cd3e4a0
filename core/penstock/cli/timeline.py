"""`penstock timeline`: when the tasks of a run were queued, ran and waited, attempt by attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.cli.lookup import run_id_of, suggesting
from penstock.cli.options import dag_argument, json_option, run_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.model.views.attempts import AttemptRow
    from penstock.model.views.runs import TaskRow

_TASKS = 200
"""Tasks whose attempts are asked for at once."""


@click.command
@dag_argument
@run_argument
@click.option(
    "--sort",
    default="start",
    show_default=True,
    type=click.Choice(["start", "duration", "name"]),
    help="What decides the order.",
)
@json_option
@pass_session
def timeline(session: Session, *, dag: str, run: str, sort: str, as_json: bool) -> None:
    """Show when the tasks of a run did what, and which decided its end.

    The critical path leads from the task that ended last back to the parent that ended last, and
    so on.

    Examples:
      penstock timeline first_dag latest
      penstock timeline first_dag latest --sort duration --json | jq '.tasks[] | select(.critical)'
    """
    from datetime import UTC, datetime

    from penstock.ids import instance_key
    from penstock.model.timeline import critical_path, order

    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    with suggesting(engine, dag, run_id):
        detail = engine.run(dag, run_id)
    now = datetime.now(UTC)
    tasks = sorted(detail.tasks, key=order(sort, now))
    ids = list(dict.fromkeys(task.task_id for task in tasks if task.attempts))
    attempts: dict[str, list[AttemptRow]] = {}
    for first in range(0, len(ids), _TASKS):
        for attempt in engine.run_attempts(dag, run_id, ids[first : first + _TASKS]):
            attempts.setdefault(instance_key(attempt.task_id, attempt.map_index), []).append(attempt)
    critical = critical_path(detail.tasks, now)
    if as_json:
        rows = [_document(task, attempts, critical) for task in tasks]
        print_json({"dag_id": dag, "run_id": run_id, "tasks": rows})
        return
    if not tasks:
        say(f"{run} has no tasks")
        return
    begun = detail.run.turn or detail.run.start
    _show(tasks, attempts, critical, begun)


def _document(task: TaskRow, attempts: dict[str, list[AttemptRow]], critical: set[str]) -> dict[str, Any]:
    from penstock.ids import instance_key
    from penstock.model.outcome import describe

    key = instance_key(task.task_id, task.map_index)
    return {
        "task_id": task.task_id,
        "map_index": task.map_index,
        "state": task.state.value,
        "start": task.start,
        "end": task.end,
        "critical": key in critical,
        "attempts": [
            {
                "attempt_id": attempt.attempt_id,
                "try_number": attempt.try_number,
                "queued": attempt.queued,
                "start": attempt.start,
                "end": attempt.end,
                "outcome": None if attempt.outcome is None else describe(attempt.outcome),
            }
            for attempt in attempts.get(key, ())
        ],
    }


def _show(
    tasks: list[TaskRow],
    attempts: dict[str, list[AttemptRow]],
    critical: set[str],
    begun: datetime | None,
) -> None:
    from penstock.cli import text
    from penstock.ids import instance_key

    def after(moment: datetime | None) -> str:
        if moment is None or begun is None:
            return "-"
        return f"+{text.duration(max(0.0, (moment - begun).total_seconds()))}"

    rows = []
    for task in tasks:
        key = instance_key(task.task_id, task.map_index)
        known = attempts.get(key, [])
        rows.append(
            (
                "*" if key in critical else "",
                key,
                task.state.value,
                after(known[0].queued if known else None),
                after(task.start),
                after(task.end),
                text.took(task.start, task.end) if task.end or _live(known) else "-",
                len(known) or "-",
            )
        )
    header = ("", "TASK", "STATE", "QUEUED", "START", "END", "TOOK", "ATTEMPTS")
    tell(text.table(header, rows, right={"QUEUED", "START", "END", "TOOK", "ATTEMPTS"}))
    say("* decided when the run ended" if begun else "the run has not started yet")


def _live(attempts: list[AttemptRow]) -> bool:
    return bool(attempts) and attempts[-1].end is None
