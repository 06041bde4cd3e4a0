"""`penstock runs list`: the runs of a DAG."""

from __future__ import annotations

from itertools import islice

import click

from penstock.cli.lookup import all_runs, suggesting, zone_of
from penstock.cli.options import dag_argument, json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.model.states import RunState

SHOWN = 50


@click.group
def runs() -> None:
    """List the runs of a DAG.

    Examples:
      penstock runs list first_dag
    """


@runs.command("list")
@dag_argument
@click.option(
    "--state", type=click.Choice([state.value for state in RunState]), help="Only runs in this state."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"How many, newest first; 0 for all. Default: {SHOWN}, and all with --json.",
)
@json_option
@pass_session
def list_runs(session: Session, *, dag: str, state: str | None, limit: int | None, as_json: bool) -> None:
    """List the runs of a DAG, newest first.

    Examples:
      penstock runs list first_dag
      penstock runs list first_dag --state failed --json
    """
    engine = session.reader()
    if limit is None:
        limit = 0 if as_json else SHOWN
    with suggesting(engine, dag):
        found = (row for row in all_runs(engine, dag) if state in {None, row.state.value})
        rows = list(islice(found, limit or None))
    if as_json:
        print_json({"runs": rows})
        return
    from penstock.cli import text

    if not rows:
        say(f"{dag} has no runs" + (f" that are {state}" if state else " yet"))
        return
    zone = zone_of(engine, dag)
    tell(
        text.table(
            ("RUN", "TYPE", "STATE", f"LOGICAL DATE ({zone})", "START", "TOOK", ""),
            [
                (
                    row.run_id,
                    row.run_type.value,
                    row.state.value,
                    text.moment(row.logical_date, zone),
                    text.moment(row.start, zone),
                    text.took(row.start, row.end),
                    "held" if row.held else row.reason or ("failed inside" if row.failed_inside else ""),
                )
                for row in rows
            ],
            right={"TOOK"},
        )
    )
    if len(rows) == limit:
        say(f"the newest {limit}; --limit 0 shows all")
