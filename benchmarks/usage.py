"""What processes have used so far, by the kernel's own books."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuUse:
    """CPU seconds of an engine, of its supervisors, and of the tasks those have reaped."""

    engine: float
    supervisors: float
    tasks: float

    def __sub__(self, earlier: CpuUse) -> CpuUse:
        return CpuUse(
            self.engine - earlier.engine,
            self.supervisors - earlier.supervisors,
            self.tasks - earlier.tasks,
        )

    @property
    def total(self) -> float:
        """All of it."""
        return self.engine + self.supervisors + self.tasks

    def per(self, tasks: int) -> dict[str, float]:
        """Return milliseconds a task."""
        return {
            "engine": self.engine / tasks * 1e3,
            "supervisors": self.supervisors / tasks * 1e3,
            "tasks": self.tasks / tasks * 1e3,
            "total": self.total / tasks * 1e3,
        }


def cpu_use(engine: int) -> CpuUse:
    """Return what the engine with that pid, its supervisors and their tasks have used."""
    own, reaped = _times(engine)
    supervising = supervised = 0.0
    for child in children(engine):
        if is_supervisor(child):
            mine, theirs = _times(child)
            supervising += mine
            supervised += theirs
    # A supervisor that has ended is in the engine's account with all it did.
    return CpuUse(own, supervising, supervised + reaped)


def children(pid: int) -> list[int]:
    """Return the direct children of *pid*."""
    found: list[int] = []
    for thread in _threads(pid):
        with suppress(OSError):
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def is_supervisor(pid: int) -> bool:
    """Whether *pid* is one of our supervisors."""
    return runs(pid, "penstock.supervisor.main")


def runs(pid: int, module: str) -> bool:
    """Whether *module* is in the command line of *pid*."""
    try:
        return module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of *pid* and of the children that it has reaped."""
    return sum(_times(pid))


def own_seconds(pid: int) -> float:
    """Return the CPU seconds of *pid* without those of its children."""
    return _times(pid)[0]


def running_seconds(pid: int) -> float:
    """Return the CPU seconds of all threads of *pid*, to the nanosecond."""
    total = 0
    for thread in _threads(pid):
        with suppress(OSError):
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def wake_ups(pid: int) -> int:
    """Return how often threads of *pid* gave up or lost the processor."""
    total = 0
    for thread in _threads(pid):
        with suppress(OSError):
            for line in (thread / "status").read_text().splitlines():
                if "ctxt_switches" in line:
                    total += int(line.split()[1])
    return total


def memory(pid: int) -> tuple[float, float]:
    """Return (resident, proportional) memory of *pid* in MiB."""
    figures = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        figures[name] = int(value) / 1024
    return figures["Rss:"], figures["Pss:"]


def _times(pid: int) -> tuple[float, float]:
    """Return (own, reaped children's) CPU seconds."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0, 0.0
    fields = [int(field) for field in text[text.rindex(")") + 2 :].split()[11:15]]
    return (fields[0] + fields[1]) * _TICK, (fields[2] + fields[3]) * _TICK


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
