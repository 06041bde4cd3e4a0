"""`penstock failures`: what failed and is not dealt with, over all DAGs and runs, grouped by cause."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.moments import Ago, Until
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.views.failures import FailureGroup, FailuresPage

_ALL = 10_000
_WIDE = 80
_fingerprint = click.argument("fingerprint", metavar="FINGERPRINT")


@click.group(invoke_without_command=True)
@click.option("--since", type=Ago(), help="Only what failed since then: 2h, 1d12h (ago), or a date and time.")
@click.option("--all", "everything", is_flag=True, help="Also what is dealt with.")
@json_option
@click.pass_context
def failures(ctx: click.Context, *, since: datetime | None, everything: bool, as_json: bool) -> None:
    """List failures of all DAGs and runs, grouped by the line that says why.

    Two failures are in one group if their error lines are the same without dates, numbers, ids, addresses,
    paths and hex. A failure is dealt with if its task succeeded since, was marked or cleared, or if the
    failure was acknowledged or is snoozed. A * marks what is new since you last looked (here without
    --json, or in the console).

    Examples:
      penstock failures
      penstock failures --all --json
      penstock failures ack 3f9a61c02b7d --why "source repaired, reload tonight"
      penstock failures snooze 3f9a61c02b7d --until 2d
    """
    if ctx.invoked_subcommand is not None:
        if since is not None or everything or as_json:
            raise click.UsageError("--since, --all and --json belong to the list, without a command", ctx)
        return
    from penstock.cli.acting import actor

    session = ctx.ensure_object(Session)
    if since is not None and since.tzinfo is None:
        since = since.astimezone()
    page = session.reader().failures(
        since=since, everything=everything, person=actor(), limit=_ALL, tasks=_ALL if as_json else 0
    )
    if as_json:
        print_json({"failures": [group_document(group) for group in page.failures]})
        return
    _show(page)
    _remember(session, page)


def group_document(group: FailureGroup) -> dict[str, Any]:
    """Return a group as it is printed, each failure with what names it and how it stands."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(group)
    shown = (
        "dag_id",
        "run_id",
        "task_id",
        "map_index",
        "try_number",
        "at",
        "state",
        "open",
        "new",
        "attempt_id",
    )
    plain["tasks"] = [{name: task[name] for name in shown} for task in plain["tasks"]]
    return plain


def _show(page: FailuresPage) -> None:
    from penstock.cli import text

    if not page.failures:
        say("nothing has failed that is not dealt with")
        return
    rows = [
        (
            "*" if group.new else "",
            group.fingerprint,
            group.count,
            text.moment(group.first),
            text.moment(group.last),
            _few(group.dags),
            _note(group),
            _cut(group.line),
        )
        for group in page.failures
    ]
    headers = ("", "FINGERPRINT", "COUNT", "FIRST", "LAST", "DAGS", "NOTE", "LINE")
    tell(text.table(headers, rows, right={"COUNT"}))


def _few(dags: tuple[str, ...]) -> str:
    more = f" and {len(dags) - 3} more" if len(dags) > 3 else ""
    return ", ".join(dags[:3]) + more


def _cut(line: str) -> str:
    return line if len(line) <= _WIDE else f"{line[: _WIDE - 3]}..."


def _note(group: FailureGroup) -> str:
    from penstock.cli import text

    notes = []
    if group.acknowledged is not None:
        again = "again since " if group.open else ""
        why = f": {group.acknowledged.why}" if group.acknowledged.why else ""
        notes.append(f"{again}acknowledged by {group.acknowledged.by}{why}")
    if group.snoozed is not None and group.snoozed.until is not None:
        notes.append(f"snoozed by {group.snoozed.by} until {text.moment(group.snoozed.until)}")
    if not group.open and not notes:
        notes.append("dealt with")
    return "; ".join(notes)


def _remember(session: Session, page: FailuresPage) -> None:
    """Remember that this person has seen them; without an engine nothing can be."""
    from penstock.cli.acting import actor
    from penstock.errors import PenstockError
    from penstock.model.acts import Looked

    if not any(group.new for group in page.failures):
        return
    try:
        session.engine().commit(Looked(place="failures", upto=page.newest), actor=actor())
    except PenstockError:
        return


@failures.command
@_fingerprint
@click.option("--why", "reason", help="A reason, shown wherever the acknowledgement is shown.")
@json_option
@pass_session
def ack(session: Session, *, fingerprint: str, reason: str | None, as_json: bool) -> int:
    """Acknowledge failures: they come back if it happens again.

    Examples:
      penstock failures ack 3f9a61c02b7d --why "source repaired, reload tonight"
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import AcknowledgeFailures

    return perform(
        session, AcknowledgeFailures(fingerprint=fingerprint, why=reason), yes=True, as_json=as_json
    )


@failures.command
@_fingerprint
@click.option("--until", required=True, type=Until(), help="Until when: 2h, 1d12h, or a date and time.")
@click.option("--why", "reason", help="A reason.")
@json_option
@pass_session
def snooze(session: Session, *, fingerprint: str, until: datetime, reason: str | None, as_json: bool) -> int:
    """Leave failures out of the list until a time.

    However often it happens meanwhile.

    Examples:
      penstock failures snooze 3f9a61c02b7d --until 2d
      penstock failures snooze 3f9a61c02b7d --until 2013-01-07T08:00 --why "vendor repairs it on Monday"
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import SnoozeFailures

    ends = until if until.tzinfo is not None else until.astimezone()
    act = SnoozeFailures(fingerprint=fingerprint, until=ends, why=reason)
    return perform(session, act, yes=True, as_json=as_json)


@failures.command
@_fingerprint
@json_option
@pass_session
def reopen(session: Session, *, fingerprint: str, as_json: bool) -> int:
    """Take back an acknowledgement and a snooze.

    Examples:
      penstock failures reopen 3f9a61c02b7d
    """
    from penstock.cli.acting import perform
    from penstock.model.acts import ReopenFailures

    return perform(session, ReopenFailures(fingerprint=fingerprint), yes=True, as_json=as_json)
