"""`penstock trigger`: start a manual run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from penstock.cli.following import start
from penstock.cli.moments import NO_DATE, Conf, Moment, in_zone
from penstock.cli.options import dag_argument, dry_run_option, json_option, wait_option
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@click.option(
    "--logical-date",
    type=Moment(none_allowed=True),
    help="The date of the run, in the DAG's time zone. Default: now; none: without one.",
)
@click.option("--conf", type=Conf(), default="{}", help="Parameters as a JSON object.")
@click.option("--run-id", help="Default: manual__ and the logical date.")
@click.option("--partition", help="The partition that the run is about, of a DAG with partitions.")
@wait_option
@dry_run_option
@json_option
@pass_session
def trigger(
    session: Session,
    *,
    dag: str,
    logical_date: datetime | None,
    conf: dict[str, Any],
    run_id: str | None,
    partition: str | None,
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Start a manual run of a DAG.

    This also works while the schedule is paused.

    Examples:
      penstock trigger first_dag
      penstock trigger first_dag --logical-date 2013-01-05 --wait
      penstock trigger first_dag --conf '{"day": 3}' --json
    """
    from penstock.model.acts import Trigger

    engine = session.planner(dry_run=dry_run)
    date: datetime | None = logical_date or datetime.now(UTC)
    if date is NO_DATE:
        date = None
    elif date is not None and date.tzinfo is None:
        from penstock.cli.lookup import zone_of

        date = in_zone(date, zone_of(engine, dag))
    act = Trigger(dag_id=dag, logical_date=date, conf=conf, run_id=run_id, partition_key=partition)
    return start(session, act, dry_run=dry_run, wait=wait, as_json=as_json)
