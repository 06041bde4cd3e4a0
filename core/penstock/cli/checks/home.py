"""The home: its owner and permissions, its file system, free space, its DAG files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.checks import Check

if TYPE_CHECKING:
    from penstock.settings import Settings
    from penstock.trust import Flaw


def check_home(settings: Settings) -> Iterator[Check]:
    """Yield the checks of the folder."""
    home = settings.home
    if not home.is_dir():
        yield Check("home", "warn", f"{home} does not exist", f"penstock init {home}")
        return
    yield _owner(settings)
    yield _file_system(home)
    yield _room(home)
    yield _config(settings)
    yield _kept(settings)


def _flaws(settings: Settings) -> list[Flaw]:
    from penstock.service.trusted import flaws_of_home

    return list(flaws_of_home(settings))


def _owner(settings: Settings) -> Check:
    home = settings.home
    facts = home.stat()
    if facts.st_uid != os.geteuid():
        return Check(
            "home",
            "fail",
            f"{home} belongs to uid {facts.st_uid}, you are {os.geteuid()}",
            "become its owner",
        )
    flaws = _flaws(settings)
    if flaws:
        rest = f", and {len(flaws) - 1} more" if len(flaws) > 1 else ""
        return Check("home", "fail", f"{flaws[0].path} {flaws[0].text}{rest}", flaws[0].todo)
    if facts.st_mode & 0o077:
        mode = f"{facts.st_mode & 0o777:o}"
        return Check("home", "warn", f"others can read {home} (mode {mode})", f"chmod 700 {home}")
    return Check("home", "ok", f"{home}, only you can read it")


def _file_system(home: Path) -> Check:
    from penstock.store.network import network_file_system

    kind = network_file_system(home)
    if kind:
        return Check("file system", "fail", f"{kind}: its locks are not reliable", "use a local disk")
    return Check("file system", "ok", "local")


def _room(home: Path) -> Check:
    from penstock.cli.text import size
    from penstock.settings import least_free

    usage = shutil.disk_usage(home)
    least = least_free(usage.total)
    text = f"{size(usage.free)} free of {size(usage.total)}"
    if usage.free < least:
        why = f"{text}, less than {size(least)}: nothing is launched"
        return Check("disk", "fail", why, "free some space, or keep less: retention_days, retention_bytes")
    return Check("disk", "ok", text)


def _config(settings: Settings) -> Check:
    if not settings.config_file.is_file():
        return Check("config", "ok", "no penstock.toml: every setting has its default")
    readable = settings.config_file.stat().st_mode & 0o077
    if readable and settings.connections and settings.home.stat().st_mode & 0o077:
        return Check(
            "config",
            "warn",
            "others can read the connections in penstock.toml",
            f"chmod 600 {settings.config_file}",
        )
    return Check("config", "ok", str(settings.config_file))


def _kept(settings: Settings) -> Check:
    from penstock.cli.text import count

    past = settings.kept_of("")
    own = f"; {count(len(settings.retention), 'DAG')} with own limits" if settings.retention else ""
    if not past.days and not past.bytes:
        return Check("kept", "warn", f"everything, forever{own}", "set retention_days or retention_bytes")
    return Check("kept", "ok", past.words() + own)
