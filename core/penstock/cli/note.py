"""`penstock note`: write down something about a run or a task."""

from __future__ import annotations

import click

from penstock.cli.options import dag_argument, json_option, optional_task_argument, run_argument
from penstock.cli.session import Session, pass_session


@click.command
@dag_argument
@run_argument
@optional_task_argument
@click.option("--text", required=True, help="The note; an empty one takes it away.")
@json_option
@pass_session
def note(session: Session, *, dag: str, run: str, task: str | None, text: str, as_json: bool) -> int:
    """Write a note about a run, or about one of its tasks.

    The newest note is shown; the event trail has the earlier ones, with who wrote them.

    Examples:
      penstock note etl latest --text "source was late, see the ticket"
      penstock note etl latest load --text ""
    """
    from penstock.cli.acting import perform
    from penstock.cli.lookup import run_id_of
    from penstock.model.acts import SetNote

    run_id = run_id_of(session.engine(), dag, run)
    return perform(session, SetNote(dag_id=dag, run_id=run_id, task_id=task, note=text), as_json=as_json)
