"""An engine of our own: a temporary home, a daemon, runs, and what they took by the store's books."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.usage import CpuUse, children, cpu_use, is_supervisor
from penstock.api.client import socket_engine
from penstock.errors import EngineError
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL, RunState
from penstock.settings import Settings, load_settings

START_SECONDS = 180.0
"""How long the engine may take to load everything and answer."""
RUN_SECONDS = 300.0
"""How long a run may take."""
_LOOK_EVERY = 0.01
_STATE = "SELECT state FROM run WHERE dag_id = ? AND run_id = ?"
_Span = tuple[int, int, int]


class Instance:
    """Use it inside a ``with``: it starts the engine on *dags* (file name -> text) and cleans up."""

    def __init__(self, dags: Mapping[str, str], *, config: str = "", home: Path | None = None) -> None:
        """With *home* it starts the engine there, on what is there."""
        self.home = home or Path(tempfile.mkdtemp(prefix="penstock-bench-"))
        if home is None:
            folder = self.home / "dags"
            folder.mkdir()
            for name, text in dags.items():
                (folder / f"{name}.py").write_text(text)
            (self.home / "penstock.toml").write_text(config)
        self.settings: Settings = load_settings(self.home)
        self.client = socket_engine(self.settings.socket)
        self.ready_after = 0.0
        """Seconds from the start of the process until it answered with everything loaded."""
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The engine's process."""
        assert self._daemon is not None
        return self._daemon.pid

    @property
    def supervisors(self) -> list[int]:
        """The processes that supervise attempts at present."""
        return [child for child in children(self.pid) if is_supervisor(child)]

    def environment(self) -> dict[str, str]:
        """Return the environment in which everything of this instance runs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")}
        return {**kept, "PENSTOCK_HOME": str(self.home)}

    def cpu(self) -> CpuUse:
        """Return what engine, supervisors and tasks have used so far."""
        return cpu_use(self.pid)

    def trigger(self, dag_id: str) -> tuple[str, float]:
        """Ask for a run; return its id and the moment (seconds since 1970) before it was asked for."""
        asked = time.time()
        done = self.client.commit(Trigger(dag_id=dag_id), actor="benchmark")
        assert done.run_id is not None
        return done.run_id, asked

    def wait(self, dag_id: str, run_id: str) -> float:
        """Wait for a run to end well; return when we saw it.

        Asks the database, so that waiting does not keep the engine busy. Raises RuntimeError when the run
        ends badly, or not within `RUN_SECONDS`.
        """
        deadline = time.monotonic() + RUN_SECONDS
        with closing(self._connect()) as connection:
            while time.monotonic() < deadline:
                if self._ended(connection, dag_id, run_id):
                    return time.time()
                time.sleep(_LOOK_EVERY)
        raise RuntimeError(f"run {run_id} of {dag_id} did not end in {RUN_SECONDS:g} s")

    def ended(self, dag_id: str, run_id: str) -> bool:
        """Whether a run has ended; raise RuntimeError if it ended badly."""
        with closing(self._connect()) as connection:
            return self._ended(connection, dag_id, run_id)

    @staticmethod
    def _ended(connection: sqlite3.Connection, dag_id: str, run_id: str) -> bool:
        row = connection.execute(_STATE, (dag_id, run_id)).fetchone()
        if row is None or RunState(row[0]) not in RUN_TERMINAL:
            return False
        if row[0] != RunState.SUCCESS:
            raise RuntimeError(f"run {run_id} of {dag_id} ended as {row[0]}")
        return True

    def run(self, dag_id: str) -> tuple[str, float]:
        """Trigger a run and wait for it; return its id and the seconds from asking to its recorded end."""
        run_id, asked = self.trigger(dag_id)
        self.wait(dag_id, run_id)
        return run_id, self.end_of(dag_id, run_id) - asked

    def end_of(self, dag_id: str, run_id: str) -> float:
        """Return when a run ended, by the store, in seconds since 1970."""
        rows = self.ask("SELECT end_us FROM run WHERE dag_id = ? AND run_id = ?", dag_id, run_id)
        return int(rows[0][0]) / 1e6

    def attempts(self, dag_id: str, run_id: str) -> list[_Span]:
        """Return (queued, start, end) in microseconds of every attempt of a run, in topological order."""
        return self.ask(
            "SELECT a.queued_us, a.start_us, a.end_us FROM attempt a"
            " JOIN task_instance t ON t.id = a.ti_id JOIN run r ON r.id = t.run_pk"
            " WHERE r.dag_id = ? AND r.run_id = ? ORDER BY t.position",
            dag_id,
            run_id,
        )

    def output(self) -> str:
        """Return the beginning of the newest attempt's log."""
        return self.client.read_log(self.newest_attempt(), 0, 1 << 18).data.decode()

    def newest_attempt(self) -> str:
        """Return the id of the newest attempt."""
        with closing(self._connect()) as connection:
            return str(connection.execute("SELECT max(attempt_id) FROM attempt").fetchone()[0])

    def ask(self, query: str, *values: str) -> list[_Span]:
        """Return the rows (of three whole numbers) that the database gives for *query*."""
        with closing(self._connect()) as connection:
            return connection.execute(query, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.settings.database}?mode=ro", uri=True)

    def __enter__(self) -> Self:
        begun = time.monotonic()
        with (self.home / "engine.log").open("wb") as log:
            self._daemon = subprocess.Popen(
                [sys.executable, "-P", "-m", "penstock", "up"],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )
        try:
            self._await_ready(begun)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.ready_after = time.monotonic() - begun
        return self

    def _await_ready(self, begun: float) -> None:
        assert self._daemon is not None
        while True:
            with suppress(EngineError):
                self.client.status()
                if self.supervisors:
                    return
            if self._daemon.poll() is not None or time.monotonic() - begun > START_SECONDS:
                raise RuntimeError(f"no engine: {(self.home / 'engine.log').read_text()[-2000:]}")
            time.sleep(0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        daemon = self._daemon
        if daemon is not None:
            helpers = self.supervisors
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
            for pid in helpers:
                if is_supervisor(pid):  # it ends by itself once its tasks have; ours are not worth the wait
                    with suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
        # Not now: where many files have just been deleted, ext4 takes ten times as long to create one for
        # some minutes (it hands no inode out again so soon), and that would be the next workload's figure.
        atexit.register(shutil.rmtree, self.home, ignore_errors=True)


def dag_file(dag_id: str, body: str, **options: object) -> str:
    """Return the text of a DAG file whose DAG holds *body* (lines at the left margin)."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    indented = "\n".join(f"    {line}" if line else "" for line in body.strip().splitlines())
    return (
        f"from penstock import DAG, BashOperator, PythonOperator\n\n"
        f"with DAG({dag_id!r}, schedule=None{arguments}):\n{indented}\n"
    )
