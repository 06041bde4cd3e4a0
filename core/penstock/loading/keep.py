"""The copies of DAG files that runs are pinned to."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from penstock.attempts.files import write_whole
from penstock.loading.reading import source_hash
from penstock.settings import Settings


def keep_source(settings: Settings, data: bytes) -> str:
    """Keep *data* as ``<home>/versions/<sha256>.py``, once, and return the hash.

    Raises OSError if it cannot be written.
    """
    digest = source_hash(data)
    path = kept_source(settings, digest)
    if path.exists():
        with suppress(OSError):
            os.utime(path)  # it is about to be used, so it must not be deleted now
        return digest
    settings.versions.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path.parent, path.name, data, durable=True)
    return digest


def forget_sources(settings: Settings, used: Collection[str], *, before: float) -> None:
    """Remove the copies that are not among *used* and were last asked for *before*, in seconds since 1970."""
    for path in settings.versions.glob("*.py"):
        with suppress(OSError):
            if path.stem not in used and path.stat().st_mtime < before:
                path.unlink()


def kept_source(settings: Settings, digest: str) -> Path:
    """Return the path of the version called *digest*; it may not exist."""
    return settings.versions / f"{digest}.py"
