"""A million attempts in the store: what a check and an idle pass of retention cost, and the bytes of each."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks import floors
from benchmarks.figures import Report, Scale
from benchmarks.instance import Instance, dag_file
from benchmarks.stored_runs import multiply
from penstock.clock import SystemClock, to_us
from penstock.execution.configured import executor_of
from penstock.scheduling.loop import Loop
from penstock.service import retention
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.views.reads import Reads

_ATTEMPTS, _DAGS, _TASKS = 1_000_000, 100, 10
_SPAN_US = 20 * 86_400_000_000
"""The time that all runs lie in: less than what is kept."""
_BODY = "for number in range({count}):\n    BashOperator(task_id=f't{{number}}', bash_command='echo done')"


def measure(scale: Scale) -> Report:
    """Measure it."""
    dags = scale.count(_DAGS, least=2)
    copies = max(2, scale.count(_ATTEMPTS, least=200) // (dags * _TASKS))
    made = dags * copies * _TASKS
    report = Report("many_attempts", f"a store of {dags * copies} runs of {_TASKS} tasks")
    with Instance(_files(dags)) as instance:
        for name in _files(dags):
            instance.run(name)
        settings, environment = instance.settings, instance.environment()
    files_each = _on_disk(settings.attempts) / (dags * _TASKS)
    multiply(settings, copies, apart_us=_SPAN_US // copies)
    checked = floors.timed([sys.executable, "-P", "-m", "penstock", "db", "check"], environment)
    passed, status = _asked(settings)
    size = settings.database.stat().st_size
    report.figures = {
        "attempts": made,
        "check_s": {"wall": checked.wall, "cpu": checked.cpu},
        "idle_pass_cpu_s": passed,
        "status_cpu_ms": status * 1e3,
        "bytes_each": {"database": size / made, "files": files_each},
    }
    report.floor = {"name": "reading the database file", "cpu_s": _reading(settings.database), "bytes": size}
    share = _ATTEMPTS / made
    report.budget("db check of a million, CPU s", checked.cpu * share, 40.0, 20.0)
    report.budget("idle retention pass, CPU s", passed * share, 0.5, 0.1)
    report.budget("bytes an attempt, database", size / made, 1229.0, 717.0)
    report.budget("bytes an attempt, files", files_each, 4096.0, 1024.0)
    return report


def _files(dags: int) -> dict[str, str]:
    names = [f"part{number:03}" for number in range(dags)]
    return {name: dag_file(name, _BODY.format(count=_TASKS)) for name in names}


def _asked(settings: Settings) -> tuple[float, float]:
    """Return the CPU seconds of an idle pass that follows another one, and of a question for the status."""
    clock, executor = SystemClock(), executor_of(settings)
    with closing(Database.open(settings.database)) as database:
        loop, sweeps = Loop(database, executor, settings, clock, environment={}), retention.Sweeps()

        def once() -> float:
            begun = time.process_time()
            asyncio.run(retention.forget_once(loop, database, executor, settings, clock, sweeps))
            retention.due_runs(database, settings, to_us(clock.now()))
            return time.process_time() - begun

        once()
        passed = once()
        reads = Reads(database, settings)
        reads.status()
        begun = time.process_time()
        reads.status()
        return passed, time.process_time() - begun


def _on_disk(folder: Path) -> int:
    """Return the bytes that everything below a folder takes on the disk."""
    return sum(each.lstat().st_blocks * 512 for each in folder.rglob("*"))


def _reading(path: Path) -> float:
    begun = time.process_time()
    with path.open("rb", 0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while file.read(1 << 20):
            pass
    return max(time.process_time() - begun, 1e-3)
