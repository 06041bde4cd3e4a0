"""`penstock rerun`: a new run that repeats another one, with other parameters if needed."""

from __future__ import annotations

from typing import Any

import click

from penstock.cli.following import start
from penstock.cli.lookup import run_id_of, suggesting
from penstock.cli.moments import Conf
from penstock.cli.options import dag_argument, dry_run_option, json_option, run_argument, wait_option
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@click.option("--conf", type=Conf(), default="{}", help="Parameters to change, as a JSON object.")
@click.option("--run-id", help="Default: manual__ and the current time.")
@wait_option
@dry_run_option
@json_option
@pass_session
def rerun(
    session: Session,
    *,
    dag: str,
    run: str,
    conf: dict[str, Any],
    run_id: str | None,
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Start a new run that repeats another one.

    The new run takes the parameters of the old one, overridden by --conf. It has the same date and records
    which run it repeats. The old run stays as it is.

    Examples:
      penstock rerun first_dag latest
      penstock rerun first_dag 2013-01-05 --conf '{"day": 3}' --wait
    """
    from penstock.model.acts import Rerun

    engine = session.planner(dry_run=dry_run)
    repeated = run_id_of(engine, dag, run)
    with suggesting(engine, dag, repeated):
        old = engine.run(dag, repeated).run.conf
    act = Rerun(dag_id=dag, run_id=repeated, conf={**old, **conf}, new_run_id=run_id)
    more = {"rerun_of": repeated}
    return start(session, act, dry_run=dry_run, wait=wait, as_json=as_json, more=more)
