"""The child of one conversation, spawned or forked: who it is, whether it ended, and how it is collected."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from penstock import process

MARK = "PENSTOCK_LOAD"
"""Environment variable by which everything that a file starts while it loads is found again."""


class Held(Protocol):
    """A child that leads a session of its own. Its number is nobody else's until it was collected."""

    @property
    def pid(self) -> int:
        """Return its process id."""
        ...

    def has_ended(self) -> bool:
        """Return whether it ended, without collecting it."""
        ...

    def collect(self) -> int:
        """Wait for it, killed by now, and for all it started; return its exit code, negative for a signal."""
        ...


class Starter(Protocol):
    """Whatever makes children."""

    def start(
        self, file: Path, channel: int, words: int, output: int, environment: Mapping[str, str]
    ) -> Held:
        """Start a child that loads *file*. Raises OSError when there can be none."""
        ...


class Spawning:
    """Starts an interpreter for each file."""

    def start(
        self, file: Path, channel: int, words: int, output: int, environment: Mapping[str, str]
    ) -> Held:
        """Start a child; see `Starter`."""
        options = ["--fd", str(channel), "--trace-fd", str(words)]
        child = subprocess.Popen(
            [*command(), str(file), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=file.parent,
            env=environment,
            pass_fds=(channel, words),
            start_new_session=True,
        )
        return _Spawned(child, environment[MARK])


def command() -> list[str]:
    """Return the command of a load child, without its arguments."""
    return [sys.executable, "-P", "-u", "-m", "penstock.loading.child"]


class _Spawned:
    def __init__(self, child: subprocess.Popen[bytes], mark: str) -> None:
        self._child = child
        self._mark = mark

    @property
    def pid(self) -> int:
        return self._child.pid

    def has_ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def collect(self) -> int:
        code = self._child.wait()
        # What it started may have left its session.
        process.kill_marked(MARK, [self._mark])
        return code
