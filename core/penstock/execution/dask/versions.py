"""Which versions may work together: a cluster of mixed versions fails late and strangely.

Dask only warns about differences. Here they are refused when a worker or a client connects, each with the
command that mends it.
"""

from __future__ import annotations

import sys
from importlib import metadata

import msgspec

from penstock.version import __version__


class Versions(msgspec.Struct, frozen=True):
    """What one process runs on."""

    penstock: str
    python: str
    """Major and minor."""
    distributed: str


def here() -> Versions:
    """Return the versions of this process."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Versions(__version__, python, metadata.version("distributed"))


def misfit(mine: Versions, scheduler: Versions) -> str | None:
    """Return why a process with *mine* cannot join that scheduler, and what mends it; None if it can."""
    if mine == scheduler:
        return None
    wrong = [
        f"{name} {getattr(mine, field)} here, {getattr(scheduler, field)} there"
        for field, name in (("penstock", "Penstock"), ("python", "Python"), ("distributed", "Dask"))
        if getattr(mine, field) != getattr(scheduler, field)
    ]
    remedy = f"pip install 'penstock[dask]=={scheduler.penstock}' 'distributed=={scheduler.distributed}'"
    if mine.python != scheduler.python:
        remedy = (
            f"python{scheduler.python} -m venv penstock-worker && penstock-worker/bin/{remedy}, "
            "and run it from there"
        )
    return f"the scheduler has other versions ({'; '.join(wrong)}): {remedy}"
