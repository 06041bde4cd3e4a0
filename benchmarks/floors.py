"""The least that the same work costs without an orchestrator: ninja, or a bare loop over processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT = 300.0
"""Seconds that a floor may take."""

Graph = Mapping[str, Sequence[str]]
"""Task -> the tasks it waits for."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall and of CPU."""

    wall: float
    cpu: float


def build(graph: Graph, *, at_once: int) -> tuple[str, Cost]:
    """Run ``true`` for every task of *graph* in order; return what did it, and what it cost."""
    ninja = shutil.which("ninja") or _ninja_of_python()
    if ninja is None:
        return "a bare loop over posix_spawn (no ninja here)", _loop(graph, at_once)
    with tempfile.TemporaryDirectory(prefix="penstock-floor-") as folder:
        _write_ninja(Path(folder), graph)
        return "ninja", timed([ninja, "-C", folder, "-j", str(at_once), "--quiet"])


def shell(name: str, times: int) -> float:
    """Return the CPU milliseconds of starting the shell *name* to run ``true``."""
    before = os.times()
    for _ in range(times):
        os.waitpid(os.posix_spawnp(name, [name, "-c", "true"], os.environ, setsid=True), 0)
    after = os.times()
    return (sum(after[:4]) - sum(before[:4])) / times * 1e3


def timed(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run *command* to its end; raise RuntimeError when it fails."""
    with tempfile.TemporaryFile() as output:
        begun = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            said = output.read()[-1000:].decode(errors="replace")
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said}")
    return Cost(wall, used.ru_utime + used.ru_stime)


def _ninja_of_python() -> str | None:
    beside = Path(sys.executable).with_name("ninja")
    return str(beside) if os.access(beside, os.X_OK) else None


def _write_ninja(folder: Path, graph: Graph) -> None:
    lines = ["rule true", "  command = true"]
    lines += [f"build {task}: true {' '.join(parents)}".rstrip() for task, parents in graph.items()]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")


def _loop(graph: Graph, at_once: int) -> Cost:
    """Do the same with a loop that knows the graph and nothing else."""
    before = os.times()
    begun = time.monotonic()
    missing = {task: len(parents) for task, parents in graph.items()}
    waiting_for: dict[str, list[str]] = {task: [] for task in graph}
    for task, parents in graph.items():
        for parent in parents:
            waiting_for[parent].append(task)
    ready = [task for task, count in missing.items() if not count]
    running: dict[int, str] = {}
    while ready or running:
        while ready and len(running) < at_once:
            pid = os.posix_spawn("/bin/sh", ["sh", "-c", "true"], os.environ)
            running[pid] = ready.pop()
        pid, _ = os.wait()
        done = running.pop(pid, None)
        for child in waiting_for[done] if done else ():  # None: some other child of this process
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    after = os.times()
    return Cost(time.monotonic() - begun, sum(after[:4]) - sum(before[:4]))
