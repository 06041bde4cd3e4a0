"""What an attempt left on this machine: named with sizes and digests, and read in pieces."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress

from penstock import process
from penstock.attempts import files
from penstock.errors import UsageError
from penstock.execution.remote.protocol import INLINE, PIECE, LeftFile, Manifest, Piece

TRAVELS = (files.LOG, files.LOG_INDEX, files.XCOM, files.RENDERED, files.DEFERRAL)
"""The files that the engine wants; what else there is, the result says or nobody needs."""
_CHUNK = 1 << 20
_LITTLE = 4 << 10
"""Bytes up to which what an attempt left goes along with the news of its end."""


def manifest(folder: str) -> Manifest:
    """Return what is in the directory of an attempt that has ended. Reads all of it."""
    return Manifest(
        files=list(_left(folder)),
        result=_result(folder),
        now=time.time(),
        boot_id=process.boot_id(),
        dags=code_of(folder),
    )


def little(folder: str) -> Manifest | None:
    """Return the manifest if all that is left is little; None if it is more, or cannot be read now."""
    size = 0
    for name in TRAVELS:
        with suppress(FileNotFoundError):
            size += os.stat(f"{folder}/{name}").st_size  # noqa: PTH116
    try:
        return manifest(folder) if size <= _LITTLE else None
    except OSError:
        return None


def read(folder: str, name: str, offset: int, limit: int) -> Piece:
    """Return at most *limit* bytes of the file *name* from *offset*; raise OSError, or `UsageError`."""
    if name not in TRAVELS:
        raise UsageError(f"{name!r} is not a file that an attempt leaves for its engine")
    handle = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        size = os.fstat(handle).st_size
        data = os.pread(handle, max(0, min(limit, PIECE)), max(0, offset))
    finally:
        os.close(handle)
    return Piece(data=data, offset=max(0, offset), size=size)


def order_in(folder: str) -> dict[str, object]:
    """Return the order of the attempt in *folder*, whether or not it has ended; empty if there is none."""
    for name in (files.RESULT, files.SPEC):
        try:
            return dict(files.read_order(f"{folder}/{name}"))
        except (OSError, ValueError):
            continue
    return {}


def code_of(folder: str) -> str | None:
    """Return where this machine keeps the code of the attempt in *folder*; None if it has none."""
    place = _context(folder).get("dags_folder")
    return place if isinstance(place, str) else None


def resumed_by(folder: str) -> str | None:
    """Return the attempt that the one in *folder* goes on from, if it does."""
    place = _context(folder).get("resumes")
    return os.path.basename(place) if isinstance(place, str) else None  # noqa: PTH119


def _context(folder: str) -> dict[str, object]:
    context = order_in(folder).get("context")
    return context if isinstance(context, dict) else {}


def _left(folder: str) -> Iterator[LeftFile]:
    for name in TRAVELS:
        try:
            handle = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        with os.fdopen(handle, "rb") as file:
            digest, size, whole = hashlib.sha256(), 0, b""
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                whole = chunk if size <= INLINE else b""
        inline = whole if size <= INLINE else None
        yield LeftFile(name=name, size=size, sha256=digest.hexdigest(), data=inline)


def _result(folder: str) -> str | None:
    """Return the result's own line, as it is; None if there is none, or it cannot be read."""
    try:
        record = files.read_result(f"{folder}/{files.RESULT}")
    except (OSError, ValueError):
        return None
    return files.dump_fields(record).decode().rstrip()
