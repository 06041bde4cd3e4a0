"""Packs the code that a task needs: the DAGs folder, with the pinned version of the DAG file in its place.

A bundle is a plain tar whose bytes depend on nothing but names and contents, and is called by their
SHA-256. It is made when a launch needs one that does not exist yet; the folder is listed for every batch
of launches, its files are read only after one of them has changed.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from penstock.errors import RefusedError

MOST_BYTES = 64 << 20
"""Bytes of all files of a bundle."""
MOST_FILES = 10_000
KEPT_SECONDS = 2 * 86_400.0
"""A bundle that nobody asked for during this time is deleted; it is made again if it is needed."""

_Listed = tuple[tuple[str, int, int, int], ...]


class Bundles:
    """The bundles of one home, in ``<home>/bundles``. May be used from a thread, one call at a time."""

    def __init__(self, home: Path, dags_folder: Path) -> None:
        self._folder = home / "bundles"
        self._dags = dags_folder
        self._made: dict[tuple[str, str, _Listed], str] = {}
        self._pruned = 0.0

    def of(self, place: str, source: Path) -> str:
        """Return the hash of the bundle in which the file *source* lies at *place*.

        Raises `RefusedError` for a folder that is too large to travel, OSError if a file cannot be read.
        """
        listed = tuple(sorted(_listed(self._dags)))
        key = (place, source.stem, listed)
        found = self._made.get(key)
        if found is not None and self.path(found) is not None:
            return found
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = self._pack(listed, place, source.read_bytes())
        self._made = {old: name for old, name in self._made.items() if old[2] == listed}
        self._made[key] = digest
        self._prune()
        return digest

    def path(self, digest: str) -> str | None:
        """Return the file of a bundle, and keep it for a while longer; None if it does not exist."""
        path = self._folder / f"{digest}.tar"
        try:
            os.utime(path)
        except OSError:
            return None
        return str(path)

    def _pack(self, listed: _Listed, place: str, source: bytes) -> str:
        """Write a tar of the *listed* files, with *source* at *place*; return its hash."""
        import tarfile  # only an engine with workers pays for it

        # Each executor of an engine packs in a thread of its own, so a name for this call alone.
        draft = self._folder / f"draft.{os.getpid()}.{os.urandom(4).hex()}"
        try:
            with (
                draft.open("wb") as file,
                tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                for name in sorted({place, *(name for name, *_ in listed)}):
                    data = source if name == place else _read(self._dags / name)
                    if data is not None:
                        member = tarfile.TarInfo(name)
                        member.size, member.mode = len(data), 0o600
                        tar.addfile(member, io.BytesIO(data))
            with draft.open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            draft.replace(self._folder / f"{digest}.tar")
        finally:
            draft.unlink(missing_ok=True)
        return digest

    def _prune(self) -> None:
        now = time.time()
        if now - self._pruned < KEPT_SECONDS / 10:
            return
        self._pruned = now
        for path in self._folder.glob("*.tar"):
            with suppress(OSError):
                if path.stat().st_mtime < now - KEPT_SECONDS:
                    path.unlink()


def _listed(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, size, time of change and inode of each file below *folder* that may travel."""
    count = total = 0
    seen: set[tuple[int, int]] = set()
    for here, folders, names in os.walk(folder, followlinks=True):
        at = os.stat(here)  # noqa: PTH116
        if (at.st_dev, at.st_ino) in seen:
            folders.clear()
            continue
        seen.add((at.st_dev, at.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in names:
            if name.startswith(".") or name.endswith((".pyc", ".pyo")):
                continue
            path = f"{here}/{name}"
            try:
                facts = os.stat(path)  # noqa: PTH116
            except OSError:
                continue  # a link that leads nowhere
            if not stat.S_ISREG(facts.st_mode):
                continue
            count, total = count + 1, total + facts.st_size
            if count > MOST_FILES or total > MOST_BYTES:
                raise RefusedError(
                    f"{folder} has more than {MOST_FILES:,} files or {MOST_BYTES >> 20} MiB, too much "
                    "to send to workers: keep data elsewhere, or in a folder whose name begins with a dot"
                )
            yield os.path.relpath(path, folder), facts.st_size, facts.st_mtime_ns, facts.st_ino


def _read(path: Path) -> bytes | None:
    """Return the bytes of a file; None if it has gone, or may not be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
