"""The machine: Python, SQLite, time zones, the user, the service, the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.checks import Check

if TYPE_CHECKING:
    from penstock.settings import Settings

_OLDEST_PYTHON = (3, 11)
_OLDEST_SQLITE = (3, 37, 0)
_SQLITE_WAL_FIXED = (3, 51, 3)


def check_machine(settings: Settings) -> Iterator[Check]:
    """Yield the checks of the machine."""
    yield _python()
    yield _sqlite()
    yield _time_zones(settings)
    yield from _airflow(settings)
    yield _user(settings)
    yield from _lingering()
    yield from _terminal()


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Check("python", "fail", f"{version} is too old", "use Python 3.11 or newer")
    return Check("python", "ok", f"{version}, {sys.executable}")


def _sqlite() -> Check:
    import sqlite3

    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        return Check(
            "sqlite", "fail", f"{version} is too old", "use a Python built with SQLite 3.37 or newer"
        )
    if sqlite3.sqlite_version_info < _SQLITE_WAL_FIXED:
        return Check(
            "sqlite",
            "ok",
            f"{version}; versions before 3.51.3 can damage a write-ahead log if two processes checkpoint it "
            "at the same time, which cannot happen here: only the engine writes",
        )
    return Check("sqlite", "ok", version)


def _airflow(settings: Settings) -> Iterator[Check]:
    """Say which airflow DAG files get if a real one is installed beside Penstock."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("apache-airflow")
    except PackageNotFoundError:
        return
    if settings.airflow.get("compat", True):
        told = f"apache-airflow {installed} is installed; DAG files that import airflow get Penstock's words"
        yield Check("airflow", "ok", told)
    else:
        told = (
            f"apache-airflow {installed} is installed, and DAG files import it: its DAGs are not Penstock's"
        )
        yield Check("airflow", "warn", told, "set compat = true under [airflow] in penstock.toml")


def _time_zones(settings: Settings) -> Check:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    try:
        ZoneInfo(settings.timezone)
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError as error:
        return Check("time zones", "fail", f"no data: {error}", "install the tzdata package")
    return Check(
        "time zones", "ok", f"{len(available_timezones())} known; this instance's is {settings.timezone}"
    )


def _user(settings: Settings) -> Check:
    if os.geteuid() != 0:
        return Check("user", "ok", f"not root (uid {os.geteuid()})")
    if not settings.allow_root:
        return Check("user", "fail", "this is root, and allow_root is false", "become the instance's owner")
    return Check("user", "warn", "root: every task runs as root", "give Penstock its own user")


def _lingering() -> Iterator[Check]:
    """Systemd may end a user's processes when the user logs out."""
    if not Path("/run/systemd/system").is_dir() or os.geteuid() == 0:
        return
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return
    if Path("/var/lib/systemd/linger", user).exists():
        yield Check("lingering", "ok", "systemd keeps this user's services after logout")
    else:
        yield Check(
            "lingering",
            "warn",
            "systemd may end this user's services at logout, and does not start them at boot",
            f"loginctl enable-linger {user}",
        )


def _terminal() -> Iterator[Check]:
    if not sys.stderr.isatty():
        yield Check("terminal", "ok", "not a terminal; nothing to check")
        return
    term = os.environ.get("TERM", "")
    if term in {"", "dumb"}:
        yield Check(
            "terminal", "fail", f"TERM is {term!r}: the console cannot run", "export TERM=xterm-256color"
        )
        return
    yield Check("terminal", "ok", f"{term}, {_colours(term)}")
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        yield Check(
            "encoding", "warn", f"{encoding}: lines and marks will look wrong", "export LC_ALL=C.UTF-8"
        )
    if os.environ.get("TMUX"):
        yield _tmux()


def _colours(term: str) -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM") in {"truecolor", "24bit"}:
        return "16 million colours"
    return "256 colours" if "256" in term else "16 colours"


def _tmux() -> Check:
    import subprocess

    try:
        answer = subprocess.run(
            ["tmux", "show-options", "-gv", "set-clipboard"],
            capture_output=True,
            text=True,
            timeout=2,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return Check("tmux", "warn", "does not say whether it passes on copied text")
    if answer == "on":
        return Check("tmux", "ok", "copying in the console reaches your clipboard")
    return Check(
        "tmux",
        "warn",
        f"set-clipboard is {answer}: text copied in the console stays in tmux",
        "tmux set -g set-clipboard on",
    )
