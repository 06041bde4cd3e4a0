"""`penstock import`: DAG files from crontabs and from timers of systemd."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.moments import Moment, in_zone
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.cli.crontabs import Crontab
    from penstock.importing.daemons import Daemon
    from penstock.importing.jobs import Imported, Place

_to_option = click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.py",
    help="The DAG file to write. One that exists is kept, unless --overwrite.",
)
_check_option = click.option("--check", is_flag=True, help="Write nothing; the table is all.")
_overwrite_option = click.option("--overwrite", is_flag=True, help="Replace the file of --to.")
_zone_option = click.option(
    "--timezone", metavar="ZONE", help="The time zone that the old program works in, if not this machine's."
)
_now_option = click.option(
    "--now", type=Moment(), default="now", show_default=True, help="The times in the table come after this."
)


@click.group("import")
def import_group() -> None:
    """Write DAG files from what other schedulers run.

    Examples:
      penstock import crontab --check
      penstock import timers backup.timer --to dags/timers.py
    """


@import_group.command("crontab")
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE]")
@click.option("-u", "--user", metavar="USER", help="Whose crontab it is. Without FILE, the one of this user.")
@click.option(
    "--system", is_flag=True, help="/etc/crontab and /etc/cron.d; with FILE, a user is before each command."
)
@click.option(
    "--daemon",
    type=click.Choice(["debian", "cronie", "busybox"]),
    help="Which cron runs it; without it, the usual one of this machine.",
)
@_to_option
@_check_option
@_overwrite_option
@_zone_option
@_now_option
@json_option
def crontab(
    *,
    file: Path | None,
    user: str | None,
    system: bool,
    daemon: str | None,
    to: Path | None,
    check: bool,
    overwrite: bool,
    timezone: str | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Write a DAG for each job of a crontab, and compare the next times.

    FILE is a crontab or an anacrontab, - is standard input; without FILE it is your own crontab. Each
    schedule keeps the meaning that it has to the cron daemon. Every DAG begins paused, nothing is caught
    up, and no line is left out: one that cannot be kept is a comment with the reason. Nothing is taken out
    of the crontab.

    Examples:
      penstock import crontab --check
      penstock import crontab --to dags/crontab.py
      penstock import crontab /etc/cron.d/backup --daemon debian --to dags/backup.py --json
      penstock import crontab --system --daemon cronie --to dags/system.py
    """
    from penstock.cli.crontabs import likely_daemon, place
    from penstock.importing.daemons import DAEMONS

    _refuse_to(to, check=check, overwrite=overwrite)
    where = place(_known_zone(timezone), user, _moment(now, timezone))
    name = daemon or likely_daemon()
    if daemon is None:
        say(f"read as {DAEMONS[name].title} does; --daemon names another one")
    sources = _sources(file, user, name, system=system)
    found = _imported(sources, DAEMONS[name], where)
    _finish(found, "crontab", to if not check else None, as_json=as_json, named=file is None and system)


@import_group.command("timers")
@click.argument("units", nargs=-1, required=True, metavar="UNIT...")
@_to_option
@_check_option
@_overwrite_option
@_zone_option
@_now_option
@json_option
def timers(
    *,
    units: tuple[str, ...],
    to: Path | None,
    check: bool,
    overwrite: bool,
    timezone: str | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Write a DAG for each timer of systemd, and compare the next times.

    UNIT is the name of a timer, with or without .timer, or its file. The DAG runs what the service runs;
    what a DAG has no word for (limits, sandboxes) is named in a comment.

    Examples:
      penstock import timers backup.timer --check
      penstock import timers backup.timer /etc/systemd/system/report.timer --to dags/timers.py
    """
    from penstock.cli.crontabs import place, timer_of
    from penstock.importing.from_timers import import_timer
    from penstock.importing.units import UnitError

    _refuse_to(to, check=check, overwrite=overwrite)
    where = place(_known_zone(timezone), None, _moment(now, timezone))
    found = []
    for unit in dict.fromkeys(units):
        try:
            found.append(import_timer(timer_of(unit), where))
        except UnitError as error:
            raise UsageError(f"{unit}: {error}") from None
    _finish(found, "timers", to if not check else None, as_json=as_json, named=len(found) > 1)


def _refuse_to(to: Path | None, *, check: bool, overwrite: bool) -> None:
    if to is None and not check:
        raise UsageError("say where the DAG file goes (--to dags/crontab.py), or only look (--check)")
    if to is None or check:
        return
    if to.exists() and not overwrite:
        raise UsageError(f"{to} exists: name another file, or replace it with --overwrite")
    if not to.parent.is_dir():
        raise UsageError(f"{to.parent} is not a folder")
    if to.suffix != ".py":
        raise UsageError(f"{to} must end in .py, or it is not loaded")


def _known_zone(name: str | None) -> str | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is None:
        return None
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"time zone {name!r} does not exist; write a name such as Europe/Amsterdam or UTC"
        ) from None


def _moment(now: datetime, zone: str | None) -> datetime:
    from zoneinfo import ZoneInfo

    return in_zone(now, ZoneInfo(zone or "UTC"))


def _sources(file: Path | None, user: str | None, daemon: str, *, system: bool) -> list[Crontab]:
    import sys

    from penstock.cli.crontabs import Crontab, crontab_of, read_text, system_crontabs

    if file is None:
        if system and user:
            raise UsageError("--system and -u name different crontabs: give one of them")
        return list(system_crontabs(daemon)) if system else [crontab_of(user)]
    users = True if system else False if user else None
    if str(file) == "-":
        return [Crontab("standard input", sys.stdin.read(), users)]
    return [Crontab(str(file), read_text(file), users)]


def _imported(sources: Sequence[Crontab], daemon: Daemon, where: Place) -> list[Imported]:
    from penstock.importing.anacron import import_anacrontab, is_anacrontab
    from penstock.importing.crontab import NotACrontabError
    from penstock.importing.from_crontab import import_crontab, refused

    taken: set[str] = set()
    found = []
    for source in sources:
        try:
            if is_anacrontab(source.text):
                one = import_anacrontab(source.text, where, title=source.title, taken=taken)
            else:
                one = import_crontab(
                    source.text, daemon, where, title=source.title, users=source.users, taken=taken
                )
        except NotACrontabError as error:
            raise UsageError(f"{source.title} is not a crontab: {error}") from None
        found.append(one if source.refused is None else refused(one, source.refused))
    return found


def _finish(found: Sequence[Imported], tag: str, to: Path | None, *, as_json: bool, named: bool) -> None:
    """Write the file, then show the result of each line; *named*: lines say which file they are from."""
    from penstock.importing.dag_file import dag_file

    lines = [(each, line) for each in found for line in each.lines]
    if to is not None and lines:
        _write(to, dag_file(found, tag))
    if as_json:
        documents = [_document(each.title, line.document(), named=named) for each, line in lines]
        print_json({"lines": documents})
    else:
        from penstock.cli.import_table import table_of

        tell(table_of(found))
    kept = {line.job.name for _, line in lines if line.job is not None}
    left = sum(line.job is None for _, line in lines)
    if not lines:
        say("there is no job in it")
    elif to is not None:
        dags = "1 DAG, paused" if len(kept) == 1 else f"{len(kept)} DAGs, all paused"
        say(f"{to} has {dags}; unpause each when its old line is gone")
    if left:
        say(f"! not kept: {left} of {len(lines)} lines; each says why")


def _document(title: str, document: dict[str, Any], *, named: bool) -> dict[str, Any]:
    return {"file": title, **document} if named else document


def _write(to: Path, text: str) -> None:
    """Write the file as a whole or not at all; raise `UsageError`."""
    new = to.with_name(f".{to.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(to)
    except OSError as error:
        raise UsageError(f"{to}: {error.strerror}") from None
