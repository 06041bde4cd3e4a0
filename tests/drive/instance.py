"""A real instance in a folder of its own: the engine as a process that tests may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from drive.waiting import wait_for
from penstock.api.client import SocketEngine, socket_engine
from penstock.errors import EngineError
from penstock.model.views.status import EngineStatus
from penstock.settings import Settings, load_settings


class Instance:
    """One home, and the engine that runs on it at the moment."""

    def __init__(self, home: Path, config: str = "", environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.environment = dict(environment or {})
        """What the engine's process gets besides the tests' own environment."""
        (home / "dags").mkdir(parents=True, exist_ok=True)
        (home / "penstock.toml").write_text(config)
        self.prefix: Sequence[str] = ()
        """Words before the engine's command, such as those that run it in a network namespace."""
        self.settings: Settings = load_settings(home)
        self._engine: subprocess.Popen[bytes] | None = None

    def write_dag(self, name: str, text: str) -> Path:
        """Put a DAG file into the folder, whole."""
        path = self.home / "dags" / f"{name}.py"
        fresh = path.with_suffix(".tmp")
        fresh.write_text(text)
        fresh.rename(path)
        return path

    def start(self, *, failpoint: str | None = None, wait: bool = True) -> None:
        """Start the engine, armed with a failpoint if one is named."""
        environment = {**os.environ, **self.environment, "PENSTOCK_HOME": str(self.home)}
        environment.pop("PENSTOCK_FAILPOINT", None)
        if failpoint:
            environment["PENSTOCK_FAILPOINT"] = failpoint
        with (self.home / "engine.log").open("ab") as log:
            self._engine = subprocess.Popen(
                [*self.prefix, sys.executable, "-P", "-m", "penstock", "up"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self.await_ready()

    def await_ready(self, limit: float = 60.0) -> None:
        """Wait until the engine answers; an engine that died on a failpoint is no error."""
        wait_for(lambda: self.dead or self.answers(), limit, "the engine does not answer")

    def answers(self) -> bool:
        """Whether the engine answers."""
        try:
            with self.client() as engine:
                return engine.status().pid is not None
        except EngineError:
            return False

    @property
    def dead(self) -> bool:
        """Whether the engine's process has ended."""
        return self._engine is None or self._engine.poll() is not None

    @property
    def pid(self) -> int:
        """The engine's process."""
        assert self._engine is not None
        return self._engine.pid

    def kill(self) -> None:
        """Kill -9."""
        if self._engine is not None:
            if self._engine.poll() is None:
                self._engine.send_signal(signal.SIGKILL)
            self._engine.wait()
            self._engine = None

    def stop(self) -> None:
        """End the engine in order."""
        if self._engine is not None:
            self._engine.terminate()
            self._engine.wait(30)
            self._engine = None

    @contextmanager
    def client(self) -> Iterator[SocketEngine]:
        """Give a client of the engine."""
        engine = socket_engine(self.settings.socket)
        try:
            yield engine
        finally:
            engine.close()

    def status(self) -> EngineStatus:
        """Return the engine's status."""
        with self.client() as engine:
            return engine.status()

    def supervisors(self) -> list[int]:
        """Return the processes that supervise attempts of this home."""
        return [pid for pid, words in processes() if "supervisor" in words and str(self.home) in words]

    def leftovers(self) -> list[tuple[int, str]]:
        """Return task processes of this home that are still alive."""
        marker = str(self.home).encode()
        found = []
        for pid, words in processes():
            try:
                environment = Path(f"/proc/{pid}/environ").read_bytes()
            except OSError:
                continue
            if b"PENSTOCK_ATTEMPT=" in environment and marker in environment:
                found.append((pid, words))
        return found

    def close(self) -> None:
        """Kill everything that belongs to this home."""
        self.kill()
        for pid in self.supervisors():
            with_suppressed_kill(pid)
        for pid, _ in self.leftovers():
            with_suppressed_kill(pid)


def with_suppressed_kill(pid: int) -> None:
    """Kill -9 a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def processes() -> Iterator[tuple[int, str]]:
    """Yield (pid, command line) of every process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if words:
                yield int(entry.name), words
