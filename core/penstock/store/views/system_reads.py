"""The read side of the instance as a whole; see `reads`."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.clock import DAY_US, Clock, to_us
from penstock.model.views.system import DiskFacts, EngineFacts, SystemPage
from penstock.settings import Settings, least_free
from penstock.store.database import Database
from penstock.store.views import backfills, quarantine, status, system
from penstock.store.views.versions import Versions


class SystemReads:
    """Rows turned into views."""

    def __init__(self, database: Database, settings: Settings, versions: Versions, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._versions = versions
        self._clock = clock
        self._writing = system.Writing()

    def system(self) -> SystemPage:
        """Return how the instance is, as far as it is stored; the engine adds itself."""
        now_us = to_us(now := self._clock.now())
        yesterday = now_us - DAY_US
        sizes = self._sizes()
        with self._database.show() as connection:
            figures = status.read_status(connection, now_us)
            failed, count = system.read_failed_callbacks(connection, yesterday)
            return SystemPage(
                at=now,
                engine=EngineFacts(
                    version=figures.version,
                    running=figures.running,
                    queued=figures.queued,
                    parallelism=self._settings.parallelism,
                    runs_active=figures.runs_active,
                    last_seen=figures.last_seen,
                ),
                disk=self._writing.disk(connection, now_us, sizes),
                pools=tuple(backfills.read_pools(connection, self._versions, in_parts=True)),
                import_errors=tuple(status.read_import_errors(connection)),
                callbacks=tuple(failed),
                callbacks_total=count,
                missed=tuple(system.read_missed(connection, yesterday)),
                retention=system.read_retention(connection, self._settings.kept_of("").words()),
                quarantine=tuple(quarantine.read_quarantine(connection)),
            )

    def _sizes(self) -> DiskFacts:
        database = self._database
        disk = os.statvfs(self._settings.home)
        total = disk.f_blocks * disk.f_frsize
        return DiskFacts(
            database=size_of(database.path),
            wal=database.wal_bytes(),
            unused=database.free_bytes(),
            free=disk.f_bavail * disk.f_frsize,
            total=total,
            least=least_free(total),
        )


def size_of(path: Path) -> int:
    """Return the bytes of a file; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
