"""The code that attempts run, on a worker: each bundle is unpacked once, in a folder named by its hash.

A bundle is a tar of the DAG file and the modules beside it, named by the SHA-256 of its bytes. It is checked
before anything of it is used, and a folder appears only when all of it is there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from penstock.errors import UsageError

MOST_BYTES = 1 << 30
"""Bytes that a bundle may have unpacked."""
MOST_FILES = 100_000
_HASH = re.compile("[0-9a-f]{64}", re.ASCII)
_CHUNK = 1 << 20


class BadBundleError(UsageError):
    """A bundle is not what its name says, or holds what it must not."""

    default = "The bundle of code cannot be used."


class Bundles:
    """The bundles below *folder*. Call it from one thread at a time for the same hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, digest: str) -> Path | None:
        """Return where bundle *digest* is unpacked, None if it is not here; it counts as used then."""
        place = self._folder / _checked(digest)
        try:
            os.utime(place)
        except OSError:
            return None
        return place

    def add(self, digest: str, offset: int, data: bytes) -> None:
        """Write a part of the bundle *digest* at *offset*; the first (offset 0) replaces what there was."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if offset == 0 else 0)
        handle = os.open(self._part(digest), flags, 0o600)
        try:
            if os.fstat(handle).st_size < offset:
                raise BadBundleError(f"a part of bundle {digest[:12]} is missing before byte {offset}")
            os.pwrite(handle, data, offset)
        finally:
            os.close(handle)

    def finish(self, digest: str) -> Path:
        """Check the bundle that was added, unpack it, and return where; raise `BadBundleError`."""
        part = self._part(digest)
        try:
            found = _digest_of(part)
            if found != digest:
                raise BadBundleError(
                    f"the code that arrived is not what was ordered: its SHA-256 is {found[:12]}..., "
                    f"not {digest[:12]}..."
                )
            return self._unpack(part, digest)
        finally:
            part.unlink(missing_ok=True)

    def forget(self, used: Collection[str], *, before: float) -> None:
        """Remove bundles that are not among *used* and were last used *before*, in seconds since 1970."""
        with contextlib.suppress(OSError):
            for place in list(self._folder.iterdir()):
                if place.name not in used and place.stat().st_mtime < before:
                    shutil.rmtree(place, ignore_errors=True)

    def _part(self, digest: str) -> Path:
        return self._folder / f".{_checked(digest)}.tar"

    def _unpack(self, part: Path, digest: str) -> Path:
        place = self._folder / digest
        draft = self._folder / f".{digest}-{os.urandom(4).hex()}"
        draft.mkdir(mode=0o700)
        try:
            try:
                with tarfile.open(part, "r:") as tar:
                    _extract(tar, draft)
            except (tarfile.TarError, EOFError, ValueError) as error:
                raise BadBundleError(f"bundle {digest[:12]} is not a tar file: {error}") from None
            try:
                draft.rename(place)
            except OSError:
                if not place.is_dir():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return place


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    total = count = 0
    for member in tar:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or "\0" in member.name:
            raise BadBundleError(f"a bundle must not hold {member.name!r}, which leaves its folder")
        if member.isdir():
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            continue
        if not member.isreg():
            raise BadBundleError(f"a bundle must hold files only, and {member.name!r} is a link or a device")
        total, count = total + member.size, count + 1
        if total > MOST_BYTES or count > MOST_FILES:
            raise BadBundleError(f"a bundle may have {MOST_BYTES} bytes in {MOST_FILES} files")
        _write(tar, member, folder / name)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(target, flags, 0o700 if member.mode & 0o100 else 0o600)
    with source, os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise BadBundleError(f"no bundle has arrived: {error.strerror}") from None
    return digest.hexdigest()


def _checked(digest: str) -> str:
    if not _HASH.fullmatch(digest):
        raise BadBundleError(f"{digest[:80]!r} is not the name of a bundle: 64 hex digits")
    return digest
