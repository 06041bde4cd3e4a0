"""W15: the HTTP API over 100,000 task instances, and what 200 requests at once do to the engine.

The floor of a list is an answer for which nothing is read. The floor of a tick is the same engine at the
same work with nobody asking. Clients are in this process and run when nobody else does: they stand for
other machines.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from types import TracebackType
from typing import Self

from benchmarks.figures import Report, Scale, median, percentile, spread
from benchmarks.instance import Instance, dag_file
from benchmarks.usage import running_seconds

_TASKS = 1000
_RUNS = 100
_AT_ONCE = 200
_WORK_SECONDS = 4.0
_PACE = 0.05
"""Seconds between two runs that keep the engine ticking."""
_WIDE = "for number in range({count}):\n    EmptyOperator(task_id=f't{{number}}')"
_IMPORT = "from penstock import EmptyOperator\n"


def measure(scale: Scale) -> Report:
    """Measure it."""
    tasks, runs = scale.count(_TASKS, least=10), scale.count(_RUNS, least=2)
    report = Report("http", f"lists over {runs} runs of {tasks} tasks; {_AT_ONCE} requests at once")
    dags = {
        "wide": _IMPORT + dag_file("wide", _WIDE.format(count=tasks), max_active_runs=4),
        "steady": _IMPORT + dag_file("steady", _WIDE.format(count=10), max_active_runs=1000),
    }
    with Instance(dags) as instance:
        made = [instance.trigger("wide")[0] for _ in range(runs)]
        for run_id in made:
            instance.wait("wide", run_id)
        with Server(instance) as server:
            _lists(report, scale, server, made[-1], tasks)
            _at_once(report, scale, server, made[-1])
    return report


class Server:
    """``penstock api serve`` over an instance, with a token for everything. Use it inside a ``with``."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.secret = self._command("token", "create", "benchmark")

    def _command(self, *words: str) -> str:
        command = [sys.executable, "-P", "-m", "penstock", "api", *words]
        done = subprocess.run(
            command, env=self.instance.environment(), stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "penstock", "api", "serve", "--listen", "127.0.0.1:0"],
            env=self.instance.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip()
        if not address:
            self._process.wait()
            raise RuntimeError("the HTTP API does not start: it needs the extra penstock[http]")
        self.port = int(address.rpartition(":")[2])
        self.get("/api/v2/version")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def get(self, path: str) -> bytes:
        """Return the body of an answer; raise RuntimeError if it is not 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.secret}"})
            got = connection.getresponse()
            body = got.read()
        finally:
            connection.close()
        if got.status != 200:
            raise RuntimeError(f"{path} is answered with {got.status}: {body[:200]!r}")
        return body

    def timed(self, path: str) -> float:
        """Return how many milliseconds an answer takes."""
        begun = time.monotonic()
        self.get(path)
        return (time.monotonic() - begun) * 1e3

    async def at_once(self, paths: Sequence[str]) -> list[float]:
        """Send all of *paths* at once; return the milliseconds that each answer took.

        Raises RuntimeError for an answer that is not 200.
        """
        return await asyncio.gather(*(self._one(path) for path in paths))

    async def _one(self, path: str) -> float:
        begun = time.monotonic()
        source, sink = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.secret}\r\n"
        sink.write(f"{head}Connection: close\r\n\r\n".encode())
        answer = await source.read()
        sink.close()
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path} is answered with {answer[:200]!r}")
        return (time.monotonic() - begun) * 1e3


def _lists(report: Report, scale: Scale, server: Server, run: str, tasks: int) -> None:
    times = scale.count(4 * scale.rounds, least=3)
    last = max(0, tasks - 100)
    lists = {
        "task_instances_of_all": "dags/~/dagRuns/~/taskInstances?limit=100",
        "failed_of_all": "dags/~/dagRuns/~/taskInstances?state=failed&limit=100",
        "task_instances_of_a_run": f"dags/wide/dagRuns/{run}/taskInstances?limit=100&offset={last}",
        "runs": "dags/wide/dagRuns?limit=100&order_by=-run_after",
        "tasks": "dags/wide/tasks",
        "dags": "dags",
        "dag_stats": "dagStats",
    }
    for path in lists.values():
        server.get(f"/api/v2/{path}")
    found: dict[str, list[float]] = {}
    cpu: dict[str, float] = {}
    for name, path in lists.items():
        before = running_seconds(server.pid)
        found[name] = [server.timed(f"/api/v2/{path}") for _ in range(times)]
        cpu[name] = (running_seconds(server.pid) - before) / times * 1e3
    floor = median([server.timed("/api/v2/version") for _ in range(times)])
    slowest = max(median(each) for each in found.values())
    report.figures["list_ms"] = {name: spread(each) for name, each in found.items()}
    report.figures["list_cpu_ms"] = cpu
    report.floor = {"name": "an answer without reading", "ms": floor}
    report.ratios["slowest_list"] = slowest / floor
    report.budget("slowest list, ms", slowest, 100.0, 50.0)


def _at_once(report: Report, scale: Scale, server: Server, run: str) -> None:
    """Compare ticks of the engine at a steady work, alone and beside bursts of requests, in turns."""
    instances = f"dags/wide/dagRuns/{run}/taskInstances?limit=50"
    asked = ["dags", "dagStats", "dags/wide/dagRuns?limit=50", instances]
    paths = [f"/api/v2/{asked[number % len(asked)]}" for number in range(_AT_ONCE)]
    seconds = scale.seconds(_WORK_SECONDS)
    alone: list[float] = []
    busy: list[float] = []
    beside: list[float] = []
    answers: list[float] = []
    _tick_ms(server.instance, seconds)
    for _ in range(scale.rounds):
        alone.append(_tick_ms(server.instance, seconds))
        with Busy():
            busy.append(_tick_ms(server.instance, seconds))
        with Bursts(server, paths) as bursts:
            beside.append(_tick_ms(server.instance, seconds))
        answers += bursts.times
    slower = median([with_them / without for with_them, without in zip(beside, alone, strict=True)])
    report.figures["at_once"] = {
        "requests": len(answers),
        "failed": 0,
        "answered_ms": {"median": median(answers), "p99": percentile(answers, 0.99), "worst": max(answers)},
        "tick_ms": {"alone": spread(alone), "beside_busy_cores": spread(busy), "beside": spread(beside)},
    }
    shared = median([with_them / without for with_them, without in zip(busy, alone, strict=True)])
    report.ratios["tick_beside_busy_cores"] = shared
    report.ratios["tick_beside_requests"] = slower
    report.budget(f"a tick beside {_AT_ONCE} requests, x", slower, 1.1, 1.0)


class Busy:
    """Two processes at the server's priority that only count, inside a ``with``.

    They ask for nothing and share nothing with the engine but the machine: what a tick is slower beside them
    is what any other work on these cores costs.
    """

    def __enter__(self) -> Self:
        count = ["nice", "-n", "10", sys.executable, "-I", "-S", "-c", "while True: pass"]
        self._processes = [subprocess.Popen(count) for _ in range(2)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


class Bursts:
    """Sends all of *paths* at once, again and again, in a thread until the ``with`` ends."""

    def __init__(self, server: Server, paths: Sequence[str]) -> None:
        self.times: list[float] = []
        self._server = server
        self._paths = paths
        self._over = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))
        try:
            while not self._over:
                self.times += asyncio.run(self._server.at_once(self._paths))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error


def _tick_ms(instance: Instance, seconds: float) -> float:
    """Return how many milliseconds a tick takes while a small run starts every `_PACE` seconds."""
    before = instance.client.status()
    until = time.monotonic() + seconds
    runs = []
    while time.monotonic() < until:
        runs.append(instance.trigger("steady")[0])
        time.sleep(_PACE)
    for run_id in runs:
        instance.wait("steady", run_id)
    after = instance.client.status()
    return (after.tick_seconds - before.tick_seconds) / (after.ticks - before.ticks) * 1e3
