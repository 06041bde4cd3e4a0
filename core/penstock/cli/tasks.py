"""`penstock tasks list`: the task instances of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.lookup import run_id_of, suggesting
from penstock.cli.options import dag_argument, json_option, run_argument
from penstock.cli.output import print_json, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.model.views.runs import TaskRow


@click.group
def tasks() -> None:
    """List the task instances of a run.

    Examples:
      penstock tasks list first_dag latest
    """


@tasks.command("list")
@dag_argument
@run_argument
@json_option
@pass_session
def list_tasks(session: Session, *, dag: str, run: str, as_json: bool) -> None:
    """List the task instances of a run, in the order in which they run.

    RUN is a run id, `latest`, or the logical date of one run.

    Examples:
      penstock tasks list first_dag latest
      penstock tasks list first_dag 2013-01-05 --json | jq '.tasks[] | select(.state == "failed")'
    """
    from datetime import UTC, datetime

    from penstock.cli.rows import document
    from penstock.ids import instance_key
    from penstock.model.states import OCCUPIES_SLOT

    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    with suggesting(engine, dag, run_id):
        rows = engine.run(dag, run_id).tasks
    now = datetime.now(UTC)
    if as_json:
        print_json({"tasks": [{**document(row), "slow": row.slow(now)} for row in rows]})
        return
    from penstock.cli import text

    tell(
        text.table(
            ("TASK", "STATE", "TRY", "OUTCOME", "START", "TOOK", "PEAK RSS", "CPU"),
            [
                (
                    f"{instance_key(row.task_id, row.map_index)} {row.rendered_map_index or ''}".rstrip(),
                    row.state.value,
                    f"{row.try_number}/{row.max_tries}",
                    _said(row, now),
                    text.moment(row.start),
                    text.took(row.begun, row.ended)
                    if row.end or row.first_look or row.state in OCCUPIES_SLOT
                    else None,
                    text.size(row.peak_rss),
                    text.duration(row.cpu_seconds),
                )
                for row in rows
            ],
            right={"TOOK", "PEAK RSS", "CPU"},
        )
    )


def _said(row: TaskRow, now: datetime) -> str:
    """Return how a task ended, or why it did not, and that it was slow."""
    from penstock.cli.rows import outcome_words

    slow = "slower than 95 % of its runs" if row.slow(now) else ""
    rush = f"runs {row.rush}" if row.rush else ""
    return "; ".join(said for said in (rush, row.reason or outcome_words(row), slow) if said)
