"""Which executor an instance has. The one file outside `execution.local` that names a concrete one."""

from __future__ import annotations

from penstock.execution.executor import Archive, Executor
from penstock.settings import Settings


def executor_of(settings: Settings) -> Executor:
    """Return the executor of an instance, not yet started."""
    from penstock.execution.local.executor import LocalExecutor

    return LocalExecutor(settings)


def archive_of(settings: Settings) -> Archive:
    """Return what is kept of an instance's attempts, to be read whether or not an engine runs."""
    from penstock.execution.local.archive import LocalArchive

    return LocalArchive(settings.attempts)
