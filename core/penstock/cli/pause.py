"""`penstock pause` and `unpause`: the schedule of DAGs, or the whole DAGs."""

from __future__ import annotations

from datetime import datetime

import click

from penstock.cli.acting import perform_all
from penstock.cli.lookup import zone_of
from penstock.cli.moments import Until, in_zone
from penstock.cli.options import dags_argument, json_option, some_dags_argument
from penstock.cli.session import Session, pass_session


@click.command
@some_dags_argument
@click.option("--all", "everything", is_flag=True, help="Every DAG that is not paused; see penstock resume.")
@click.option("--freeze", is_flag=True, help="Launch nothing in the DAG; running attempts finish.")
@click.option("--why", "reason", help="A reason, shown wherever the pause is shown.")
@click.option("--until", type=Until(), help="When it ends by itself: 2h, 1d12h, or a date and time.")
@json_option
@pass_session
def pause(
    session: Session,
    *,
    dags: tuple[str, ...],
    everything: bool,
    freeze: bool,
    reason: str | None,
    until: datetime | None,
    as_json: bool,
) -> int:
    """Pause the schedule of DAGs, or freeze them.

    A paused schedule makes no new runs; existing and manual runs go on. With --freeze nothing in the
    DAG launches, in any run. The two are independent. What is already paused stays paused.

    --all is for maintenance: it pauses every DAG that is not paused, with one reason and one end, and
    `penstock resume --all` lifts exactly that.

    Examples:
      penstock pause --all --why "move of the warehouse" --until 4h
      penstock pause first_dag --why "source is down"
      penstock pause first_dag other_dag --freeze --until 2h
    """
    from penstock.model.acts import Freeze, PauseAll, PauseSchedule

    if everything == bool(dags):
        raise click.UsageError("name DAGs, or give --all")
    if everything:
        end = until.astimezone() if until and until.tzinfo is None else until
        return perform_all(session, [PauseAll(freeze=freeze, why=reason, until=end)], as_json=as_json)
    ends = [
        in_zone(until, zone_of(session.engine(), dag)) if until and until.tzinfo is None else until
        for dag in dags
    ]
    verb = Freeze if freeze else PauseSchedule
    todo = [verb(dag_id=dag, why=reason, until=end) for dag, end in zip(dags, ends, strict=True)]
    return perform_all(session, todo, as_json=as_json)


@click.command
@dags_argument
@click.option("--freeze", is_flag=True, help="Lift the freeze instead of the schedule's pause.")
@json_option
@pass_session
def unpause(session: Session, *, dags: tuple[str, ...], freeze: bool, as_json: bool) -> int:
    """Lift the pause of the schedule of DAGs, or their freeze.

    Examples:
      penstock unpause first_dag
      penstock unpause first_dag other_dag --freeze
    """
    from penstock.model.acts import Unfreeze, UnpauseSchedule

    verb = Unfreeze if freeze else UnpauseSchedule
    return perform_all(session, [verb(dag_id=dag) for dag in dags], as_json=as_json)
