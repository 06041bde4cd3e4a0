"""Programs that take the terminal for a while: a pager, an editor."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

_THEIRS = (signal.SIGINT, signal.SIGQUIT)
"""Signals of keys: while another program has the terminal they are meant for it alone."""


def command_of(kind: str, environment: Mapping[str, str]) -> list[str]:
    """Return the command line of the person's ``pager`` or ``editor``, split as a shell does."""
    if kind == "pager":
        named = environment.get("PAGER") or "less"
    else:
        named = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
    try:
        return shlex.split(named) or [named]
    except ValueError:
        return [named]


def run(command: Sequence[str]) -> str | None:
    """Run *command* on the terminal until it ends; return why it could not be run, or None.

    ``less`` shows colours, and no other control sequence, unless ``LESS`` says otherwise.
    """
    environment = {"LESS": "R", **os.environ}
    with _for_them():
        try:
            code = subprocess.call(list(command), env=environment)
        except OSError as error:
            return f"{command[0]}: {error.strerror or error}"
    return None if code == 0 else f"{command[0]} ended with exit code {code}"


@contextmanager
def _for_them() -> Iterator[None]:
    # Not SIG_IGN, which the program would inherit; a handler is not.
    before = {number: signal.signal(number, _nothing) for number in _THEIRS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass
