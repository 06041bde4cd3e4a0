"""`penstock up`: start the engine."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import click

from penstock.cli.output import tell
from penstock.cli.session import Session, pass_session
from penstock.errors import EngineError, EngineNotRunningError, ProtocolError
from penstock.trust import make_folder

if TYPE_CHECKING:
    from penstock.settings import Settings

PATIENCE = 60.0
"""Seconds that an engine in the background may take until its socket answers."""
_POLL = 0.05
_LAST_LINES = 12


@click.command
@click.option("-d", "--detach", is_flag=True, help="In the background; returns when the engine is ready.")
@pass_session
def up(session: Session, *, detach: bool) -> int:
    """Start the engine.

    With -d it returns once the engine answers and has loaded every DAG file; the engine then writes to
    engine.log. If an engine already runs, nothing happens.

    Examples:
      penstock up -d
      penstock up            in the foreground; ctrl-c ends the engine, but no task
    """
    from penstock.cli.own_engine import require_user, run_engine

    if not detach:
        return run_engine(session.settings)
    require_user(session.settings)
    return _detached(session)


def _detached(session: Session) -> int:
    settings = session.settings
    pid = _answering(session)
    if pid is not None:
        tell(f"an engine runs already for {settings.home}, pid {pid}")
        return 0
    make_folder(settings.home)
    log_start = settings.engine_log.stat().st_size if settings.engine_log.exists() else 0
    pid = _await(session, _spawn(settings), log_start)
    tell(f"engine started for {settings.home}, pid {pid}")
    return 0


def _answering(session: Session) -> int | None:
    """Return the pid of an engine that answers, None if none does; raise `EngineError` for a stopped one."""
    from penstock.cli.running import holder, silence

    found = holder(session.settings)
    if found is not None and found.stopped:
        raise EngineError(silence(found))
    try:
        return session.engine().status().pid
    except EngineNotRunningError:
        return None
    except ProtocolError as error:
        raise EngineError(f"an engine of another version runs for this home: {error}") from None


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    """Start the engine in its own session, without this terminal."""
    environment = {**os.environ, "PENSTOCK_HOME": str(settings.home)}
    descriptor = os.open(settings.engine_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "penstock", "up"],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=settings.home,
            env=environment,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


def _await(session: Session, engine: subprocess.Popen[bytes], log_start: int) -> int:
    """Return the engine's pid once it answers; it opens its socket when all files are loaded."""
    from penstock.cli.running import holder

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        pid = _answering(session)
        if pid is not None:
            engine.returncode = 0  # this process need not wait for it any more
            return pid
        code = engine.poll()
        # An engine that lost the race for the home waits for the socket of the winner.
        if code is not None and holder(session.settings) is None:
            raise EngineError(
                f"the engine ended at once, with exit code {code}{_last_words(session.settings, log_start)}"
            )
        time.sleep(_POLL)
    engine.returncode = 0
    raise EngineError(
        f"the engine (pid {engine.pid}) does not answer after {PATIENCE:g} s; it may still be loading "
        f"DAG files{_last_words(session.settings, log_start)}"
    )


def _last_words(settings: Settings, log_start: int) -> str:
    try:
        with settings.engine_log.open("rb") as stream:
            stream.seek(log_start)
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    if not lines:
        return "" if _writable(settings) else f": the disk of {settings.home} is full; free some space"
    return f"; the end of {settings.engine_log}:\n" + "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])


def _writable(settings: Settings) -> bool:
    """Return whether a byte can be written: if not, the engine could not write the reason to its log."""
    try:
        with tempfile.TemporaryFile(dir=settings.home) as probe:
            probe.write(b"x")
    except OSError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    return True
