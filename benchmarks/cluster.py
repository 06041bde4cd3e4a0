"""500 x ``/bin/true`` over two Dask workers of two slots each, beside Dask alone, in turns.

Dask alone is ``client.submit(subprocess.run)`` on a cluster of the same size. Ours is a run of the engine,
with all records, logs and results kept. Then single tasks: how soon the engine sees that one began, how
soon one hears of a stop.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.bare_dask import BareDask
from benchmarks.figures import Report, Scale, median, percentile, spread
from benchmarks.floors import Cost
from benchmarks.instance import Instance, dag_file
from benchmarks.usage import children, cpu_seconds, is_supervisor, memory, own_seconds, runs
from penstock.attempts import files
from penstock.execution.dask import keeper
from penstock.model.acts import Cancel

_WORKERS, _SLOTS = 2, 2
_CONFIG = "parallelism = 64\n"
_STOPPED = "trap 'echo heard $EPOCHREALTIME; exit 3' TERM; echo begun $EPOCHREALTIME; sleep 60 & wait"
_ROLES = ("engine", "client", "scheduler", "workers", "supervisors", "tasks")
_WITHIN = 60.0
_SEEN = (
    "SELECT at_us, 0, 0 FROM event"
    " WHERE dag_id = ? AND run_id = ? AND task_id IS NOT NULL AND after = 'running'"
)


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds by role."""

    by: dict[str, float]

    def __sub__(self, earlier: Used) -> Used:
        return Used({role: self.by[role] - earlier.by[role] for role in self.by})

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.by.values())


class Far:
    """The cluster of an instance, begun by the command that everybody uses."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._folder = instance.home / "cluster"

    def __enter__(self) -> Self:
        self._do("start", "--workers", str(_WORKERS), "--slots", str(_SLOTS))
        deadline = time.monotonic() + _WITHIN
        while len([row for row in self._instance.client.workers() if row.state == "ready"]) < _WORKERS:
            if time.monotonic() > deadline:
                raise RuntimeError("the engine does not see its workers")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._do("stop", "--now")

    @property
    def client(self) -> int:
        """The engine's client process."""
        return next(pid for pid in children(self._instance.pid) if runs(pid, "dask.client"))

    def used(self) -> Used:
        """Return what everything has used so far."""
        workers = self._pids("worker-")
        watching = [pid for worker in workers for pid in children(worker) if is_supervisor(pid)]
        near = [pid for pid in children(self._instance.pid) if is_supervisor(pid)]
        own = {pid: own_seconds(pid) for pid in (self._instance.pid, *workers, *watching, *near)}
        return Used(
            {
                "engine": own[self._instance.pid],
                "client": cpu_seconds(self.client),
                "scheduler": sum(cpu_seconds(pid) for pid in self._pids("scheduler")),
                "workers": sum(own[pid] for pid in workers),
                "supervisors": sum(own[pid] for pid in (*watching, *near)),
                "tasks": sum(cpu_seconds(pid) - used for pid, used in own.items()),
            }
        )

    def _pids(self, prefix: str) -> list[int]:
        names = [name for name in keeper.named(self._folder) if name.startswith(prefix)]
        return [pid for name in names if (pid := keeper.alive(self._folder, name)) is not None]

    def _do(self, *words: str) -> None:
        command = [sys.executable, "-P", "-m", "penstock", "cluster", *words]
        done = subprocess.run(
            command, env=self._instance.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"penstock cluster {words[0]}: {done.stdout}{done.stderr}")


def measure(scale: Scale) -> Report:
    """Measure it."""
    tasks, singles = scale.count(500, least=8), scale.count(4 * scale.rounds, least=2)
    report = Report("cluster", f"{tasks} x /bin/true over {_WORKERS} workers of {_SLOTS} slots")
    lines = [f"for number in range({tasks}):"]
    lines += ["    BashOperator(task_id=f't{number}', bash_command='/bin/true', executor='cluster')"]
    work = dag_file("work", "\n".join(lines), max_active_tasks=64)
    one = f"BashOperator(task_id='only', bash_command={_STOPPED!r}, executor='cluster')"
    with (
        BareDask(_WORKERS, _SLOTS) as bare,
        Instance({"work": work, "one": dag_file("one", one)}, config=_CONFIG) as instance,
        Far(instance) as far,
    ):
        costs, walls, used = [], [], []
        for number in range(scale.rounds + 1):
            alone = bare.run(["/bin/true"], tasks)
            before = far.used()
            run_id, wall = instance.run("work")
            if number or scale.rounds == 1:
                costs.append(alone)
                walls.append(wall)
                used.append(far.used() - before)
        _check(instance, run_id, tasks)
        client_mib = memory(far.client)[0]
        seen, heard = _singles(instance, singles)
    _describe(report, tasks, costs, walls, used)
    report.figures["begin_seen_ms"] = {"median": median(seen), "p90": percentile(seen, 0.9)}
    report.figures["stop_heard_ms"] = {"median": median(heard), "p90": percentile(heard, 0.9)}
    report.figures["client_mib"] = client_mib
    report.budget("wall / Dask alone", report.ratios["wall"], 2.5, None)
    report.budget("CPU / Dask alone", report.ratios["cpu"], 2.5, None)
    report.budget("begin seen after, ms", median(seen), 50.0, None)
    report.budget("stop heard after, ms", median(heard), 20.0, None)
    report.budget("client process, MiB", client_mib, 90.0, None)
    return report


def _describe(report: Report, tasks: int, costs: list[Cost], walls: list[float], used: list[Used]) -> None:
    typical = sorted(used, key=lambda each: each.total)[len(used) // 2]
    report.figures["tasks"] = tasks
    report.figures["ms_per_task"] = median(walls) / tasks * 1e3
    report.figures["wall_s"] = spread(walls)
    report.figures["cpu_ms_per_task"] = {role: typical.by[role] / tasks * 1e3 for role in _ROLES}
    report.figures["cpu_ms_per_task"]["total"] = typical.total / tasks * 1e3
    report.floor["name"] = "Dask alone: client.submit(subprocess.run)"
    report.floor["ms_per_task"] = median([each.wall for each in costs]) / tasks * 1e3
    report.floor["cpu_ms_per_task"] = median([each.cpu for each in costs]) / tasks * 1e3
    pairs = list(zip(walls, used, costs, strict=True))
    report.ratios["wall"] = median([wall / cost.wall for wall, _, cost in pairs])
    report.ratios["cpu"] = median([each.total / max(cost.cpu, 1e-9) for _, each, cost in pairs])


def _check(instance: Instance, run_id: str, tasks: int) -> None:
    """See that everything was kept: an ended attempt with a result and a log for each task."""
    ends = [row for row in instance.attempts("work", run_id) if row[2]]
    ids = instance.ask(
        "SELECT a.attempt_id, 0, 0 FROM attempt a JOIN task_instance t ON t.id = a.ti_id"
        " JOIN run r ON r.id = t.run_pk WHERE r.dag_id = ? AND r.run_id = ?",
        "work",
        run_id,
    )
    folders = [next(instance.settings.attempts.glob(f"*/{row[0]}")) for row in ids]
    whole = [folder for folder in folders if _is_whole(folder)]
    if not len(ends) == len(whole) == tasks:
        raise RuntimeError(f"{len(ends)} attempts and {len(whole)} results of {tasks} tasks")


def _is_whole(folder: Path) -> bool:
    """Whether an attempt's directory has its result, and its log if it printed anything."""
    try:
        result = files.read_result(str(folder / files.RESULT))
    except OSError:
        return False
    return not result["log_bytes"] or (folder / files.LOG).exists()


def _singles(instance: Instance, times: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds until a begin was seen, and until a stop was heard, of single tasks."""
    seen, heard = [], []
    for _ in range(times):
        run_id, _asked = instance.trigger("one")
        begun = _said(instance, run_id, "begun")
        seen.append((instance.ask(_SEEN, "one", run_id)[0][0] / 1e6 - begun) * 1e3)
        asked = time.time()
        instance.client.commit(Cancel(dag_id="one", run_id=run_id), actor="benchmark")
        with suppress(RuntimeError):  # it ends as failed: that is meant
            instance.wait("one", run_id)
        heard.append((_said(instance, run_id, "heard") - asked) * 1e3)
    return seen, heard


def _said(instance: Instance, run_id: str, word: str) -> float:
    """Return when the task of a run said *word*, by its own clock; wait for it."""
    deadline = time.monotonic() + _WITHIN
    while time.monotonic() < deadline:
        if instance.ask(_SEEN, "one", run_id):
            found = re.search(rf"{word} ([0-9.,]+)", instance.output())
            if found:
                return float(found[1].replace(",", "."))
        time.sleep(0.05)
    raise RuntimeError(f"the task did not say {word!r}")
