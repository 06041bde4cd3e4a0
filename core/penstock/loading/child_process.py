"""The load child, spawned or forked: its process, whether it has ended, and how it is collected."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from penstock import process

MARK = "PENSTOCK_LOAD"
"""Environment variable by which everything that a file starts while it loads can be found."""


class LoadChild(Protocol):
    """A child in its own session. Its process id is not reused before it is collected."""

    @property
    def pid(self) -> int:
        """Return its process id."""
        ...

    def has_ended(self) -> bool:
        """Return whether it has ended, without collecting it."""
        ...

    def collect(self) -> int:
        """Wait for it and all it started, already killed; return its exit code, negative for a signal."""
        ...


class Starter(Protocol):
    """Something that makes children."""

    def start(
        self, file: Path, channel: int, trace: int, output: int, environment: Mapping[str, str]
    ) -> LoadChild:
        """Start a child that loads *file*. Raises OSError if that is impossible."""
        ...


class Spawner:
    """Starts an interpreter for each file."""

    def start(
        self, file: Path, channel: int, trace: int, output: int, environment: Mapping[str, str]
    ) -> LoadChild:
        """Start a child; see `Starter`."""
        options = ["--fd", str(channel), "--trace-fd", str(trace)]
        child = subprocess.Popen(
            [*command(), str(file), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=file.parent,
            env=environment,
            pass_fds=(channel, trace),
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
        # Processes that it started may have left its session.
        process.kill_marked(MARK, [self._mark])
        return code
