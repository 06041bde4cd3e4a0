"""Finds the crontabs and timers of this machine, and what has to be known about it to read them."""

from __future__ import annotations

import getpass
import os
import pwd
import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.importing.from_timers import Timer
    from penstock.importing.jobs import Place
    from penstock.importing.units import Unit

_SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs")
_UNITS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_DEBIAN_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Crontab:
    """The text of a crontab. ``users``: whether its jobs name users; None if that is not known.

    ``refused`` says why the daemon does not read this file, None if it does.
    """

    title: str
    text: str
    users: bool | None
    refused: str | None = None


def place(zone: str | None, user: str | None, now: datetime) -> Place:
    """Return what is known about this machine; *zone* and *user* are what the command was told."""
    from penstock.importing.jobs import Place

    homes = {entry.pw_name: entry.pw_dir for entry in pwd.getpwall()}
    runs_as = getpass.getuser()
    whose = user or runs_as
    return Place(
        zone=zone or _machine_zone(),
        user=whose,
        home=homes.get(whose, str(Path.home())),
        runs_as=runs_as,
        now=now,
        homes=homes,
    )


def likely_daemon() -> str:
    """Return the cron daemon that a machine such as this one has."""
    if Path("/etc/alpine-release").exists():
        return "busybox"
    if any(Path(each).exists() for each in ("/etc/redhat-release", "/etc/arch-release", "/etc/SUSE-brand")):
        return "cronie"
    return "debian"


def _machine_zone() -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    names = [os.environ.get("TZ", "").lstrip(":")]
    link = Path("/etc/localtime")
    if link.is_symlink():
        names.append(str(link.resolve()).partition("zoneinfo/")[2])
    file = Path("/etc/timezone")
    if file.is_file():
        names.append(file.read_text(encoding="utf-8", errors="replace").strip())
    for name in filter(None, names):
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"


def read_text(path: Path) -> str:
    """Return the text of a file, with the ends of its lines as they are; raise `UsageError`."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}: line {line} is not UTF-8: convert the file first") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def crontab_of(user: str | None) -> Crontab:
    """Return the crontab of a user (None: one's own); raise `UsageError` if it cannot be had."""
    whose = user or getpass.getuser()
    command = ["crontab", "-l", *(["-u", user] if user else [])]
    why = ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode == 0:
            return Crontab(f"the crontab of {whose}", done.stdout, users=False)
        why = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    except FileNotFoundError:
        why = "the program crontab is not installed"
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        why = str(error)
    for folder in _SPOOLS:
        file = Path(folder, whose)
        if "/" not in whose and os.access(file, os.R_OK) and file.is_file():
            return Crontab(f"the crontab of {whose}", read_text(file), users=False)
    raise UsageError(f"the crontab of {whose} cannot be read: {why or 'it does not exist'}")


def system_crontabs(daemon: str) -> Iterator[Crontab]:
    """Yield the crontabs of the machine: /etc/crontab and those of /etc/cron.d.

    Raises `UsageError` if it has none.
    """
    if daemon == "busybox":
        raise UsageError("busybox crond has no crontab of the system: give a FILE or -u USER")
    files = [Path("/etc/crontab"), *sorted(Path("/etc/cron.d").glob("*"))]
    found = [file for file in files if file.is_file() and file.name != ".placeholder"]
    if not found:
        raise UsageError("this machine has neither /etc/crontab nor files in /etc/cron.d")
    for file in found:
        yield Crontab(str(file), read_text(file), users=True, refused=refusal(file, daemon))


def refusal(file: Path, daemon: str) -> str | None:
    """Return why *daemon* does not read *file* of /etc/cron.d, or None if it does."""
    if file.parent.name == "cron.d" and daemon == "debian" and not _DEBIAN_NAME.fullmatch(file.name):
        return f"Debian cron does not read {file}: its name may have letters, digits, _ and - only"
    if file.parent.name == "cron.d" and (
        file.name.startswith((".", "#")) or file.name.endswith(("~", ".rpmnew"))
    ):
        return f"cronie does not read {file}, because of its name"
    mode = file.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"cron does not read {file}: others may write to it"
    if daemon == "cronie" and mode & 0o111:
        return f"cronie does not read {file}: it is executable"
    return None


def timer_of(name: str) -> Timer:
    """Return a timer by its name or its file, with the service that it starts; raise `UsageError`."""
    from penstock.importing.from_timers import Timer

    given = Path(name)
    folders = [Path(folder) for folder in _UNITS]
    if "/" in name:
        folders = [given.parent]
    user_units = Path.home() / ".config" / "systemd" / "user"
    full = given.name if given.name.endswith(".timer") else f"{given.name}.timer"
    if given.suffix and given.suffix != ".timer" and "/" in name:
        raise UsageError(f"{name} is not a timer: give a unit such as backup.timer, or its file")
    timer, where = _unit(full, [*folders, user_units] if "/" not in name else folders)
    started = timer.last("Timer", "Unit") or f"{timer.stem}.service"
    service, _ = _unit(started, [where, *folders, user_units])
    return Timer(timer, service, system="user" not in where.parts)


def _unit(name: str, folders: list[Path]) -> tuple[Unit, Path]:
    from penstock.importing.units import UnitError, read_unit

    stem, _, kind = name.rpartition(".")
    template = f"{stem.partition('@')[0]}@.{kind}" if "@" in stem else name
    for folder in folders:
        for file in dict.fromkeys([folder / name, folder / template]):
            if not file.is_file():
                continue
            drops = [drop for each in folders for drop in sorted((each / f"{name}.d").glob("*.conf"))]
            try:
                return read_unit(name, [read_text(file), *map(read_text, drops)]), folder
            except UnitError as error:
                raise UsageError(f"{file}: {error}") from None
    raise UsageError(f"unit {name} is not in {', '.join(map(str, folders))}")
