"""`Line`: the way to the instance on one host, opened when it is needed and again when it was lost."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING, cast

from penstock.errors import HostLostError, PenstockError
from penstock.ssh.command import script_of
from penstock.ssh.connection import Connection
from penstock.ssh.far_engine import FarEngine
from penstock.ssh.hosts import Host

if TYPE_CHECKING:
    from penstock.api.engine import Engine

RUN_LIMIT = 180.0
"""Seconds that a command which is run from the console may take."""


class Line:
    """One host's connection and the bridge over it. For several threads."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.received = self.sent = 0
        """Bytes of bridges that have ended."""
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._engine: FarEngine | None = None

    def connect(self) -> Engine:
        """Return the engine there; raise `HostError` with the remedy if that cannot be.

        While a connection stands it is the same one, whether an engine runs there or not.
        """
        with self._lock:
            if self._engine is None or not self._engine.alive:
                self._drop()
                self._engine = self._open()
            return cast("Engine", self._engine)

    def standing(self) -> Engine:
        """Return the engine over the connection that stands; raise `HostLostError` if there is none."""
        engine = self._engine
        if engine is None or not engine.alive:
            why = f": {engine.lost}" if engine is not None and engine.lost else ""
            raise HostLostError(f"the connection to {self.host.name} is lost{why}")
        return cast("Engine", engine)

    def run(self, words: list[str]) -> str:
        """Run ``penstock`` with *words* there and return what it said; raise `PenstockError` if it failed."""
        with self._lock:
            connection = self._connected()
        try:
            done = subprocess.run(
                connection.command(script_of(self.host, words)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=RUN_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PenstockError(f"{self.host.name} did not answer within {RUN_LIMIT:g} s") from None
        said = (done.stderr or done.stdout).strip()
        if done.returncode:
            raise PenstockError(said or f"on {self.host.name} it ended with exit code {done.returncode}")
        return said

    def close(self) -> None:
        """End bridge and connection."""
        with self._lock:
            self._drop()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self) -> Connection:
        if self._connection is not None and not self._connection.alive:
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._connection = Connection(self.host)
        return self._connection

    def _open(self) -> FarEngine:
        connection = self._connected()
        said = tempfile.TemporaryFile()  # noqa: SIM115 - the engine over it reads it when it fails
        bridge = subprocess.Popen(
            connection.command(script_of(self.host, ["bridge"])),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
            bufsize=0,
        )
        try:
            return FarEngine(bridge, said, self.host)
        except BaseException:
            connection.close()  # it may be one that only says that it stands
            self._connection = None
            raise

    def _drop(self) -> None:
        engine, self._engine = self._engine, None
        if engine is None:
            return
        self.received += engine.received
        self.sent += engine.sent
        with contextlib.suppress(PenstockError, OSError):
            engine.close()
        if self._connection is not None:  # a link that died silently holds the next session up too
            self._connection.close()
            self._connection = None
