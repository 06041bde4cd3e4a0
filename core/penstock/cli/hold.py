"""`penstock hold` and `release`: for one run, or one of its tasks."""

from __future__ import annotations

from datetime import datetime

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import run_id_of, zone_of
from penstock.cli.moments import Until, in_zone
from penstock.cli.options import dag_argument, json_option, optional_task_argument, run_argument
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@optional_task_argument
@click.option("--why", "reason", help="A reason, shown wherever the hold is shown.")
@click.option("--until", type=Until(), help="When it ends by itself: 2h, 1d12h, or a date and time.")
@json_option
@pass_session
def hold(
    session: Session,
    *,
    dag: str,
    run: str,
    task: str | None,
    reason: str | None,
    until: datetime | None,
    as_json: bool,
) -> int:
    """Hold a run or a task: it launches nothing.

    Running attempts finish.

    Examples:
      penstock hold first_dag latest
      penstock hold first_dag 2013-01-05 load --why "disk is full"
    """
    from penstock.model.acts import Hold

    engine = session.engine()
    run_id = run_id_of(engine, dag, run)
    if until is not None and until.tzinfo is None:
        until = in_zone(until, zone_of(engine, dag))
    act = Hold(dag_id=dag, run_id=run_id, task_id=task, why=reason, until=until)
    return perform(session, act, as_json=as_json)


@click.command
@dag_argument
@run_argument
@optional_task_argument
@json_option
@pass_session
def release(session: Session, *, dag: str, run: str, task: str | None, as_json: bool) -> int:
    """Lift the hold of a run, or of one task.

    Examples:
      penstock release first_dag latest
      penstock release first_dag 2013-01-05 load
    """
    from penstock.model.acts import Release

    run_id = run_id_of(session.engine(), dag, run)
    return perform(session, Release(dag_id=dag, run_id=run_id, task_id=task), as_json=as_json)
