"""Checks that a home belongs to its user alone, before anything in it is read, written or started."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from penstock import trust
from penstock.errors import RefusedError
from penstock.settings import Settings


def require_trusted(settings: Settings) -> None:
    """Raise `RefusedError`, with what to type, if another user could decide what runs here."""
    if settings.home.exists() and (owner := settings.home.stat().st_uid) != os.geteuid():
        name, me = trust.user_name(owner), trust.user_name(os.geteuid())
        raise RefusedError(
            f"{settings.home} belongs to user {name}, and you are {me}: one instance, one user. Become "
            f"{name}, or make it yours with everything in it: chown -R {me} {shlex.quote(str(settings.home))}"
        )
    trust.require(*flaws_of_home(settings))


def require_config(settings: Settings) -> None:
    """Raise `RefusedError` if another user could change penstock.toml: it names commands for secrets."""
    file = settings.config_file
    if file.exists():
        trust.require(trust.file_flaw(file, file.stat()))


def flaws_of_home(settings: Settings) -> Iterator[trust.Flaw]:
    """Yield everything by which another user could decide what runs here, each once."""
    found: dict[trust.Flaw, None] = dict.fromkeys(trust.flaws_of(settings.home, ours=True))
    for path in (
        settings.config_file,
        settings.database,
        settings.values_file,
        settings.attempts,
        settings.versions,
        settings.run_folder,
    ):
        found.update(dict.fromkeys(trust.flaws_of(path)))
    found.update(dict.fromkeys(trust.flaws_of(settings.dags_folder, group=settings.dags_group or None)))
    yield from found
