"""`penstock down`: end the engine, and nothing else."""

from __future__ import annotations

import signal
import time

import click

from penstock.cli.output import say, tell
from penstock.cli.session import Session, pass_session
from penstock.errors import EngineError

PATIENCE = 60.0
"""Seconds the engine may take to end."""
_POLL = 0.05


@click.command
@pass_session
def down(session: Session) -> int:
    """End the engine, but no task.

    Returns when the engine has ended. Running tasks go on, and the next engine adopts them.

    Examples:
      penstock down
      penstock down && penstock up -d      upgrade or reconfigure while tasks run
    """
    from penstock.cli.running import holder

    home = session.settings.home
    found = holder(session.settings)  # not asked over the socket, which may be gone or not answer
    if found is None:
        tell(f"no engine runs for {home}")
        return 0
    pid = found.pid or _told(session)
    _end(pid, stopped=found.stopped)
    tell(f"engine ended, pid {pid}")
    say("running tasks go on")
    return 0


def _told(session: Session) -> int:
    """Return the pid as the engine reports it, if the kernel does not know it."""
    from penstock.cli.running import silence
    from penstock.holder import Holder

    try:
        pid = session.engine().status().pid
    except EngineError:
        pid = None
    if pid is None:
        raise EngineError(silence(Holder(None)))
    return pid


def _end(pid: int, *, stopped: bool) -> None:
    """Ask the engine to end, and return when its process is gone."""
    from penstock import process

    ticks, boot = process.start_ticks(pid), process.boot_id()
    if ticks is None:
        return
    try:
        process.signal_process(pid, ticks, signal.SIGTERM)
        if stopped:
            say(f"the engine, pid {pid}, was stopped: it gets SIGCONT so that it can end")
            process.signal_process(pid, ticks, signal.SIGCONT)
    except PermissionError:
        raise EngineError(f"the engine, pid {pid}, belongs to somebody else") from None
    deadline = time.monotonic() + PATIENCE
    while process.is_alive(pid, ticks, boot):
        if time.monotonic() > deadline:
            raise EngineError(f"the engine, pid {pid}, has not ended after {PATIENCE:g} s; see engine.log")
        time.sleep(_POLL)
