"""Reads an anacrontab: jobs that run once in so many days, whenever the machine is on."""

from __future__ import annotations

import re

from penstock.importing.command import understood
from penstock.importing.compared import here_alone
from penstock.importing.crontab import NotACrontabError, variable_of
from penstock.importing.daemons import DAEMONS
from penstock.importing.jobs import Imported, Job, Line, Mail, Place, mail_note
from penstock.importing.names import name_for
from penstock.importing.script import as_user, in_shell, sudo_note
from penstock.importing.written import Written

_JOB = re.compile(r"(@\w+|\d+)[ \t]+(\d+)[ \t]+([A-Za-z]\S*)[ \t]+(\S.*)")
_DAYS = {"@daily": 1, "@weekly": 7, "@monthly": 30, "@yearly": 365, "@annually": 365}
_START = (7, 30)
"""When Debian starts anacron each day; START_HOURS_RANGE sets another hour."""
_MAKES_UP = (
    "anacron runs it once in a period, whenever the machine is on; here it has a time of its own, and "
    'catchup="latest" would make up for a missed one'
)
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin"


def is_anacrontab(text: str) -> bool:
    """Return whether every job of *text* has the form of an anacrontab's."""
    rows = [line.strip() for line in text.splitlines()]
    rows = [row for row in rows if row and not row.startswith("#")]
    jobs = [row for row in rows if variable_of(row, DAEMONS["debian"]) is None]
    return bool(jobs) and all(_JOB.fullmatch(row) for row in jobs)


def import_anacrontab(text: str, place: Place, *, title: str, taken: set[str] | None = None) -> Imported:
    """Return what an anacrontab becomes; raise `NotACrontabError` if no line of it can be read."""
    variables: dict[str, str] = {}
    names = set() if taken is None else taken
    lines: list[Line] = []
    for number, raw in enumerate(text.splitlines(), 1):
        row = raw.strip()
        if not row or row.startswith("#"):
            continue
        setting = variable_of(row, DAEMONS["debian"])
        if setting is not None:
            variables[setting[0]] = setting[1]
        else:
            lines.append(_line(number, row, dict(variables), place, names))
    if lines and all(line.job is None for line in lines):
        raise NotACrontabError(f"line {lines[0].line}: {lines[0].warnings[0]}")
    return Imported(title, "anacron", place.zone, tuple(lines))


def _line(number: int, row: str, variables: dict[str, str], place: Place, taken: set[str]) -> Line:
    found = _JOB.fullmatch(row)
    if found is None:
        return Line(number, row, warnings=("it needs a period, a delay in minutes, a name and a command",))
    period, delay, name, said = found.groups()
    days = _DAYS.get(period.lower(), 0) if period.startswith("@") else int(period)
    if days < 1:
        return Line(number, row, warnings=(f"the period {period!r} is not a number of days or @monthly",))
    cron, how = _schedule(days, int(delay), variables)
    inner = understood(said, "/")
    home = place.homes.get("root", "/")
    env = {"HOME": home, "LOGNAME": "root", "PATH": _DEFAULT_PATH, "SHELL": "/bin/sh"} | variables
    mail = None
    notes = [
        _MAKES_UP,
        how,
        *inner.notes,
    ]
    if to := variables.get("MAILTO"):
        mail = Mail(to if "@" in to else f"{to}@localhost", "root@localhost")
        notes.append(mail_note("anacron", to))
    command, cwd, owner = in_shell(inner.command, env["SHELL"]), inner.cwd or "/", None
    if place.runs_as != "root":
        owner = "root"
        command = as_user(inner.command, "root", env, env["SHELL"], cwd)
        notes.append(sudo_note("root", place.runs_as))
    job = Job(
        name=name_for(name, taken),
        crons=(cron,),
        zone=place.zone,
        command=command,
        cwd=None if owner else cwd,
        env=env,
        timeout=inner.timeout,
        grace=inner.grace,
        overlap=inner.overlap or "queue",
        skip_code=inner.skip_code,
        mail=mail,
        owner=owner,
    )
    return Line(number, row, job, tuple(notes), (), here_alone(cron, place.zone, place.now))


def _schedule(days: int, delay: int, variables: dict[str, str]) -> tuple[Written, str]:
    """Return when a job with a period of *days* and a *delay* in minutes is due, and how to say it."""
    hour, minute = _START
    if found := re.match(r"(\d+)-\d+$", variables.get("START_HOURS_RANGE", "")):
        hour, minute = int(found[1]) % 24, 0
    hour, minute = (hour + (minute + delay) // 60) % 24, (minute + delay) % 60
    if days == 1:
        return Written(f"{minute} {hour} * * *"), "a period of 1 day is every day here"
    if days == 7:
        return Written(f"{minute} {hour} * * mon"), "a period of 7 days is every Monday here"
    if days in (28, 29, 30, 31):
        return Written(f"{minute} {hour} 1 * *"), f"a period of {days} days is the first of each month here"
    if days in (365, 366):
        return Written(f"{minute} {hour} 1 1 *"), f"a period of {days} days is the first of January here"
    every = days * 86400.0
    return Written(
        "", every=every
    ), f"a period of {days} days is counted from the first load of the file here"
