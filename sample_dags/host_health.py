"""A schedule: every minute, look at the machine this runs on. A fresh console shows life at once."""

from __future__ import annotations

import os
from typing import Any

from penstock import DAG, task

LOAD_PER_CORE = 2.0
MEMORY_USED = 90.0
DISK_USED = 90.0

with DAG(
    "host_health",
    description="Load, memory and disks of this machine",
    schedule="* * * * *",
    catchup="none",
    overlap="skip",  # A late look is worthless: the next one is a minute away.
    max_active_runs=1,
    tags=["sample"],
):

    @task
    def load() -> float:
        """Print the load averages and return the newest, per core."""
        averages = os.getloadavg()
        cores = os.cpu_count() or 1
        print(f"load {averages[0]:.2f} {averages[1]:.2f} {averages[2]:.2f} on {cores} cores")
        return round(averages[0] / cores, 2)

    @task
    def memory() -> float:
        """Print memory and swap and return the used share of memory, in percent."""
        import psutil

        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        print(f"memory {memory.used / 2**30:.1f} of {memory.total / 2**30:.1f} GiB used")
        print(f"swap   {swap.used / 2**30:.1f} of {swap.total / 2**30:.1f} GiB used")
        return float(memory.percent)

    @task
    def disks() -> Any:
        """Print each disk and return its used share, in percent."""
        import psutil

        used: dict[str, float] = {}
        for mount in sorted({part.mountpoint for part in psutil.disk_partitions()} | {"/"}):
            try:
                usage = psutil.disk_usage(mount)
            except OSError as error:  # A disk may vanish, or not be ours to look at.
                print(f"{mount}: {error.strerror}")
                continue
            print(f"{mount}: {usage.used / 2**30:.1f} of {usage.total / 2**30:.1f} GiB used")
            used[mount] = usage.percent
        return used

    @task
    def verdict(load_per_core: float, memory_used: float, disks_used: dict[str, float]) -> list[str]:
        """Warn about what is above its limit."""
        warnings = []
        if load_per_core > LOAD_PER_CORE:
            warnings.append(f"load per core {load_per_core:.2f} is above {LOAD_PER_CORE:g}")
        if memory_used > MEMORY_USED:
            warnings.append(f"memory {memory_used:.0f} % is above {MEMORY_USED:g} %")
        warnings += [
            f"{disk} {used:.0f} % is above {DISK_USED:g} %"
            for disk, used in disks_used.items()
            if used > DISK_USED
        ]
        for warning in warnings:
            print(f"WARNING {warning}")
        print(f"{len(warnings)} warning(s)" if warnings else "all is well")
        return warnings

    verdict(load(), memory(), disks())
