"""File names of an attempt directory, and the one line of JSON that each record is.

What the names mean stands in `protocol`. This module imports next to nothing, because a
supervisor pays for every import each time one starts.
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
RESULT = "result"

MAX_RECORD_BYTES = 1 << 20
"""Larger records are refused: nothing we write comes near."""
MAX_XCOM_BYTES = 64 << 10
"""Larger XCom values stay in the attempt directory and the database keeps a reference."""
HARD_XCOM_BYTES = 16 << 20
"""Larger XCom values fail the task with a clear error."""

DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG})
"""What a disk says that may take it later."""

FOREGROUND = "PENSTOCK_FOREGROUND"
"""In the environment of tasks that `penstock test` runs: there is no engine to ask."""
KEEP_RENDERED = "PENSTOCK_KEEP_RENDERED"
"""In the environment of tasks whose rendered fields are to be written down."""
MARK = "PENSTOCK_ATTEMPT"
"""Environment variable with the attempt id that every task process carries: it tells strays apart."""

CHANNEL = "PENSTOCK_CHANNEL"
"""In the environment that a supervisor gives a Python task: the descriptor to talk over."""

FORK_FLAG = "--forge"
"""In a warm parent's arguments, before the descriptor on which it is asked for forks."""

SPEAKS = 2
"""What a supervisor understands, said in its greeting: 2 takes the environment over the socket."""

HIDE_START, HIDE_END = b"\x1e\x1fpenstock-hide ", b"\x1f\x1e"
"""Around base64 in a Python task's output: a value to hide from there on. It never reaches the log."""
MAX_HIDE_BYTES = 128 << 10
"""A longer one is taken for output."""

_PIECE = 65536
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def dump_fields(body: dict[str, Any]) -> bytes:
    """Return *body* as one line of JSON with its version."""
    return _encode({"v": VERSION, **body}).encode() + b"\n"


def load(data: bytes) -> dict[str, Any]:
    """Return the record in *data* without its version; raise ValueError when it is not one we know."""
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
    """Return the record in the file *path*; raise FileNotFoundError, or ValueError when it makes no sense."""
    return load(_read_whole(path))


def read_order(path: str) -> dict[str, Any]:
    """Return the order in the spec *path*, its first line. Raises as `read` does."""
    return load(_read_whole(path).partition(b"\n")[0])


def read_report(path: str) -> dict[str, Any]:
    """Return what a supervisor wrote below the order in *path*; empty while that is nothing.

    Raises as `read` does.
    """
    report = _read_whole(path).partition(b"\n")[2].strip()
    return load(report) if report else {}


def read_result(path: str) -> dict[str, Any]:
    """Return the result in *path*: its last line, whatever stands above. Raises as `read` does."""
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
    """Write a file that nobody else may read; raise OSError, and leave no half of it behind.

    If *durable*, its bytes are on the disk then, whatever happens to the machine.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        done = 0
        while done < len(data):
            done += os.write(handle, data[done:])
        if durable:
            os.fsync(handle)
    except OSError:
        os.unlink(path)  # half of it is of use to nobody, and the room is needed
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
    """Return the folder that an attempt shares with those of the same quarter of an hour."""
    return attempt_id[:7]


def attempt_folder(root: Path | str, attempt_id: str) -> str:
    """Return the directory of an attempt under *root* (``<home>/attempts``), as a string: that is cheap."""
    return f"{root}/{shard_of(attempt_id)}/{attempt_id}"


def attempt_path(root: Path, attempt_id: str) -> Path:
    """Return the directory of an attempt under *root*, as a path."""
    return root / shard_of(attempt_id) / attempt_id
