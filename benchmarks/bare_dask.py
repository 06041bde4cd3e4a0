"""A Dask cluster with nothing of ours: what the same processes cost through Dask alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.floors import Cost
from benchmarks.usage import cpu_seconds

_READY_SECONDS = 60.0


class BareDask:
    """A scheduler and workers as processes of their own, and a client here; use it inside a ``with``."""

    def __init__(self, workers: int, slots: int) -> None:
        self._workers = workers
        self._slots = slots
        self._folder = tempfile.TemporaryDirectory(prefix="penstock-dask-")
        self._parts: list[subprocess.Popen[bytes]] = []
        self._client: Any = None

    def run(self, command: list[str], times: int) -> Cost:
        """Run *command* that many times as ``client.submit(subprocess.run)``; return what that cost."""
        before = self._cpu()
        begun = time.monotonic()
        futures = [
            self._client.submit(subprocess.run, command, key=f"bare-{begun}-{number}", pure=False)
            for number in range(times)
        ]
        if any(done.returncode for done in self._client.gather(futures)):
            raise RuntimeError(f"{command} failed")
        wall = time.monotonic() - begun
        del futures
        return Cost(wall, self._cpu() - before)

    def _cpu(self) -> float:
        return sum(os.times()[:2]) + sum(cpu_seconds(part.pid) for part in self._parts)

    def __enter__(self) -> Self:
        from distributed import Client

        place = Path(self._folder.name, "scheduler.json")
        self._begin("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--no-show",
                    "--scheduler-file", str(place))  # fmt: skip
        self._await(place.exists)
        for _ in range(self._workers):
            self._begin("worker", "--scheduler-file", str(place), "--nthreads", str(self._slots),
                        "--no-nanny", "--no-dashboard", "--local-directory", self._folder.name)  # fmt: skip
        self._client = Client(json.loads(place.read_text())["address"], set_as_default=False)
        self._client.wait_for_workers(self._workers, timeout=_READY_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()
        for part in reversed(self._parts):
            part.terminate()
        for part in self._parts:
            try:
                part.wait(15)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()
        self._folder.cleanup()

    def _begin(self, *words: str) -> None:
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        quiet = subprocess.DEVNULL
        self._parts.append(subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet))

    def _await(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not condition():
            if time.monotonic() > deadline or any(part.poll() is not None for part in self._parts):
                raise RuntimeError("a bare Dask cluster did not begin")
            time.sleep(0.05)
