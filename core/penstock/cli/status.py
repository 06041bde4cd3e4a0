"""`penstock status`: the state of the engine in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.cli.status_text import status_text

if TYPE_CHECKING:
    from penstock.model.views.status import EngineStatus

NO_ENGINE = 3
PATIENCE = 0.8
"""Seconds that the engine may take to answer; after that it counts as not answering."""


@click.command
@json_option
@pass_session
def status(session: Session, *, as_json: bool) -> int:
    """Show the state of the engine in a few lines.

    Without an engine the document shows the stored state, with "pid": null, and the exit code is 3. An
    engine that does not answer within a few seconds is named.

    Examples:
      penstock status
      penstock status --json | jq .failed_24h
    """
    facts = read_status(session)
    if as_json:
        print_json(facts)
    else:
        tell(status_text(facts))
        for warning in facts.warnings:
            say(f"! {warning}")
    return 0 if facts.pid is not None else NO_ENGINE


def read_status(session: Session) -> EngineStatus:
    """Return the engine's status, or the stored one, or that of a home where nothing has run yet."""
    import msgspec

    from penstock.cli.running import holder, silence
    from penstock.errors import EngineNotRunningError

    found = holder(session.settings)
    if found is None or not found.stopped:
        try:
            return session.glimpse(PATIENCE).status()
        except EngineNotRunningError:
            found = holder(session.settings)
    stored = _stored(session)
    if found is None:
        return stored
    return msgspec.structs.replace(stored, silent_pid=found.pid or 0, warnings=(silence(found),))


def _stored(session: Session) -> EngineStatus:
    from penstock.errors import EngineNotRunningError
    from penstock.model.views.status import EngineStatus

    try:
        return session.stored().status()
    except EngineNotRunningError:
        from penstock.version import __version__

        settings = session.settings
        return EngineStatus(
            pid=None,
            since=None,
            running=0,
            queued=0,
            failed_24h=0,
            idle_seconds=None,
            database_bytes=0,
            log_bytes=0,
            home=str(settings.home),
            version=__version__,
            parallelism=settings.parallelism,
        )
