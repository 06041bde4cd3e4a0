"""`penstock events`: all transitions and acts."""

from __future__ import annotations

import click

from penstock.cli.lookup import run_id_of, suggesting
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session


@click.command
@click.argument("dag", metavar="[DAG]", required=False)
@click.argument("run", metavar="[RUN]", required=False)
@click.option("-n", "--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--after", default=0, metavar="SEQ", help="Only events with a higher number.")
@json_option
@pass_session
def events(
    session: Session, *, dag: str | None, run: str | None, limit: int, after: int, as_json: bool
) -> None:
    """Show what happened and who did it, newest first.

    Examples:
      penstock events
      penstock events first_dag latest
      penstock events --after 1200 --json
    """
    engine = session.reader()
    run_id = run_id_of(engine, dag, run) if dag and run else None
    if dag:
        with suggesting(engine, dag, run_id):
            engine.dag(dag)
    rows = engine.events(dag_id=dag, run_id=run_id, limit=limit, after=after)
    if as_json:
        print_json({"events": rows})
        return
    from penstock.cli import text
    from penstock.ids import instance_key

    if not rows:
        say("nothing has happened yet")
        return
    tell(
        text.table(
            ("SEQ", "WHEN", "WHO", "WHAT", "DAG", "RUN", "TASK", "BEFORE", "AFTER", "WHY"),
            [
                (
                    row.seq,
                    text.moment(row.at),
                    row.actor,
                    row.kind,
                    row.dag_id,
                    row.run_id,
                    instance_key(row.task_id, row.map_index) if row.task_id else None,
                    row.before,
                    row.after,
                    row.reason,
                )
                for row in rows
            ],
            right={"SEQ"},
        )
    )
