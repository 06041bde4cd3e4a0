"""`penstock db`: size of the state, checks, copies, and restoring a copy."""

from __future__ import annotations

from pathlib import Path

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

_DAGS = 20


@click.group
def db() -> None:
    """Maintain the database.

    Examples:
      penstock db size
      penstock db backup ~/backups/penstock.db
    """


@db.command
@json_option
@pass_session
def size(session: Session, *, as_json: bool) -> None:
    """Show how much space the state takes, by table and by DAG.

    Examples:
      penstock db size
      penstock db size --json
    """
    from penstock.service.upkeep import sizes

    found = sizes(session.settings)
    if as_json:
        print_json(found)
        return
    from penstock.cli import text

    logs, free = text.size(found.log_bytes), text.size(found.free_bytes)
    kept = session.settings.kept_of("")
    tell(
        text.facts(
            [
                ("database", f"{text.size(found.database_bytes)}, {free} of it unused"),
                ("write-ahead log", text.size(found.wal_bytes)),
                ("task logs", logs),
                ("oldest run", text.moment(found.oldest_run)),
                ("kept", kept.words()),
            ]
        )
    )
    tell("")
    rows = [(table.table, table.rows, text.size(table.bytes)) for table in found.tables]
    tell(text.table(("TABLE", "ROWS", "SIZE"), rows, right={"ROWS", "SIZE"}))
    tell("")
    numbers = ("RUNS", "TASKS", "ATTEMPTS", "EVENTS", "SAMPLES", "LOGS")
    dags = [
        (dag.dag_id, dag.runs, dag.tasks, dag.attempts, dag.events, dag.samples, text.size(dag.log_bytes))
        for dag in found.dags[:_DAGS]
    ]
    tell(text.table(("DAG", *numbers), dags, right=numbers))
    if len(found.dags) > _DAGS:
        say(f"and {len(found.dags) - _DAGS} more DAGs; --json has all")


@db.command
@json_option
@pass_session
def check(session: Session, *, as_json: bool) -> int:
    """Check that the state is complete and undamaged; change nothing.

    Reads the whole file, follows every reference between rows, replays the events and compares the result
    with the states in the rows, and looks for files without rows and rows without files.
    Works while the engine runs. The exit code is 1 when something is wrong.

    Examples:
      penstock db check
      penstock db check --json | jq .problems
    """
    from penstock.service.upkeep import check as look

    found = look(session.settings)
    if as_json:
        print_json({"ok": not found, "problems": found})
    else:
        for problem in found:
            tell(f"{problem.kind}: {problem.text}")
        if not found:
            tell("no problem: the file, its references, its events, and the files beside it")
    return 1 if found else 0


@db.command
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it exists.")
@json_option
@pass_session
def backup(session: Session, *, file: Path, force: bool, as_json: bool) -> None:
    """Copy the database to FILE, as it is at one moment.

    Works while the engine runs and stops nothing. The copy is checked before FILE appears. DAG files,
    penstock.toml, versions/ and attempts/ (logs) are not in it.

    Examples:
      penstock db backup /mnt/backups/penstock-$(date +%F).db
    """
    from penstock.service.upkeep import backup as copy

    done = copy(session.settings, file, replace=force)
    if as_json:
        print_json({"file": str(done.path), "bytes": done.bytes, "schema": done.schema, "runs": done.runs})
        return
    from penstock.cli import text

    tell(
        f"{done.path}: {text.size(done.bytes)}, schema {done.schema}, {text.count(done.runs, 'run')}; checked"
    )


@db.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def restore(session: Session, *, file: Path, yes: bool, as_json: bool) -> None:
    """Replace the database by the copy FILE.

    Refused while an engine runs. FILE is checked first, and the old database stays beside the new one. A
    running task that the copy does not know is taken over by its run, or killed if the copy does not know the
    run either. The logs of such runs are removed a day later.

    Examples:
      penstock down && penstock db restore /mnt/backups/penstock-2026-03-01.db
    """
    from penstock.service.upkeep import restore as put_back

    if not yes and session.settings.database.exists():
        click.confirm(f"replace {session.settings.database} by {file}?", abort=True, err=True)
    done, aside = put_back(session.settings, file)
    if as_json:
        kept = None if aside is None else str(aside)
        print_json({"database": str(done.path), "runs": done.runs, "schema": done.schema, "aside": kept})
        return
    from penstock.cli import text

    tell(f"{done.path}: {text.count(done.runs, 'run')} of {file}")
    if aside is not None:
        say(f"the old one is {aside}")


@db.command
@json_option
@pass_session
def create(session: Session, *, as_json: bool) -> None:
    """Make an empty database where the old one is lost.

    In a new home the engine makes one itself. Where there was one before, the engine asks for this command,
    because every run and every act is forgotten.

    Examples:
      penstock db create && penstock up -d
    """
    from penstock.service.upkeep import create as make

    make(session.settings)
    if as_json:
        print_json({"database": str(session.settings.database)})
    else:
        tell(f"{session.settings.database}: empty")


@db.command
@json_option
@pass_session
def vacuum(session: Session, *, as_json: bool) -> None:
    """Give the space of deleted rows back to the disk.

    Refused while an engine runs. Rarely needed: new rows use that space first. Needs space for a second
    database while it works.

    Examples:
      penstock down && penstock db vacuum && penstock up -d
    """
    from penstock.service.upkeep import vacuum as shrink

    before, after = shrink(session.settings)
    if as_json:
        print_json({"before": before, "after": after})
        return
    from penstock.cli import text

    tell(f"{session.settings.database}: {text.size(before)} before, {text.size(after)} now")
