"""The copies that a home keeps of attempts on other hosts: in the same directory that a local one has.

While an attempt runs, its log as far as somebody read it; once it has ended, all that it left, complete and
checked, and the result last. So XComs for later tasks, logs for people and retention work as for any other
attempt, also when no engine runs. Stdlib only; nothing here asks anybody.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock import process
from penstock.attempts import files
from penstock.execution.executor import Exited, Observation
from penstock.execution.local import directory, observe
from penstock.execution.remote.orders import moved
from penstock.execution.remote.protocol import LeftFile, Manifest, Piece

WANTED = frozenset({files.LOG, files.LOG_INDEX, files.XCOM, files.RENDERED, files.DEFERRAL, files.VERDICT})
"""What is taken from a worker; it names files, so nothing else is."""
_SAME_CLOCK = 1.0
"""Seconds by which two clocks may differ before times are set right."""
_ENTRY = struct.Struct("<QQ")
_PART = ".pull"


class DamagedError(Exception):
    """What arrived is not what was sent."""


def accept(root: Path, attempt_id: str, order: bytes, executor: str) -> None:
    """Make the directory of an attempt that goes elsewhere. Raises OSError, and leaves no order then."""
    directory.create(root, attempt_id, order)
    note_worker(root, attempt_id, executor, None)


def note_worker(root: Path, attempt_id: str, executor: str, worker: str | None) -> None:
    """Write down where an attempt is, for the engines after this one."""
    body = files.dump_fields({"executor": executor, "worker": worker})
    files.write_whole(files.attempt_folder(root, attempt_id), files.REMOTE, body)


def place_of(folder: str) -> tuple[str, str | None] | None:
    """Return the executor and the worker of an attempt; None for one of this machine."""
    try:
        said = files.read(f"{folder}/{files.REMOTE}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "unknown", None
    worker = said.get("worker")
    return str(said.get("executor")), worker if isinstance(worker, str) else None


def observed(folder: str) -> Observation:
    """Return what the directory of an attempt says here, with the worker that had it."""
    facts = directory.probe(folder)
    seen = observe.observation(folder, facts)
    if not isinstance(seen, Exited):
        return seen
    worker = facts.result.get("worker")
    if not isinstance(worker, str):
        place = place_of(folder)
        worker = None if place is None else place[1]
    return replace(seen, worker=worker)


def log_size(folder: str) -> int:
    """Return how much of a log is here."""
    try:
        return os.stat(f"{folder}/{files.LOG}").st_size  # noqa: PTH116
    except OSError:
        return 0


def extend_log(folder: str, piece: Piece) -> None:
    """Add *piece* to the log, if it goes on where the copy ends. Raises OSError."""
    if not piece.data or piece.offset != log_size(folder):
        return
    written = piece.written_us or int(time.time() * 1e6)
    _append(f"{folder}/{files.LOG_INDEX}", _ENTRY.pack(piece.offset, written))
    _append(f"{folder}/{files.LOG}", piece.data)


def lay_down(folder: str, left: LeftFile) -> None:
    """Write a file that came along whole; raise `DamagedError`, or OSError."""
    data = left.data or b""
    if len(data) != left.size or hashlib.sha256(data).hexdigest() != left.sha256:
        raise DamagedError(f"{left.name} did not arrive as it was sent")
    files.write_whole(folder, left.name, data)


class Taking:
    """Takes one file of a manifest, piece by piece. A log goes on from the copy that is here."""

    def __init__(self, folder: str, left: LeftFile) -> None:
        self._left = left
        self._target = f"{folder}/{left.name}"
        self._part = self._target if left.name == files.LOG else self._target + _PART
        if left.name != files.LOG:
            with suppress(FileNotFoundError):
                os.unlink(self._part)  # noqa: PTH108
        elif log_size(folder) > left.size:
            self.again()
        self.offset = self._size()

    @property
    def complete(self) -> bool:
        """Whether all bytes are here."""
        return self.offset >= self._left.size

    def add(self, data: bytes) -> None:
        """Add the next bytes; raise `DamagedError` if there are none, or OSError."""
        if not data:
            raise DamagedError(f"{self._left.name} ends at byte {self.offset} of {self._left.size}")
        _append(self._part, data)
        self.offset += len(data)

    def again(self) -> None:
        """Begin again."""
        with suppress(FileNotFoundError):
            os.truncate(self._part, 0)
        self.offset = 0

    def finish(self) -> None:
        """Check the bytes and give the file its name; raise `DamagedError` and begin again if they differ."""
        if not self._left.size:
            _append(self._part, b"")
        with open(self._part, "rb") as file:  # noqa: PTH123
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self._left.sha256 or self._size() != self._left.size:
            self.again()
            raise DamagedError(f"{self._left.name} did not arrive as it was sent")
        if self._part != self._target:
            os.replace(self._part, self._target)  # noqa: PTH105

    def _size(self) -> int:
        try:
            return os.stat(self._part).st_size  # noqa: PTH116
        except OSError:
            return 0


def conclude(
    folder: str, attempt_id: str, manifest: Manifest, lost: str, dags_folder: str, worker: str | None = None
) -> None:
    """Write the result, after everything else is here. Without one the attempt is lost, as *lost* says.

    The result says which *worker* had it.

    Times by the worker's clock become times by ours, and what names the worker's code names ours.
    Raises OSError, or ValueError for a result that cannot be read.
    """
    now = time.time()
    by = now - manifest.now if manifest.boot_id != process.boot_id() else 0.0
    by = by if abs(by) > _SAME_CLOCK else 0.0
    if by:
        _shift_index(f"{folder}/{files.LOG_INDEX}", int(by * 1e6))
    if manifest.dags:
        _move_deferral(folder, manifest.dags, dags_folder)
    if manifest.result is None:
        size = log_size(folder)
        ended = {"attempt_id": attempt_id, "kind": "lost", "reason": lost, "log_bytes": size}
        _end(folder, {**ended, "worker": worker})
        return
    result = {**_result_in(manifest.result), "worker": worker}
    if by:
        result |= {name: result[name] + by for name in ("start", "end") if _is_number(result.get(name))}
        result |= {"steady": None, "boot_id": None}
        verdict = result.get("verdict")
        if isinstance(verdict, dict):
            due = ("next_poke_at", "resume_by")
            later = {name: verdict[name] + by for name in due if _is_number(verdict.get(name))}
            result["verdict"] = {**verdict, **later}
    _end(folder, result)


def conclude_lost(folder: str, attempt_id: str, reason: str) -> None:
    """Write that an attempt is lost, and in its log where the copy was cut. Raises OSError."""
    size = log_size(folder)
    begins = b"" if _ends_a_line(folder, size) else b"\n"
    _append(f"{folder}/{files.LOG}", begins + f"[penstock] cut at byte {size}: host lost\n".encode())
    _end(folder, {"attempt_id": attempt_id, "kind": "lost", "reason": reason, "log_bytes": log_size(folder)})


def conclude_unsent(folder: str, attempt_id: str, reason: str) -> None:
    """Write that an attempt was stopped before anybody else heard of it. Raises OSError."""
    if directory.revoke(folder):
        _end(folder, {"attempt_id": attempt_id, "kind": "cancelled", "reason": reason})


def earlier_files(folder: str) -> dict[str, str]:
    """Return what a task that goes on needs of the attempt that deferred, by name."""
    found = {}
    for name in (files.DEFERRAL, files.FIRED, files.XCOM):
        with suppress(OSError, UnicodeDecodeError):
            found[name] = Path(folder, name).read_text(encoding="utf-8")
    return found


def _result_in(line: str) -> dict[str, Any]:
    result = json.loads(line)
    if not isinstance(result, dict) or result.pop("v", files.VERSION) != files.VERSION:
        raise ValueError("its result is not one that this program reads")
    return result


def _end(folder: str, result: Mapping[str, Any]) -> None:
    files.write_whole(folder, files.RESULT, files.dump_fields(dict(result)))


def _move_deferral(folder: str, there: str, here: str) -> None:
    path = Path(folder, files.DEFERRAL)
    with suppress(FileNotFoundError):
        text = path.read_text(encoding="utf-8")
        files.write_whole(folder, files.DEFERRAL, moved(text, there, here).encode())


def _shift_index(path: str, by_us: int) -> None:
    with suppress(FileNotFoundError):
        data = Path(path).read_bytes()
        whole = data[: len(data) // _ENTRY.size * _ENTRY.size]
        shifted = (_ENTRY.pack(offset, max(0, at + by_us)) for offset, at in _ENTRY.iter_unpack(whole))
        Path(path).write_bytes(b"".join(shifted))


def _ends_a_line(folder: str, size: int) -> bool:
    if not size:
        return True
    with open(f"{folder}/{files.LOG}", "rb") as file:  # noqa: PTH123
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _append(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        done = 0
        while done < len(data):
            done += os.write(handle, data[done:])
    finally:
        os.close(handle)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
