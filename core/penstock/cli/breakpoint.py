"""`penstock breakpoint`: stop a run before or after a task, look, and go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    optional_dag_argument,
    optional_run_argument,
)
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.views.pauses import BreakpointRow

NEXT = "next"
"""What stands for the next run of a DAG in the place of a run."""

Where = Literal["before", "after"]

_places = click.argument("names", metavar="[RUN] TASK...", nargs=-1, required=True)
_where = click.option("--before", "where", flag_value="before", help="Before the task starts.")
_after = click.option("--after", "where", flag_value="after", help="After it, before what depends on it.")


@click.group("breakpoint")
def breakpoint_group() -> None:
    """Stop a run before or after a task, and go on from there.

    Examples:
      penstock breakpoint set first_dag load --after
      penstock breakpoint list
      penstock breakpoint clear first_dag latest load
    """


@breakpoint_group.command("set")
@dag_argument
@_places
@_where
@_after
@click.option("--why", "reason", help="A reason, shown wherever the breakpoint is shown.")
@dry_run_option
@json_option
@pass_session
def set_breakpoint(
    session: Session,
    *,
    dag: str,
    names: tuple[str, ...],
    where: Where | None,
    reason: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Stop a run, or the next one, once before or after a task.

    Before a task: it does not start. After it, however it ends: what comes directly after it does not
    start, and the run does not end. Everything else goes on. RUN is a run id, `latest`, a logical date, or
    `next`; without it, the next run. TASK may be a group, or task[3] for one of a mapped task.

    Examples:
      penstock breakpoint set first_dag load
      penstock breakpoint set first_dag latest load --after --why "check the totals"
    """
    from penstock.model.acts import SetBreakpoint

    run_id, tasks = _named(session.reader() if dry_run else session.engine(), dag, names)
    act = SetBreakpoint(dag_id=dag, run_id=run_id, tasks=tasks, where=where or "before", why=reason)
    return perform(session, act, dry_run=dry_run, as_json=as_json)


@breakpoint_group.command("clear")
@dag_argument
@click.argument("names", metavar="[RUN] [TASK]...", nargs=-1)
@_where
@_after
@click.option("--all", "everything", is_flag=True, help="All of the run, or without a run of the next run.")
@dry_run_option
@json_option
@pass_session
def clear_breakpoint(
    session: Session,
    *,
    dag: str,
    names: tuple[str, ...],
    where: Where | None,
    everything: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Take a breakpoint away; a run that has stopped there goes on.

    Without --before or --after, both. Without RUN, the breakpoint of the next run, or else of the only run
    that has one at this task.

    Examples:
      penstock breakpoint clear first_dag latest load
      penstock breakpoint clear first_dag latest --all
    """
    from penstock.model.acts import ClearBreakpoint

    if len(names) > 1 if everything else not names:
        raise click.UsageError("name a task, or give --all with at most a run")
    engine = session.reader() if dry_run else session.engine()
    tasks: tuple[str, ...] = ()
    if everything:
        run_id = _run_of(engine, dag, names[0]) if names else None
    elif len(names) == 1:
        run_id, tasks = _only_run(engine.breakpoints(dag), names[0]), names
    else:
        run_id, tasks = _named(engine, dag, names)
    act = ClearBreakpoint(dag_id=dag, run_id=run_id, tasks=tasks, where=where)
    return perform(session, act, dry_run=dry_run, as_json=as_json)


@breakpoint_group.command("list")
@optional_dag_argument
@optional_run_argument
@json_option
@pass_session
def list_breakpoints(session: Session, *, dag: str | None, run: str | None, as_json: bool) -> None:
    """List the breakpoints that are set, and which runs have stopped there.

    Examples:
      penstock breakpoint list
      penstock breakpoint list first_dag latest --json
    """
    engine = session.reader()
    rows = engine.breakpoints(dag, run_id_of(engine, dag, run) if dag and run else None)
    if as_json:
        print_json({"breakpoints": rows})
        return
    from penstock.cli import text

    tell(
        text.table(
            ("DAG", "RUN", "STOPS", "TASK", "STOPPED SINCE", "BY", "WHY"),
            [
                (
                    row.dag_id,
                    row.run_id or NEXT,
                    row.where,
                    row.task_id,
                    "" if row.reached is None else text.moment(row.reached),
                    row.by,
                    row.why or "",
                )
                for row in rows
            ],
        )
    )


def _named(engine: Engine, dag: str, names: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the run (None for the next) and the tasks of ``[RUN] TASK...``."""
    if len(names) == 1:
        return None, names
    return _run_of(engine, dag, names[0]), names[1:]


def _run_of(engine: Engine, dag: str, name: str) -> str | None:
    return None if name == NEXT else run_id_of(engine, dag, name)


def _only_run(rows: list[BreakpointRow], task: str) -> str | None:
    """Return the run whose breakpoint at *task* is meant without naming a run; None for the next run."""
    runs = list(dict.fromkeys(row.run_id for row in rows if row.task_id == task))
    if None in runs or not runs:
        return None
    if len(runs) > 1:
        listed = ", ".join(str(each) for each in runs[:4])
        raise click.UsageError(f"{len(runs)} runs have a breakpoint at {task}: say which of {listed}")
    return runs[0]
