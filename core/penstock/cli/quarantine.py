"""`penstock quarantine`: what the engine put aside because it could not work with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.acts import QuarantineDrop, QuarantineRetry
    from penstock.model.views.plans import Done


@click.group
def quarantine() -> None:
    """List what is in quarantine; take it back, or drop it.

    A run, a DAG, an order or a stored row that the engine cannot read, or that makes it fail, is put into
    quarantine, and everything else goes on. The engine leaves a run in quarantine alone; its live attempts
    go on. A DAG in quarantine gets no new runs.

    Examples:
      penstock quarantine list
      penstock quarantine retry etl/manual__2026-03-01T12:00:00+00:00
      penstock quarantine drop etl
    """


@quarantine.command("list")
@json_option
@pass_session
def list_quarantine(session: Session, *, as_json: bool) -> None:
    """List what is in quarantine, oldest first, and why.

    Uses the database if no engine runs.

    Examples:
      penstock quarantine list
      penstock quarantine list --json | jq -r '.quarantined[].id'
    """
    rows = session.reader().quarantine()
    if as_json:
        print_json({"quarantined": rows})
        return
    from penstock.cli import text

    if not rows:
        say("nothing is in quarantine")
        return
    shown = [(row.kind, row.id, row.dag_id, text.moment(row.since), row.reason) for row in rows]
    tell(text.table(("KIND", "ID", "DAG", "SINCE", "REASON"), shown))


@quarantine.command("retry")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@json_option
@pass_session
def retry(session: Session, *, ids: tuple[str, ...], as_json: bool) -> int:
    """Take things out of quarantine. What fails again goes back.

    A DAG or file is used as it was loaded last, an act is carried out, anything else is read again.

    Examples:
      penstock quarantine retry etl
    """
    from penstock.model.acts import QuarantineRetry

    return _perform(session, [QuarantineRetry(subject=each) for each in ids], as_json=as_json)


@quarantine.command("drop")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@json_option
@pass_session
def drop(session: Session, *, ids: tuple[str, ...], as_json: bool) -> int:
    """Remove things for good, whether or not they can be read.

    A run ends as failed, its unfinished tasks as cancelled, and its live attempts are stopped. A DAG is
    deleted with its pauses, its unfinished runs end, and its history stays. An order is deleted. A row is
    removed, and the event trail keeps a copy of it.

    Examples:
      penstock quarantine drop etl/manual__2026-03-01T12:00:00+00:00
      penstock quarantine drop callback:12
    """
    from penstock.model.acts import QuarantineDrop

    return _perform(session, [QuarantineDrop(subject=each) for each in ids], as_json=as_json)


def _perform(session: Session, acts: Sequence[QuarantineRetry | QuarantineDrop], *, as_json: bool) -> int:
    from penstock.cli.acting import collect, commit, show_done
    from penstock.errors import EngineNotRunningError

    collect(session, acts)
    there = {row.id for row in session.reader().quarantine()}
    for act in acts:
        left = {row.id for row in session.reader().quarantine()} if len(acts) > 1 else there
        if act.subject in there - left:
            say(f"{act.subject} was removed together with an earlier one")
            continue
        try:
            done: Done = commit(session, act, ask=False)
        except EngineNotRunningError as error:
            raise EngineNotRunningError(
                f"{error} Only the engine changes the quarantine, and nothing in quarantine stops an engine "
                "from starting: if yours does not start, `penstock up` in the foreground says why."
            ) from None
        show_done(done, as_json=as_json)
    return 0
