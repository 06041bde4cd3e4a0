"""`penstock backfill`: run a range of schedule points."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.acting import commit, perform, preview, show_done, show_plan
from penstock.cli.lookup import zone_of
from penstock.cli.moments import Conf, Moment, in_zone
from penstock.cli.options import dag_argument, dry_run_option, json_option, yes_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.model.backfills import BackfillState, Reprocess

if TYPE_CHECKING:
    from penstock.model.views.backfills import BackfillRow

backfill_argument = click.argument("backfill_id", metavar="ID", type=int)


@click.group
def backfill() -> None:
    """Run a range of schedule points, and control that while it runs.

    Examples:
      penstock backfill create first_dag --from 2013-01-01 --to 2013-01-31 --dry-run
      penstock backfill list
      penstock backfill pause 1
    """


@backfill.command
@dag_argument
@click.option(
    "--from", "first", type=Moment(), required=True, help="The first point, in the DAG's time zone."
)
@click.option("--to", "last", type=Moment(), required=True, help="The last point, included.")
@click.option(
    "--reprocess",
    type=click.Choice([each.value for each in Reprocess]),
    default="none",
    show_default=True,
    help="Which existing runs to run again: none, the failed ones, or all that ended.",
)
@click.option("--max-active-runs", type=click.IntRange(1), default=10, show_default=True)
@click.option("--backwards", is_flag=True, help="Run the newest point first.")
@click.option("--canary", is_flag=True, help="Run the first point alone; the others follow if it succeeds.")
@click.option(
    "--stop-after", type=click.IntRange(1), metavar="K", help="Start nothing more after K failed runs."
)
@click.option("--conf", type=Conf(), default="{}", help="Parameters of every run, as a JSON object.")
@click.option("--wait", is_flag=True, help="Wait for the end; exit code 1 unless it succeeds.")
@dry_run_option
@yes_option
@json_option
@pass_session
def create(
    session: Session,
    *,
    dag: str,
    first: datetime,
    last: datetime,
    reprocess: str,
    max_active_runs: int,
    backwards: bool,
    canary: bool,
    stop_after: int | None,
    conf: dict[str, Any],
    wait: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Run the schedule points of a DAG between two dates, both included.

    A date without a time is midnight in the DAG's time zone. So for a DAG that runs later in the day, give
    the last point with its time: --to 2013-01-31T06:00. Runs that are active are never replaced.

    Examples:
      penstock backfill create first_dag --from 2013-01-01 --to 2013-01-31 --dry-run
      penstock backfill create first_dag --from 2013-01-01 --to 2013-01-31 --reprocess failed --wait
      penstock backfill create first_dag --from 2013-01-01 --to 2013-12-31 --canary --stop-after 3
    """
    from penstock.model.acts import CreateBackfill

    engine = session.planner(dry_run=dry_run)
    zone = zone_of(engine, dag)
    act = CreateBackfill(
        dag_id=dag,
        from_date=in_zone(first, zone),
        to_date=in_zone(last, zone),
        reprocess=Reprocess(reprocess),
        max_active_runs=max_active_runs,
        backwards=backwards,
        canary=canary,
        stop_after=stop_after,
        conf=conf,
    )
    if dry_run:
        show_plan(preview(session, act), as_json=as_json, zone=zone)
        return 0
    done = commit(session, act, ask=not (yes or as_json))
    if done.backfill_id is None or not wait:
        show_done(done, as_json=as_json)
        return 0
    return _follow(session, done.backfill_id, as_json=as_json)


def _follow(session: Session, backfill_id: int, *, as_json: bool) -> int:
    from penstock.cli.waiting import wait_for_backfill

    say(f"waiting for backfill {backfill_id}; ctrl-c stops the waiting, not the backfill")
    row = wait_for_backfill(session.engine(), backfill_id, say)
    if as_json:
        print_json(row)
    else:
        tell(_row_text(row))
    return 0 if row.state is BackfillState.SUCCESS else 1


@backfill.command("list")
@click.argument("dag", metavar="[DAG]", required=False)
@json_option
@pass_session
def list_backfills(session: Session, *, dag: str | None, as_json: bool) -> None:
    """List backfills, newest first.

    Examples:
      penstock backfill list
      penstock backfill list first_dag --json
    """
    rows = session.reader().backfills(dag)
    if as_json:
        print_json({"backfills": rows})
        return
    from penstock.cli import text

    if not rows:
        say("no backfills yet")
        return
    tell(
        text.table(
            ("ID", "DAG", "FROM", "TO", "STATE", "AT ONCE", "POINTS", "NOTE"),
            [
                (
                    row.backfill_id,
                    row.dag_id,
                    text.moment(row.from_date),
                    text.moment(row.to_date),
                    "quarantined" if row.quarantined else row.state,
                    row.max_active_runs,
                    _counts(row),
                    f"in quarantine: {row.quarantined}" if row.quarantined else "",
                )
                for row in rows
            ],
            right={"ID", "AT ONCE"},
        )
    )


def _counts(row: BackfillRow) -> str:
    return ", ".join(f"{number} {name}" for name, number in row.counts.items() if number)


def _row_text(row: BackfillRow) -> str:
    from penstock.cli import text

    said = f"backfill {row.backfill_id} of {row.dag_id} {text.state(row.state)}: {_counts(row)}"
    return said if row.quarantined is None else f"{said}\n  in quarantine: {row.quarantined}"


@backfill.command
@backfill_argument
@json_option
@pass_session
def show(session: Session, *, backfill_id: int, as_json: bool) -> None:
    """Show one backfill: each of its points, its state and the reason.

    Examples:
      penstock backfill show 1
    """
    engine = session.reader()
    row = engine.backfill(backfill_id)
    if as_json:
        print_json(row)
        return
    from penstock.cli import text

    zone = zone_of(engine, row.dag_id)
    rows = [
        (text.moment(point.logical_date, zone), point.state, point.run_id, point.reason or "")
        for point in row.points
    ]
    heads = (f"LOGICAL DATE ({zone})", "STATE", "RUN", "WHY")
    tell(f"{_row_text(row)}{_rules(row)}\n\n{text.table(heads, rows)}")


def _rules(row: BackfillRow) -> str:
    words = [f"{row.max_active_runs} at once"]
    words += ["newest first"] if row.backwards else []
    words += [f"canary {row.canary}"] if row.canary else []
    words += [f"stops after {row.stop_after} failed"] if row.stop_after else []
    return f" ({', '.join(words)})"


@backfill.command
@backfill_argument
@json_option
@pass_session
def pause(session: Session, *, backfill_id: int, as_json: bool) -> int:
    """Start no more runs of a backfill; active runs go on.

    Examples:
      penstock backfill pause 1
    """
    from penstock.model.acts import PauseBackfill

    return perform(session, PauseBackfill(backfill_id=backfill_id), as_json=as_json)


@backfill.command
@backfill_argument
@json_option
@pass_session
def resume(session: Session, *, backfill_id: int, as_json: bool) -> int:
    """Resume a paused backfill.

    Examples:
      penstock backfill resume 1
    """
    from penstock.model.acts import ResumeBackfill

    return perform(session, ResumeBackfill(backfill_id=backfill_id), as_json=as_json)


@backfill.command
@backfill_argument
@json_option
@pass_session
def cancel(session: Session, *, backfill_id: int, as_json: bool) -> int:
    """Start no more runs of a backfill, and cancel those not yet started.

    Examples:
      penstock backfill cancel 1
    """
    from penstock.model.acts import CancelBackfill

    return perform(session, CancelBackfill(backfill_id=backfill_id), as_json=as_json)


@backfill.command
@backfill_argument
@click.argument("max_active_runs", metavar="RUNS", type=click.IntRange(1))
@json_option
@pass_session
def resize(session: Session, *, backfill_id: int, max_active_runs: int, as_json: bool) -> int:
    """Change how many runs of a backfill are active at once.

    Examples:
      penstock backfill resize 1 4
    """
    from penstock.model.acts import ResizeBackfill

    return perform(
        session, ResizeBackfill(backfill_id=backfill_id, max_active_runs=max_active_runs), as_json=as_json
    )
