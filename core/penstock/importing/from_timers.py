"""From timers of systemd and the services that they start to jobs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from penstock.importing.calendar_event import read_calendar
from penstock.importing.command import understood
from penstock.importing.compared import Compared, compared, here_alone
from penstock.importing.duration import systemd_seconds
from penstock.importing.jobs import Imported, Job, Line, Place
from penstock.importing.meaning import FieldError
from penstock.importing.script import as_user, sudo_note
from penstock.importing.units import (
    Setting,
    Unit,
    UnitError,
    assignments,
    open_specifiers,
    shell_command,
    unknown,
)
from penstock.importing.written import CannotSayError, Written, written

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SINCE_BOOT = ("OnBootSec", "OnStartupSec", "OnActiveSec", "OnUnitInactiveSec")
_TIMER = frozenset(
    [
        "OnCalendar", "OnUnitActiveSec", *_SINCE_BOOT, "Unit", "AccuracySec", "RandomizedDelaySec",
        "Persistent", "FixedRandomDelay", "RemainAfterElapse", "WakeSystem",
    ]
)  # fmt: skip
_SERVICE = frozenset(
    [
        "Type", "ExecStart", "ExecStartPre", "ExecStartPost", "ExecCondition", "Environment",
        "EnvironmentFile", "User", "Group", "WorkingDirectory", "TimeoutStartSec", "TimeoutSec",
        "RuntimeMaxSec", "TimeoutStopSec", "Nice", "SyslogIdentifier", "StandardOutput", "StandardError",
        "Description", "RemainAfterExit",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer with the service that it starts. ``system``: of the machine, not of a user."""

    unit: Unit
    service: Unit
    system: bool = True


def import_timer(timer: Timer, place: Place) -> Imported:
    """Return what *timer* becomes. A trigger that is not kept is a line with its reason.

    Raises `UnitError` if it has triggers and systemd could read none of them.
    """
    return Imported(timer.unit.name, "systemd", place.zone, tuple(_lines(timer, place)))


def _lines(timer: Timer, place: Place) -> list[Line]:
    unit = timer.unit
    triggers = [setting for setting in unit.settings if setting.section == "Timer"]
    triggers = [setting for setting in triggers if setting in unit.all("Timer", setting.name)]
    triggers = [each for each in triggers if each.name in ("OnCalendar", "OnUnitActiveSec", *_SINCE_BOOT)]
    if not triggers:
        return [Line(1, unit.name, warnings=("it has no OnCalendar= or other trigger",))]
    if all(map(_broken, triggers)):
        raise UnitError(f"line {triggers[0].line}: {_text(triggers[0])}: {_broken(triggers[0])}")
    read = [(trigger, *_read(trigger, place)) for trigger in triggers]
    try:
        job, notes = _job(timer, place)
    except ValueError as error:
        return [
            Line(trigger.line, _text(trigger), warnings=(f"{timer.service.name}: {error}",))
            for trigger in triggers
        ]
    alike = _alike([cron for _, cron, _, _, _ in read])
    read = [(row[0], cron, *row[2:]) for row, cron in zip(read, alike, strict=True)]
    crons = [(cron, zone) for _, cron, zone, _, _ in read if cron is not None]
    lines = []
    for trigger, cron, zone, times, warnings in read:
        if cron is None or not _together(cron, zone, crons[0]):
            why = warnings or ("its time zone or its form is not that of the triggers before it",)
            lines.append(Line(trigger.line, _text(trigger), warnings=why, there=times.there))
            continue
        shared = tuple(each for each, where in crons if _together(each, where, crons[0]))
        own = replace(job, crons=shared, zone=zone)
        every = tuple(dict.fromkeys([*warnings, *notes, *times.notes]))
        lines.append(Line(trigger.line, _text(trigger), own, every, times.there, times.here))
    return lines


def _broken(trigger: Setting) -> str | None:
    """Return why systemd cannot read a trigger, or None if it can."""
    try:
        if trigger.name == "OnCalendar":
            read_calendar(trigger.value)
        else:
            systemd_seconds(trigger.value)
    except ValueError as error:
        return str(error)
    return None


def _text(trigger: Setting) -> str:
    return f"{trigger.name}={trigger.value}"


def _alike(crons: list[Written | None]) -> list[Written | None]:
    """Return the same times in one form: with a second if one has it, and both day fields if one does."""
    known = [cron for cron in crons if cron is not None and cron.every is None]
    second = any(cron.seconds for cron in known)
    both = any(cron.days for cron in known)
    return [
        cron
        if cron is None or cron.every is not None
        else replace(
            cron,
            cron=f"0 {cron.cron}" if second and not cron.seconds else cron.cron,
            seconds="first" if second else None,
            days="both" if both else None,
        )
        for cron in crons
    ]


def _together(cron: Written, zone: str, first: tuple[Written, str]) -> bool:
    """Return whether a cron can stand beside the *first* one in one timetable."""
    return (zone, cron.days, cron.seconds, cron.every) == (
        first[1],
        first[0].days,
        first[0].seconds,
        first[0].every,
    )


def _read(trigger: Setting, place: Place) -> tuple[Written | None, str, Compared, tuple[str, ...]]:
    if trigger.name == "OnUnitActiveSec":
        return _interval(trigger, place)
    if trigger.name != "OnCalendar":
        reason = f"{trigger.name} has no counterpart: nothing here counts from boot or the end of a run"
        return None, place.zone, Compared((), ()), (reason,)
    try:
        meaning, named = read_calendar(trigger.value)
    except FieldError as error:
        return None, place.zone, Compared((), ()), (str(error),)
    zone = named or place.zone
    if meaning.never:
        return None, zone, Compared((), ()), ("systemd never runs it",)
    cron: Written | None = None
    why: tuple[str, ...] = ()
    try:
        cron = written(meaning)
    except CannotSayError as error:
        why = (str(error),)
    times = compared(meaning, cron, zone, "systemd", "systemd", place.now)
    if not times.there:
        return None, zone, times, ("systemd never runs it again: its dates are over",)
    return cron, zone, times, why


def _interval(trigger: Setting, place: Place) -> tuple[Written | None, str, Compared, tuple[str, ...]]:
    try:
        seconds = systemd_seconds(trigger.value)
    except ValueError as error:
        return None, place.zone, Compared((), ()), (str(error),)
    if seconds < 1:
        return None, place.zone, Compared((), ()), ("a schedule here is a second or more",)
    every = Written("", every=seconds)
    why = "systemd counts from the last start, also from one by hand; here from the first load of the file"
    return every, place.zone, Compared((), here_alone(every, place.zone, place.now)), (why,)


def _job(timer: Timer, place: Place) -> tuple[Job, list[str]]:
    """Return the job of a timer, without its schedule, and what is worth saying; raise ValueError."""
    unit, service = timer.unit, timer.service
    user = service.last("Service", "User") or ("root" if timer.system else place.user)
    home = place.homes.get(user, "/")
    notes = _timer_notes(unit)
    command, more = _command(service, home)
    notes += more
    env = {"PATH": _PATH} | assignments(each.value for each in service.all("Service", "Environment"))
    if service.last("Service", "User") or not timer.system:
        env = {"HOME": home, "LOGNAME": user, "USER": user} | env
    cwd = service.last("Service", "WorkingDirectory") or ("/" if timer.system else home)
    cwd = cwd.removeprefix("-").replace("~", home, 1)
    owner = None
    if user != place.runs_as:
        notes.append(sudo_note(user, place.runs_as))
        owner, env = user, {"HOME": home} | env
        command = as_user(command, user, env, "/bin/sh", cwd)
    job = Job(
        name=unit.stem.replace("@", "_").strip("_.-"),
        crons=(),
        zone=place.zone,
        command=command,
        cwd=None if owner else cwd,
        env=env,
        description=unit.last("Unit", "Description") or service.last("Unit", "Description") or "",
        timeout=_limit(service, notes),
        overlap="skip",
        owner=owner,
    )
    return job, notes


def _timer_notes(unit: Unit) -> list[str]:
    notes = []
    if (unit.last("Timer", "Persistent") or "no").lower() in ("yes", "true", "1", "on"):
        notes.append(
            'systemd makes up for a missed one after boot (Persistent); catchup="latest" does that here'
        )
    if delay := unit.last("Timer", "RandomizedDelaySec"):
        unit_of = " s" if delay.isdecimal() else ""
        notes.append(f"systemd delays it by up to {delay}{unit_of} at random; here it begins on time")
    if (unit.last("Timer", "WakeSystem") or "no").lower() in ("yes", "true", "1", "on"):
        notes.append("systemd wakes a sleeping machine for it; here nothing does")
    if missing := unknown(unit, "Timer", _TIMER):
        notes.append(f"not carried over: {', '.join(missing)}")
    return notes


def _command(service: Unit, home: str) -> tuple[str, list[str]]:
    """Return the commands of a service as a script; raise ValueError if it has none."""
    notes: list[str] = []
    steps: list[str] = []
    files = [setting.value for setting in service.all("Service", "EnvironmentFile")]
    for file in files:
        path = shlex.quote(file.removeprefix("-"))
        steps.append(f"[ ! -r {path} ] || . {path}" if file.startswith("-") else f". {path}")
    if files:
        steps = ["set -a", *steps, "set +a"]
        notes.append("the shell reads its EnvironmentFile, which may quote in another way than systemd does")
    conditions = [_one(each, notes) for each in service.all("Service", "ExecCondition")]
    starts = service.all("Service", "ExecStart")
    if not starts:
        raise ValueError("it has no ExecStart=")
    main = [*service.all("Service", "ExecStartPre"), *starts, *service.all("Service", "ExecStartPost")]
    commands = [_one(each, notes) for each in main]
    if (nice := service.last("Service", "Nice")) is not None:
        commands = [f"nice -n {shlex.quote(nice)} {command}" for command in commands]
    if len(commands) > 1:
        steps = ["set -e", *steps]
    body = [*steps, *commands]
    if conditions:
        inner = "\n".join(f"    {line}" for line in "\n".join(body).split("\n"))
        body = [f"if {' && '.join(conditions)}; then", inner, "fi"]
    if missing := unknown(service, "Service", _SERVICE):
        notes.append(f"not carried over: {', '.join(missing)}")
    found = understood("\n".join(body), home) if len(body) == 1 else None
    return (found.command if found else "\n".join(body)), [*notes, *(found.notes if found else ())]


def _one(setting: Setting, notes: list[str]) -> str:
    command, prefix = shell_command(setting.value)
    if left := open_specifiers(setting.value):
        notes.append(f"systemd replaces {', '.join(dict.fromkeys(left))} in {setting.name}; here it stays")
    if "-" in prefix:
        command += " || true"
    if "+" in prefix or "!" in prefix:
        notes.append(f"{setting.name} had more rights there ({prefix})")
    return command


def _limit(service: Unit, notes: list[str]) -> float | None:
    """Return the time limit in seconds: of the start of a oneshot service, or of any other's life."""
    oneshot = service.last("Service", "Type") == "oneshot"
    names = ("TimeoutStartSec", "TimeoutSec") if oneshot else ("RuntimeMaxSec",)
    for name in names:
        value = service.last("Service", name)
        if value is None or value == "infinity":
            continue
        try:
            return systemd_seconds(value) or None
        except ValueError as error:
            notes.append(f"{name}: {error}")
    return None
