"""File names of an attempt directory, and the one line of JSON that each record is.

What the names mean is in `protocol`. This module imports next to nothing, because a supervisor pays for
every import each time one starts.
"""

from __future__ import annotations

import errno
import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from pathlib import Path
    from typing import Any

VERSION = 1

SPEC = "spec"
CLAIM = "claim"
PHASE = "phase"
STOP = "stop"
LOG = "log"
LOG_INDEX = "log.idx"
LOG_TAIL = "log.tail"
VERDICT = "verdict"
XCOM = "xcom"
RENDERED = "rendered"
DEFERRAL = "deferral"
FIRED = "fired"
WANTED = "wanted"
TRYING = "trying"
REMOTE = "remote"
RESULT = "result"

MAX_RECORD_BYTES = 1 << 20
"""Bytes of the largest record: nothing we write comes near."""
MAX_XCOM_BYTES = 64 << 10
"""Larger XCom values stay in the attempt directory and the database keeps a reference."""
HARD_XCOM_BYTES = 16 << 20
"""Larger XCom values fail the task with a clear error."""

DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG})
"""Errors after which the disk may accept a write later."""

KEEP_RENDERED = "PENSTOCK_KEEP_RENDERED"
"""In the environment of tasks whose rendered fields must be written down."""
MARK = "PENSTOCK_ATTEMPT"
"""Environment variable with the attempt id that every task process carries: it identifies strays."""

CHANNEL = "PENSTOCK_CHANNEL"
"""In the environment that a supervisor gives a Python task: the descriptor of its channel."""

FORK_FLAG = "--forge"
"""In a warm parent's arguments, before the descriptor for requests."""

SPEAKS = 3
"""Version of a supervisor's messages, in its hello: 2 takes the environment by the socket, 3 knows leases."""

HIDE_START, HIDE_END = b"\x1e\x1fpenstock-hide ", b"\x1f\x1e"
"""Encloses base64 in a Python task's output: a value to hide from there on. It never gets into the log."""
MAX_HIDE_BYTES = 128 << 10
"""A longer value is treated as output."""

_PIECE = 65536
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def dump_fields(body: dict[str, Any]) -> bytes:
    """Return *body* as one line of JSON with its version."""
    return _encode({"v": VERSION, **body}).encode() + b"\n"


def load(data: bytes) -> dict[str, Any]:
    """Return the record in *data* without its version; raise ValueError if this program cannot read it."""
    if len(data) > MAX_RECORD_BYTES:
        raise ValueError(f"record of {len(data)} bytes is larger than {MAX_RECORD_BYTES}")
    body = json.loads(data)
    if not isinstance(body, dict):
        raise ValueError("record is not an object")
    version = body.pop("v", None)
    if version != VERSION:
        raise ValueError(f"record has version {version!r}, this program reads {VERSION}")
    return body


def read(path: str) -> dict[str, Any]:
    """Return the record in the file *path*; raise FileNotFoundError, or ValueError if it is invalid."""
    return load(_read_whole(path))


def read_order(path: str) -> dict[str, Any]:
    """Return the order in the spec *path*, its first line. Raises as `read` does."""
    return load(_read_whole(path).partition(b"\n")[0])


def read_report(path: str) -> dict[str, Any]:
    """Return what a supervisor wrote below the order in *path*; empty if there is none yet.

    Raises as `read` does.
    """
    report = _read_whole(path).partition(b"\n")[2].strip()
    return load(report) if report else {}


def read_result(path: str) -> dict[str, Any]:
    """Return the result in *path*: its last line, whatever is above. Raises as `read` does."""
    return load(_read_whole(path).rstrip().rpartition(b"\n")[2])


def _read_whole(path: str) -> bytes:
    """Return the bytes of a file of at most two records."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = piece = os.read(handle, _PIECE)
        while len(piece) == _PIECE and len(data) <= 2 * MAX_RECORD_BYTES:
            piece = os.read(handle, _PIECE)
            data += piece
    finally:
        os.close(handle)
    return data


def write_file(path: str, data: bytes, *, durable: bool = False) -> None:
    """Write a file that nobody else may read; raise OSError, and leave no part of it behind.

    If *durable*, its bytes are on the disk then, even if the machine fails.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        done = 0
        while done < len(data):
            done += os.write(handle, data[done:])
        if durable:
            os.fsync(handle)
    except OSError:
        os.unlink(path)  # half of it is useless, and the space is needed
        raise
    finally:
        os.close(handle)


def write_whole(folder: Path | str, name: str, data: bytes, *, durable: bool = False) -> None:
    """Write file *name* in *folder* so that a reader sees the old one or all of the new one.

    See `write_file` for *durable*. Raises OSError.
    """
    draft = f"{folder}/{name}.{os.getpid()}.part"
    write_file(draft, data, durable=durable)
    try:
        os.rename(draft, f"{folder}/{name}")
    except OSError:
        os.unlink(draft)
        raise


def shard_of(attempt_id: str) -> str:
    """Return the name of the folder that an attempt shares with those of the same quarter of an hour."""
    return attempt_id[:7]


def attempt_folder(root: Path | str, attempt_id: str) -> str:
    """Return the directory of an attempt under *root* (``<home>/attempts``), as a string, which is cheap."""
    return f"{root}/{shard_of(attempt_id)}/{attempt_id}"


def attempt_path(root: Path, attempt_id: str) -> Path:
    """Return the directory of an attempt under *root*, as a path."""
    return root / shard_of(attempt_id) / attempt_id
