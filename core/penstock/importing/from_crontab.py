"""From the text of a crontab to jobs, each with its old line and its times there and here."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.importing.command import Understood, understood, weekday_asked
from penstock.importing.compared import Compared, compared
from penstock.importing.crontab import Entry, read_crontab
from penstock.importing.daemons import Daemon
from penstock.importing.jobs import Imported, Job, Line, Mail, Place, mail_note
from penstock.importing.meaning import FieldError, Meaning
from penstock.importing.names import name_for
from penstock.importing.script import as_user, in_shell, sudo_note, with_input
from penstock.importing.shell import UnreadableError
from penstock.importing.wrappers import lock_of
from penstock.importing.written import CannotSayError, Written, written


def import_crontab(
    text: str,
    daemon: Daemon,
    place: Place,
    *,
    title: str,
    users: bool | None = False,
    taken: set[str] | None = None,
) -> Imported:
    """Return what the crontab *text* becomes. No line is left out.

    *users*: whether each job names its user; None for finding out. *taken* are ids that are in use; those
    of the new DAGs are added. Raises `NotACrontabError`.
    """
    entries = read_crontab(text, daemon, users=users, known_users=frozenset(place.homes))
    locks = Counter(lock for entry in entries if (lock := _lock(entry)) is not None)
    shared = frozenset(lock for lock, count in locks.items() if count > 1)
    names = set() if taken is None else taken
    lines = tuple(_line(entry, daemon, place, shared, names) for entry in entries)
    return Imported(title, daemon.title, place.zone, lines)


def _lock(entry: Entry) -> str | None:
    try:
        return None if entry.problem or entry.off else lock_of(entry.command)
    except UnreadableError:
        return None


def _line(entry: Entry, daemon: Daemon, place: Place, shared: frozenset[str], taken: set[str]) -> Line:
    if entry.problem is not None:
        return Line(entry.line, entry.text, warnings=(entry.problem, *_whole_file(daemon), *entry.notes))
    if entry.schedule == "@reboot":
        return Line(entry.line, entry.text, warnings=(_REBOOT, *entry.notes))
    try:
        read = daemon.read(entry.schedule)
    except FieldError as error:
        return Line(entry.line, entry.text, warnings=(str(error), *_whole_file(daemon), *entry.notes))
    notes = [*read.notes, *entry.notes]
    if read.meaning.never:
        return Line(entry.line, entry.text, warnings=(f"{daemon.title} never runs it", *notes))
    zone, zone_notes = _zone(entry, daemon, place)
    own = "" if entry.schedule.startswith("@") and daemon.clock == "busybox" else entry.schedule
    cron, why = _written(read.meaning, own)
    times = compared(read.meaning, cron, zone, daemon.clock, daemon.title, place.now)
    if cron is None:
        return Line(entry.line, entry.text, warnings=(*why, *notes), there=times.there)
    notes += [*zone_notes, *_changed(entry.schedule, cron, daemon), *_weekday(entry.command, read.meaning)]
    return _kept(entry, daemon, place, shared, taken, (cron, zone, times), notes)


_REBOOT = "@reboot has no counterpart: nothing here runs at boot. Make it a service of the machine"


def _whole_file(daemon: Daemon) -> tuple[str, ...]:
    if not daemon.whole_file:
        return ()
    return (f"because of this line {daemon.title} ignores the whole file, so none of its jobs ran",)


def _written(meaning: Meaning, own: str) -> tuple[Written | None, tuple[str, ...]]:
    try:
        return written(meaning, own), ()
    except CannotSayError as error:
        return None, (str(error),)


def _changed(schedule: str, cron: Written, daemon: Daemon) -> list[str]:
    """Return how the schedule is written here, if not as it was."""
    if cron.cron == schedule or schedule.startswith("@"):
        return []
    days = f' with days="{cron.days}"' if cron.days else ""
    return [f"{schedule!r} of {daemon.title} is {cron.cron!r} here{days}"]


def _weekday(command: str, meaning: Meaning) -> list[str]:
    """Return how to have the test of a weekday that begins a command in the schedule instead."""
    day = weekday_asked(command)
    if day is None or day not in meaning.weekdays or not meaning.both:
        return []
    cron, _ = _written(replace(meaning, weekdays=frozenset({day})), "")
    if cron is None:
        return []
    days = f', days="{cron.days}"' if cron.days else ""
    return [f'the test of the weekday can be a part of the schedule: at("{cron.cron}"{days})']


def _zone(entry: Entry, daemon: Daemon, place: Place) -> tuple[str, list[str]]:
    variables = dict(entry.variables)
    named = variables.get("CRON_TZ")
    if named is None:
        return place.zone, []
    if not daemon.own_zone:
        return place.zone, [
            f"{daemon.title} does not schedule by CRON_TZ={named}: the times are those of {place.zone}"
        ]
    try:
        ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return place.zone, [f"CRON_TZ={named} is not a time zone: the times are those of {place.zone}"]
    return named, []


def _kept(
    entry: Entry,
    daemon: Daemon,
    place: Place,
    shared: frozenset[str],
    taken: set[str],
    schedule: tuple[Written, str, Compared],
    notes: list[str],
) -> Line:
    cron, zone, times = schedule
    user = entry.user or place.user
    env, home = _environment(entry, daemon, place, user)
    inner = understood(entry.command, home, shared)
    mail, mail_notes = _mail(entry, daemon, user)
    notes += [*inner.notes, *mail_notes, *_delay(entry, daemon)]
    if entry.off:
        notes.insert(0, "it is commented out in the crontab; its DAG has the tag commented-out")
    command, user_notes = _script(entry, inner, env, place, user)
    job = Job(
        name=name_for(inner.command, taken),
        crons=(cron,),
        zone=zone,
        command=command,
        cwd=None if user != place.runs_as else inner.cwd or home,
        env=env,
        description=" ".join(entry.comments),
        timeout=inner.timeout,
        grace=inner.grace,
        overlap=inner.overlap,
        skip_code=inner.skip_code,
        mail=mail,
        owner=user if user != place.runs_as else None,
        off=entry.off,
    )
    warnings = (*notes, *user_notes, *times.notes)
    return Line(entry.line, entry.text, job, tuple(dict.fromkeys(warnings)), times.there, times.here)


def _environment(entry: Entry, daemon: Daemon, place: Place, user: str) -> tuple[dict[str, str], str]:
    """Return the whole environment of a job, and its home."""
    variables = dict(entry.variables)
    home = variables.get("HOME") or place.homes.get(user) or (place.home if user == place.user else "/")
    env = {"HOME": home, "LOGNAME": user, "PATH": daemon.path, "SHELL": "/bin/sh"}
    env |= variables | {"LOGNAME": user}
    if daemon.sets_user:
        env["USER"] = user
    return env, home


def _script(
    entry: Entry, inner: Understood, env: dict[str, str], place: Place, user: str
) -> tuple[str, list[str]]:
    command = inner.command
    if entry.stdin is not None:
        command = with_input(command, entry.stdin, plain=inner.plain)
    shell = env["SHELL"]
    if user == place.runs_as:
        return in_shell(command, shell), []
    return as_user(command, user, env, shell, inner.cwd), [sudo_note(user, place.runs_as)]


def _mail(entry: Entry, daemon: Daemon, user: str) -> tuple[Mail | None, list[str]]:
    variables = dict(entry.variables)
    to = variables.get("MAILTO")
    if not to:
        return None, []
    addresses = [each.strip() for each in to.split(",") if each.strip()]
    there = ",".join(each if "@" in each else f"{each}@localhost" for each in addresses)
    sender = variables.get("MAILFROM") if daemon.name == "cronie" else None
    return Mail(there, sender or f"{user}@localhost"), [mail_note(daemon.title, to)]


def _delay(entry: Entry, daemon: Daemon) -> list[str]:
    delay = dict(entry.variables).get("RANDOM_DELAY")
    if not delay or daemon.name != "cronie":
        return []
    return [f"cronie delays it by up to {delay} minutes (RANDOM_DELAY); here it begins on time"]


def refused(found: Imported, why: str) -> Imported:
    """Return the same with no line kept, because the daemon does not read the file."""
    lines = tuple(replace(line, job=None, warnings=(why, *line.warnings), here=()) for line in found.lines)
    return replace(found, lines=lines)
