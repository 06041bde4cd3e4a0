"""`penstock resume --all`: end a pause of all DAGs."""

from __future__ import annotations

import click

from penstock.cli.acting import perform
from penstock.cli.options import dry_run_option, json_option
from penstock.cli.session import Session, pass_session


@click.command
@click.option("--all", "everything", is_flag=True, help="Resume what `penstock pause --all` stopped.")
@dry_run_option
@json_option
@pass_session
def resume(session: Session, *, everything: bool, dry_run: bool, as_json: bool) -> int:
    """Resume exactly what `penstock pause --all` stopped.

    DAGs that were paused before stay paused, and so does a DAG that somebody paused again since.
    With --dry-run it says how many runs would start.

    Examples:
      penstock resume --all
      penstock resume --all --dry-run
    """
    from penstock.model.acts import ResumeAll

    if not everything:
        raise click.UsageError("give --all; for single DAGs there is `penstock unpause DAG`")
    return perform(session, ResumeAll(), dry_run=dry_run, yes=True, as_json=as_json)
