"""Start the console: ``python -m penstock_tui [--home DIR] [--host DEST]... [--read-only] [--ascii]``.

The only file of the console that names a concrete engine. Textual reads its environment when it is
imported, so everything that decides how to draw is settled before that.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, cast

from penstock.api.engine import Engine
from penstock.charset import carries_glyphs, never_fail
from penstock.errors import PenstockError, SettingsError, UsageError
from penstock.model.acts import AnyAct
from penstock.model.places import Place
from penstock.settings import Settings, load_settings
from penstock_tui.last_words import LOG, LastWords, tell

if TYPE_CHECKING:
    from penstock.ssh.hosts import Host


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the console until it is left; return the exit code."""
    options = _parser().parse_args(arguments)
    refusal = terminal_refusal()
    if refusal is not None:
        return _refuse(refusal)
    try:
        settings = load_settings(None if options.host else options.home)
        source = _source(settings, options)
    except (SettingsError, UsageError) as error:
        return _refuse(str(error))
    except PenstockError as error:
        _refuse(str(error))
        return error.exit_code
    remote = bool(os.environ.get("SSH_CONNECTION"))
    prepare_environment(remote=remote)
    from penstock_tui.terminal import give_back, leave_as_found

    leave_as_found()
    last_words = LastWords(settings.home / LOG)
    _note_what_is_not_shown(last_words, settings.home / LOG)
    try:
        return _run(settings, source, options, mouse=options.mouse or not remote)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said
        give_back()
        tell(last_words.of(error))
        return 1
    finally:
        give_back()
        source.close()


def _note_what_is_not_shown(last_words: LastWords, file: Path) -> None:
    """Write down what is said beside the console while it has the screen: warnings, faults of threads."""

    def fault(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            last_words.of(args.exc_value, circumstances=f"thread {args.thread.name if args.thread else '?'}")

    threading.excepthook = fault
    logging.raiseExceptions = False
    if file.parent.is_dir():
        logging.basicConfig(
            handlers=[logging.FileHandler(file, delay=True)], format="%(asctime)s %(message)s"
        )


def _refuse(reason: str) -> int:
    sys.stderr.write(f"penstock console: {reason}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="penstock console", description="The console of an instance.")
    parser.add_argument(
        "--home", type=Path, help="the instance's folder, there with --host (default: as every command)"
    )
    parser.add_argument(
        "--host", action="append", default=[], metavar="DEST", help="the instance on this host, through ssh"
    )
    parser.add_argument("--read-only", action="store_true", help="hide everything that changes something")
    parser.add_argument("--ascii", action="store_true", help="draw in plain ASCII")
    parser.add_argument("--bell", action="store_true", help="ring when something fails elsewhere")
    parser.add_argument("--mouse", action="store_true", help="use the mouse over SSH too")
    return parser


def terminal_refusal() -> str | None:
    """Return why no console can be drawn here, or None."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "a terminal is needed; for scripts there is `penstock --help`"
    if os.environ.get("TERM", "dumb") == "dumb":
        return "this terminal (TERM=dumb) cannot show the console; the command line works: `penstock --help`"
    return None


def prepare_environment(*, remote: bool) -> None:
    """Turn Textual's animations off, and over SSH draw less often. The user's own settings stay."""
    calm = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0", "TEXTUAL_THEME": "ansi-dark"}
    if remote:
        calm["TEXTUAL_FPS"] = "30"
    for name, value in calm.items():
        os.environ.setdefault(name, value)
    for name in ("COLUMNS", "LINES"):  # an exported size would hide later changes
        os.environ.pop(name, None)


@dataclass(frozen=True)
class Source:
    """Where the console gets its engine: `Feed`'s arguments, and what else depends on where that is."""

    connect: Callable[[], Engine]
    fallback: Callable[[], Engine]
    start_engine: Callable[[], str] | None
    actor: str
    places: tuple[Place, ...] = ()
    back_off: tuple[float, float] = (0.25, 2.0)
    show_host: Callable[[str | None], None] | None = None
    close: Callable[[], None] = lambda: None


def _source(settings: Settings, options: argparse.Namespace) -> Source:
    """Return where the engine is: on this machine, or on a host that answers now.

    Raises `PenstockError` for a host that does not answer, with the reason.
    """
    if not options.host:
        return Source(
            connect=lambda: _connect(settings),
            fallback=lambda: _stored(settings),
            start_engine=lambda: _start_engine(settings),
            actor=_actor(),
        )
    from penstock.ssh.hosts import host_of, read_hosts

    known = read_hosts()
    home = None if options.home is None else str(options.home)
    hosts = [host_of(word, known, home) for word in options.host]
    if len({host.name for host in hosts}) < len(hosts):
        raise UsageError("a host is named twice: give one name of hosts.toml to each instance")
    places = tuple(host.place for host in hosts)
    actor = _actor(socket.gethostname())
    if len(hosts) > 1:
        return _several(hosts, places, actor)
    from penstock.ssh.line import Line
    from penstock.ssh.opened import BACK_OFF

    line = Line(hosts[0])
    sys.stderr.write(f"connecting to {line.host.name} ...\n")
    line.connect()
    return Source(
        connect=line.connect,
        fallback=line.standing,
        start_engine=lambda: line.run(["up", "-d"]),
        actor=actor,
        places=places,
        back_off=BACK_OFF,
        close=line.close,
    )


def _several(hosts: Sequence[Host], places: tuple[Place, ...], actor: str) -> Source:
    """Return all of them as one engine; they connect while the first screen is drawn."""
    from penstock.ssh.opened import open_several

    several = open_several(hosts)

    def engine() -> Engine:
        return cast("Engine", several)

    def show(name: str | None) -> None:
        several.focus = name

    return Source(
        connect=engine,
        fallback=engine,
        start_engine=None,
        actor=actor,
        places=places,
        show_host=show,
        close=several.close,
    )


def _run(settings: Settings, source: Source, options: argparse.Namespace, *, mouse: bool) -> int:
    from penstock_tui.app import Console
    from penstock_tui.feed import Feed
    from penstock_tui.keymap import read_keymap
    from penstock_tui.terminal import TerminalDriver

    in_ascii = options.ascii or not all(
        carries_glyphs(stream, os.environ) for stream in (sys.stdout, sys.stderr)
    )
    TerminalDriver.plain = in_ascii
    never_fail(sys.stdout)
    never_fail(sys.stderr)
    keymap, warnings = read_keymap(settings.home / "keys.toml")
    console = Console(
        lambda post: Feed(
            source.connect, post, fallback=source.fallback, actor=source.actor, back_off=source.back_off
        ),
        zone=_local_zone(),
        read_only=options.read_only,
        ascii=in_ascii,
        keymap=keymap,
        warnings=warnings,
        places=source.places,
        show_host=source.show_host,
        start_engine=source.start_engine,
        read_command=_read_command,
        in_tmux=bool(os.environ.get("TMUX")),
    )
    console.attendance.rings = options.bell or settings.bell
    console.last_words = LastWords(settings.home / LOG)
    code = console.run(mouse=mouse)
    sys.stdout.flush()
    sys.stderr.flush()
    source.close()
    # A question may still wait on a socket, and nothing is worth waiting for it.
    os._exit(code if isinstance(code, int) else console.return_code or 0)


def _connect(settings: Settings) -> Engine:
    from penstock.api.client import socket_engine

    engine = socket_engine(settings.socket)
    engine.connect()
    return engine


def _stored(settings: Settings) -> Engine:
    from penstock.api.connect import open_engine

    return open_engine(settings)


def _read_command(engine: Engine, words: Sequence[str]) -> list[AnyAct]:
    """Return the acts that a command means; the command line is loaded only when a runbook needs it."""
    from penstock.cli.spoken import acts_of

    return acts_of(engine, words)


def _start_engine(settings: Settings) -> str:
    """Run ``penstock up -d`` and return what it said; raise `PenstockError` with it if it failed."""
    command = [sys.executable, "-m", "penstock", "up", "-d"]
    environment = {**os.environ, "PENSTOCK_HOME": str(settings.home)}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PenstockError(f"penstock up -d: {error}") from None
    said = (done.stderr or done.stdout).strip()
    if done.returncode:
        raise PenstockError(said or f"penstock up -d ended with exit code {done.returncode}")
    return said


def _actor(machine: str = "") -> str:
    """Return the name of the user, and of the *machine* if it is another one, for the event trail."""
    import pwd

    at = f"@{machine}" if machine else ""
    try:
        return f"{pwd.getpwuid(os.getuid()).pw_name}{at} (console)"
    except KeyError:
        return f"uid {os.getuid()}{at} (console)"


def _local_zone() -> tzinfo:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone


if __name__ == "__main__":
    sys.exit(main())
