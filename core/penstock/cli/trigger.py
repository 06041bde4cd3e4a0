"""`penstock trigger`: start a manual run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.acting import commit, preview, show_plan
from penstock.cli.moments import NO_DATE, Conf, Moment, in_zone
from penstock.cli.options import dag_argument, dry_run_option, json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.acts import Trigger
    from penstock.model.views import Done


@click.command
@dag_argument
@click.option(
    "--logical-date",
    type=Moment(none_allowed=True),
    help="The date the run stands for, on the DAG's wall clock. Default: now; none: without one.",
)
@click.option("--conf", type=Conf(), default="{}", help="Parameters as a JSON object.")
@click.option("--run-id", help="Default: manual__ and the logical date.")
@click.option("--wait", is_flag=True, help="Wait for the end; exit code 1 when the run did not succeed.")
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
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Start a manual run of a DAG.

    A paused schedule does not stand in the way.

    Examples:
      penstock trigger first_dag
      penstock trigger first_dag --logical-date 2013-01-05 --wait
      penstock trigger first_dag --conf '{"day": 3}' --json
    """
    from penstock.model.acts import Trigger

    engine = session.reader() if dry_run else session.engine()
    date: datetime | None = logical_date or datetime.now(UTC)
    if date is NO_DATE:
        date = None
    elif date is not None and date.tzinfo is None:
        from penstock.cli.lookup import zone_of

        date = in_zone(date, zone_of(engine, dag))
    act = Trigger(dag_id=dag, logical_date=date, conf=conf, run_id=run_id)
    if dry_run:
        show_plan(preview(session, act), as_json=as_json)
        return 0
    done = commit(session, act, ask=False)
    if wait and done.run_id is not None:
        return _follow(session, act, done.run_id, as_json=as_json)
    if as_json:
        print_json(_document(act, done))
    else:
        tell(done.message)
        say(f"follow it: penstock tasks list {dag} {done.run_id}")
    return 0


def _document(act: Trigger, done: Done) -> dict[str, Any]:
    return {
        "dag_id": act.dag_id,
        "run_id": done.run_id,
        "state": done.state or "queued",
        "message": done.message,
    }


def _follow(session: Session, act: Trigger, run_id: str, *, as_json: bool) -> int:
    from penstock.cli.rows import document
    from penstock.cli.text import state, took
    from penstock.cli.waiting import succeeded, wait_for_run

    say(f"waiting for {run_id}; ctrl-c stops the waiting, not the run")
    detail = wait_for_run(session.engine(), act.dag_id, run_id, say)
    run = detail.run
    if as_json:
        tasks = [document(task) for task in detail.tasks]
        print_json({"dag_id": run.dag_id, "run_id": run_id, "state": run.state, "run": run, "tasks": tasks})
    else:
        tell(f"{run_id} {state(run.state.value)} {took(run.start, run.end)}")
    return 0 if succeeded(run.state) else 1
