"""A log in the person's pager or editor, or saved to a file."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from penstock_tui import log_reading, outside
from penstock_tui.merged_source import MergedSource
from penstock_tui.shell import Shell
from penstock_tui.view.durations import size
from penstock_tui.view.log_source import LogSource

_MOST = 4 << 20
_LOOK = 1.0
"""Seconds between two looks for what a run has printed since, while it is in the pager."""


async def show(shell: Shell, source: LogSource, name: str, kind: str) -> None:
    """Show a log in the ``pager`` or a copy of it in the ``editor``; come back when that ends.

    The pager gets the log's own file, if there is one that can be read, so it can follow a live log; else
    a copy, which goes on growing.
    """
    command = outside.command_of(kind, os.environ)
    if kind == "pager" and source.path is not None and os.access(source.path, os.R_OK):
        _say(shell, shell.run_outside([*command, source.path]))
        return
    with tempfile.TemporaryDirectory(prefix="penstock-log-") as folder:
        path = Path(folder) / f"{name}.log"
        shell.say(f"copying the log for {command[0]} ...")
        try:
            with path.open("wb") as file:
                async for block in log_reading.blocks(source):
                    file.write(block)
        except OSError as error:
            shell.say(f"the log could not be copied: {error}", "error")
            return
        over = threading.Event()
        if kind == "pager" and isinstance(source, MergedSource) and source.whole.live:
            threading.Thread(target=_go_on, args=(shell, source, path, over), daemon=True).start()
        elif kind == "editor":
            path.chmod(stat.S_IRUSR)  # what is written there changes nothing
        try:
            problem = shell.run_outside([*command, os.fspath(path)])
        finally:
            over.set()
        _say(shell, problem)


def _say(shell: Shell, problem: str | None) -> None:
    if problem is not None:
        shell.say(problem, "error")


def _go_on(shell: Shell, source: MergedSource, path: Path, over: threading.Event) -> None:
    """Append what the run prints to *path* until *over*; the console itself stands still meanwhile."""
    at = source.shown.size
    with suppress(Exception), path.open("ab") as file:
        while not over.wait(_LOOK) and source.whole.live:
            source.take(shell.feed.ask_here(source.ask_since))
            for line in shell.feed.ask_here(partial(source.bytes, offset=at, limit=_MOST)).split(b"\n")[:-1]:
                file.write(source.tag(at)[0].encode() + b" " + line + b"\n")
                at += len(line) + 1
            file.flush()


# -- saving ----------------------------------------------------------------------------------------


def place(text: str, name: str) -> Path:
    """Return the file that *text* means: in a folder it is called *name*."""
    path = Path(text).expanduser()
    return path / name if path.is_dir() or text.endswith("/") else path


def wrong(text: str, name: str) -> str | None:
    """Return why nothing can be saved at *text*, or None."""
    if not text:
        return "type the path of a file"
    try:
        path = place(text, name)
        if path.is_dir():
            return f"{path} is a folder"
        if path.exists() and not path.is_file():
            return f"{path} is not a file"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}"
    except (OSError, ValueError, RuntimeError) as error:
        return str(error)
    return None if os.access(path.parent, os.W_OK) else f"you cannot write in {path.parent}"


def overwrites(text: str, name: str) -> str | None:
    """Return the question whether to overwrite the file at *text*; None if there is none."""
    path = place(text, name)
    if not os.path.lexists(path):
        return None
    return f"it exists, {path.lstat().st_size:,} bytes: enter again overwrites it"


async def save(shell: Shell, source: LogSource, path: Path, *, overwrite: bool) -> None:
    """Write all of a log to *path*, whole or not at all; without *overwrite* never over another file."""
    written = 0
    try:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with draft.open("xb") as file:
                async for block in log_reading.blocks(source):
                    written += file.write(block)
            if overwrite:
                draft.replace(path)
            else:
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        shell.say(f"{path} has been made meanwhile: nothing is saved", "error")
    except OSError as error:
        shell.say(f"the log is not saved: {error}", "error")
    else:
        shell.say(f"saved {size(written)} to {path}")
