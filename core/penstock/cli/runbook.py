"""`penstock runbook`: record what is done, keep it as a file, and do it again with a preview."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from penstock.cli.moments import Ago
from penstock.cli.options import json_option, yes_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.views.events import EventRow
    from penstock.model.views.runbooks import RunbookRow

_MOST_EVENTS = 10_000

_name = click.argument("name", metavar="NAME")


@click.group
def runbook() -> None:
    """Record what is done as commands, and do it again with a preview.

    Examples:
      penstock runbook record roll-back
      penstock runbook record roll-back --stop
      penstock runbook run roll-back dag=first_dag run=latest
    """


@runbook.command("record")
@_name
@click.option("--stop", is_flag=True, help="End the recording and write down what was done.")
@click.option("--since", type=Ago(), help="Write down at once what was done since: 2h, or a time.")
@click.option("--as-recorded", is_flag=True, help="Do not put {dag} and {run} in the place of names.")
@click.option("--replace", is_flag=True, help="Write over a runbook of that name.")
@json_option
@pass_session
def record(
    session: Session,
    *,
    name: str,
    stop: bool,
    since: datetime | None,
    as_recorded: bool,
    replace: bool,
    as_json: bool,
) -> None:
    """Record what you do, in the console or by commands.

    What is recorded is read from the event trail, so it does not matter where it is done. Names of the DAG
    and the run become {dag} and {run} if all acts are of the same ones.

    Examples:
      penstock runbook record roll-back
      penstock runbook record roll-back --stop
      penstock runbook record last-night --since 8h
    """
    from penstock.cli.acting import actor
    from penstock.model import runbooks

    engine = session.engine()
    person = runbooks.person_of(actor())
    now = datetime.now().astimezone()
    newest = next((event.seq for event in engine.events(limit=1)), 0)
    when = f"{now:%Y-%m-%d %H:%M %Z}"
    if stop:
        row = find(engine, name)
        if row.recording is None:
            raise click.UsageError(f"the runbook {name} is not being recorded")
        text = runbooks.ended(row.text, acts_since(engine, row.since, row.recording), as_recorded=as_recorded)
        row = engine.keep_runbook(name, text, replace=True)
    elif since is not None:
        start = since if since.tzinfo is not None else since.astimezone()
        done = [event for event in acts_since(engine, 0, person) if event.at >= start]
        text = runbooks.ended(runbooks.begun(name, person, newest, when), done, as_recorded=as_recorded)
        row = engine.keep_runbook(name, text, replace=replace)
    else:
        row = engine.keep_runbook(name, runbooks.begun(name, person, newest, when), replace=replace)
    if as_json:
        print_json(row)
    elif row.recording is not None:
        tell(f"recording {name}: what you do now is kept, until penstock runbook record {name} --stop")
    else:
        tell(f"{row.path}: {_commands(row)}; edit it with penstock runbook edit {name}")


@runbook.command("list")
@json_option
@pass_session
def list_runbooks(session: Session, *, as_json: bool) -> None:
    """List the runbooks.

    Examples:
      penstock runbook list
      penstock runbook list --json
    """
    rows = session.reader().runbooks()
    if as_json:
        print_json({"runbooks": rows})
        return
    from penstock.cli import text

    tell(
        text.table(
            ("NAME", "STEPS", "ASKS FOR", "ABOUT", ""),
            [
                (
                    row.name,
                    len(row.steps),
                    " ".join(row.params),
                    row.title,
                    row.problem or (f"being recorded by {row.recording}" if row.recording else ""),
                )
                for row in rows
            ],
            right={"STEPS"},
        )
    )


@runbook.command("show")
@_name
@json_option
@pass_session
def show(session: Session, *, name: str, as_json: bool) -> None:
    """Print a runbook as it is written.

    Examples:
      penstock runbook show roll-back
      penstock runbook show roll-back --json
    """
    row = find(session.reader(), name)
    if as_json:
        print_json(row)
        return
    tell(row.text.rstrip("\n"))
    if row.problem:
        say(f"{row.path}: {row.problem}")


@runbook.command("edit")
@_name
@pass_session
def edit(session: Session, *, name: str) -> int:
    """Open a runbook in $EDITOR, and check it afterwards.

    Examples:
      penstock runbook edit roll-back
    """
    row = find(session.reader(), name)
    click.edit(filename=row.path)
    row = find(session.reader(), name)
    if row.problem:
        say(f"{row.path}: {row.problem}")
        return 1
    tell(f"{row.path}: {_commands(row)}")
    return 0


@runbook.command("run")
@_name
@click.argument("values", metavar="[PARAM=VALUE]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Show the plan of each step; change nothing.")
@click.option("--step", "step_by_step", is_flag=True, help="Ask before each step.")
@yes_option
@json_option
@pass_session
def run(
    session: Session,
    *,
    name: str,
    values: tuple[str, ...],
    dry_run: bool,
    step_by_step: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Show what each step would do, ask, and do it; stop at the first refusal.

    Parameters that are not given are asked for. Every step is planned again right before it is done, by
    what the steps before it did. The event trail names the runbook beside who ran it.

    Examples:
      penstock runbook run roll-back dag=first_dag run=latest --dry-run
      penstock runbook run roll-back dag=first_dag run=latest --yes --json
    """
    from penstock.cli.replay import Replay

    row = find(session.reader() if dry_run else session.engine(), name)
    engine = session.reader() if dry_run else session.engine()
    return Replay(engine, row, values, as_json=as_json).run(dry_run=dry_run, ask=not yes, steps=step_by_step)


def _commands(row: RunbookRow) -> str:
    from penstock.cli import text

    return text.count(len(row.steps), "command")


def find(engine: Engine, name: str) -> RunbookRow:
    """Return a runbook; raise `UnknownError` with those that there are."""
    from penstock.errors import UnknownError

    rows = engine.runbooks()
    found = next((row for row in rows if row.name == name), None)
    if found is None:
        known = ", ".join(row.name for row in rows[:8]) or "none yet"
        raise UnknownError(f"there is no runbook {name!r}; there are: {known}")
    return found


def acts_since(engine: Engine, seq: int, person: str) -> list[EventRow]:
    """Return the acts of *person* after an event, oldest first."""
    from penstock.model.runbooks import person_of

    events = engine.events(after=seq, limit=_MOST_EVENTS)
    mine = [each for each in events if each.kind.startswith("act_") and person_of(each.actor) == person]
    return mine[::-1]
