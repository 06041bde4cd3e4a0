"""Start the console: ``python -m penstock_tui [--home DIR] [--read-only] [--ascii] [--mouse]``.

The only file of the console that names a concrete engine. Textual reads its environment when it is
imported, so everything that decides how to draw is settled before that.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from penstock.api.engine import Engine
from penstock.charset import carries_glyphs, never_fail
from penstock.errors import PenstockError, SettingsError
from penstock.model.acts import AnyAct
from penstock.settings import Settings, load_settings
from penstock_tui.last_words import LOG, LastWords, tell


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the console until it is left; return the exit code."""
    options = _parser().parse_args(arguments)
    refusal = terminal_refusal()
    if refusal is not None:
        return _refuse(refusal)
    try:
        settings = load_settings(options.home)
    except SettingsError as error:
        return _refuse(str(error))
    remote = bool(os.environ.get("SSH_CONNECTION"))
    prepare_environment(remote=remote)
    from penstock_tui.terminal import give_back, leave_as_found

    leave_as_found()
    last_words = LastWords(settings.home / LOG)
    _note_what_is_not_shown(last_words, settings.home / LOG)
    try:
        return _run(settings, options, mouse=options.mouse or not remote)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said
        give_back()
        tell(last_words.of(error))
        return 1
    finally:
        give_back()


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
        "--home", type=Path, help="the instance's folder (default: as every penstock command)"
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


def _run(settings: Settings, options: argparse.Namespace, *, mouse: bool) -> int:
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
            lambda: _connect(settings), post, fallback=lambda: _stored(settings), actor=_actor()
        ),
        zone=_local_zone(),
        read_only=options.read_only,
        ascii=in_ascii,
        keymap=keymap,
        warnings=warnings,
        start_engine=lambda: _start_engine(settings),
        read_command=_read_command,
        in_tmux=bool(os.environ.get("TMUX")),
    )
    console.attendance.rings = options.bell or settings.bell
    console.last_words = LastWords(settings.home / LOG)
    code = console.run(mouse=mouse)
    sys.stdout.flush()
    sys.stderr.flush()
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


def _actor() -> str:
    """Return the name of the user, for the event trail."""
    import pwd

    try:
        return f"{pwd.getpwuid(os.getuid()).pw_name} (console)"
    except KeyError:
        return f"uid {os.getuid()} (console)"


def _local_zone() -> tzinfo:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone


if __name__ == "__main__":
    sys.exit(main())
