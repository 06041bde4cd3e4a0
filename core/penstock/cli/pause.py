"""`penstock pause` and `unpause`: the schedule of a DAG, or the whole DAG."""

from __future__ import annotations

from datetime import datetime

import click

from penstock.cli.acting import perform
from penstock.cli.lookup import zone_of
from penstock.cli.moments import Until, in_zone
from penstock.cli.options import dag_argument, json_option
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@click.option("--freeze", is_flag=True, help="Launch nothing of the DAG at all; running attempts finish.")
@click.option("--why", "reason", help="A reason, shown to everyone who wonders.")
@click.option("--until", type=Until(), help="When it lifts itself: 2h, 1d12h, or a date and time.")
@json_option
@pass_session
def pause(
    session: Session, *, dag: str, freeze: bool, reason: str | None, until: datetime | None, as_json: bool
) -> int:
    """Pause a DAG's schedule, or freeze the DAG.

    A paused schedule makes no new runs; existing and manual runs work on. With --freeze nothing of
    the DAG launches, whatever the run. The two are independent.

    Examples:
      penstock pause first_dag --why "source is down"
      penstock pause first_dag --freeze --until 2h
    """
    from penstock.model.acts import Freeze, PauseSchedule

    if until is not None and until.tzinfo is None:
        until = in_zone(until, zone_of(session.engine(), dag))
    act = (Freeze if freeze else PauseSchedule)(dag_id=dag, why=reason, until=until)
    return perform(session, act, as_json=as_json)


@click.command
@dag_argument
@click.option("--freeze", is_flag=True, help="Lift the freeze instead of the schedule's pause.")
@json_option
@pass_session
def unpause(session: Session, *, dag: str, freeze: bool, as_json: bool) -> int:
    """Lift the pause of a DAG's schedule, or its freeze.

    Examples:
      penstock unpause first_dag
      penstock unpause first_dag --freeze
    """
    from penstock.model.acts import Unfreeze, UnpauseSchedule

    return perform(session, (Unfreeze if freeze else UnpauseSchedule)(dag_id=dag), as_json=as_json)
