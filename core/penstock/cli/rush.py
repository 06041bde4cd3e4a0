"""`penstock run-next` and `run-now`: before other work, or past the limits; `run-in-turn` takes it back."""

from __future__ import annotations

from collections.abc import Callable

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of
from penstock.cli.options import (
    dag_argument,
    dry_run_option,
    json_option,
    optional_task_argument,
    run_argument,
)
from penstock.cli.session import Session, pass_session


def _place(command: Callable[..., int]) -> Callable[..., int]:
    """Give *command* what all three take: where, and how to answer."""
    for option in (pass_session, json_option, dry_run_option, optional_task_argument, run_argument):
        command = option(command)
    return dag_argument(command)


def _perform(
    session: Session, verb: str, dag: str, run: str, task: str | None, *, dry_run: bool, as_json: bool
) -> int:
    from penstock.model import acts

    run_id = run_id_of(session.planner(dry_run=dry_run), dag, run)
    act = getattr(acts, verb)(dag_id=dag, run_id=run_id, task_id=task)
    return perform(session, act, dry_run=dry_run, as_json=as_json)


@click.command("run-next")
@_place
def run_next(session: Session, *, dag: str, run: str, task: str | None, dry_run: bool, as_json: bool) -> int:
    """Let a task or a queued run go before all others.

    It takes the next free slot, whatever the priority of the others. No limit is ignored.
    `penstock run-in-turn` takes it back.

    Examples:
      penstock run-next first_dag latest load
      penstock run-next first_dag 2013-01-05
    """
    return _perform(session, "RunNext", dag, run, task, dry_run=dry_run, as_json=as_json)


@click.command("run-now")
@_place
def run_now(session: Session, *, dag: str, run: str, task: str | None, dry_run: bool, as_json: bool) -> int:
    """Launch a task or start a queued run now, ignoring limits.

    A task ignores the pool, parallelism, every max_active limit, and the wait for its retry or next check.
    A run ignores max_active_runs and its planned start. Dependencies, pauses and a full disk still hold
    them. `penstock run-in-turn` takes it back as long as it waits.

    Examples:
      penstock run-now first_dag latest load
      penstock run-now first_dag 2013-01-05 --dry-run
    """
    return _perform(session, "RunNow", dag, run, task, dry_run=dry_run, as_json=as_json)


@click.command("run-in-turn")
@_place
def run_in_turn(
    session: Session, *, dag: str, run: str, task: str | None, dry_run: bool, as_json: bool
) -> int:
    """Take back run-next or run-now of a task or run that still waits.

    It then waits in its turn again.

    Examples:
      penstock run-in-turn first_dag latest load
      penstock run-in-turn first_dag 2013-01-05
    """
    return _perform(session, "RunInTurn", dag, run, task, dry_run=dry_run, as_json=as_json)
