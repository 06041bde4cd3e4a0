"""Makes an instance's executor: the only file outside `execution` that names a concrete one."""

from __future__ import annotations

from penstock.execution.executor import Archive, Executor
from penstock.settings import Settings


def executor_of(settings: Settings) -> Executor:
    """Return the executor of an instance, not yet started."""
    from penstock.execution.mixed import Executors

    return Executors(settings)


def archive_of(settings: Settings) -> Archive:
    """Return the archive of an instance's attempts, which works whether or not an engine runs."""
    from penstock.execution.local.archive import LocalArchive

    return LocalArchive(settings.attempts)
