"""An attempt directory from the engine's side: creates it, revokes it, reads its state.

Stdlib only. "At most once" depends on the order of steps in here; see `protocol`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from penstock.attempts import files
from penstock.failpoint import reach

# Linux: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and FS_TOPDIR_FL (ioctl_iflags(2)), what `chattr +T` sets.
_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602
_TOP_DIRECTORY = 0x00020000
_PASSING = frozenset({errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE})
_QUICK = 100e-6
"""CPU seconds of a directory that is made quickly: 20 microseconds are usual."""
_PLACES = 8
"""Places that are tried for the attempts of a quarter of an hour."""
_OLD_REPORT = "result.tmp"
"""Where supervisors of version 0.1.0 recorded the attempt's process."""


class Stage(Enum):
    """How far an attempt got, by its directory."""

    ABSENT = "absent"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    """The engine's claim won: it never starts."""
    CLAIMED = "claimed"
    """A supervisor has it."""
    UNREADABLE = "unreadable"
    """The disk cannot be read at the moment."""
    UNSTARTED = "unstarted"
    """Its supervisor vanished before the start: nothing ran, nothing will."""
    LOST = "lost"
    """Its supervisor vanished after the start."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read from a directory. Records that are missing or unreadable are empty."""

    stage: Stage
    result: Mapping[str, Any] = field(default_factory=dict)
    claim: Mapping[str, Any] = field(default_factory=dict)
    child: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


def create(root: Path, attempt_id: str, spec: bytes) -> None:
    """Make the directory and write the spec. Doing it twice is harmless.

    Whether the attempt may run is decided by its claim alone, so repeating this never runs it twice.
    Raises OSError if it cannot be written.
    """
    folder = files.attempt_folder(root, attempt_id)
    try:
        os.mkdir(folder, 0o700)
    except FileNotFoundError:
        _open_shard(root, files.shard_of(attempt_id))
        os.makedirs(folder, 0o700, exist_ok=True)
    except FileExistsError:
        if os.path.exists(f"{folder}/{files.SPEC}") or os.path.exists(f"{folder}/{files.CLAIM}"):
            return
    reach("after_mkdir")
    path = f"{folder}/{files.SPEC}"
    files.write_file(path, spec)
    reach("after_spec")


def spread(root: Path) -> None:
    """Ask ext4 to put each directory made in *root* where there is room, not beside the others.

    The attempts of one quarter of an hour are also forgotten together, by the thousand. ext4 without a
    journal does not reuse an inode for minutes after it was freed: creating a file there has taken 600
    microseconds instead of 20. Other file systems ignore the flag and lose nothing.
    """
    with suppress(OSError):
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            (flags,) = struct.unpack_from("i", fcntl.ioctl(handle, _GET_FLAGS, bytes(8)))
            if not flags & _TOP_DIRECTORY:
                fcntl.ioctl(handle, _SET_FLAGS, struct.pack("i4x", flags | _TOP_DIRECTORY))
        finally:
            os.close(handle)


def _open_shard(root: Path, name: str) -> None:
    """Make the directory for the attempts of a quarter of an hour. Harmless if it exists.

    ext4 derives the place from the name, so a new home would be placed where the last one was deleted:
    the folder gets another name first.
    """
    new = _quick_place(f"{root}/.{name}")
    try:
        os.rename(new, f"{root}/{name}")
    except OSError:  # another process has created and used it
        os.rmdir(new)
        if not os.path.isdir(f"{root}/{name}"):
            raise


def _quick_place(name: str) -> str:
    """Make a directory called *name*-something where making files is quick, and return its path.

    Where thousands were deleted just now it is not, see `spread`; each new name leads to another place.
    """
    made: list[tuple[float, str]] = []
    while not made or (made[-1][0] > _QUICK and len(made) < _PLACES):
        path = f"{name}-{os.urandom(4).hex()}"
        os.makedirs(path, 0o700)
        made.append((_cost(path), path))
    made.sort()
    for _, path in made[1:]:
        with suppress(OSError):
            os.rmdir(path)
    return made[0][1]


def _cost(folder: str) -> float:
    """Return the CPU seconds that making a directory in *folder* takes, the quickest of three."""
    taken = []
    for number in range(3):
        began = time.thread_time()
        os.mkdir(f"{folder}/{number}", 0o700)
        taken.append(time.thread_time() - began)
    for number in range(3):
        os.rmdir(f"{folder}/{number}")
    return min(taken)


def refuse(root: Path, attempt_id: str, reason: str) -> None:
    """Record that the attempt cannot be carried out (exit code 126), so that nobody ever starts it."""
    folder = files.attempt_path(root, attempt_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if revoke(folder):
        fields = {"attempt_id": attempt_id, "kind": "exit_code", "exit_code": 126, "reason": reason}
        files.write_whole(folder, files.RESULT, files.dump_fields(fields))


def revoke(folder: Path | str) -> bool:
    """Link the engine's own claim; return False if there already is a claim.

    Raises FileNotFoundError when there is no such directory.
    """
    temporary = f"{folder}/{files.CLAIM}.{os.getpid()}.tmp"
    files.write_file(temporary, files.dump_fields({"kind": "revoked"}))
    try:
        os.link(temporary, f"{folder}/{files.CLAIM}")
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
    return True


def remove(folder: str) -> None:
    """Remove an attempt's directory, and with the last one that of its quarter of an hour."""
    try:
        for name in os.listdir(folder):
            os.unlink(f"{folder}/{name}")
        os.rmdir(folder)
    except OSError:  # it is gone already, or somebody put a folder there
        from shutil import rmtree  # half a megabyte, for what happens once an hour

        rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # others of the same quarter of an hour are still there
        os.rmdir(folder.rpartition("/")[0])


def probe(folder: Path | str) -> Facts:
    """Return how far the attempt in *folder* got.

    Looks at result, claim, lock, and at the result again. In any other order an attempt that is just
    being claimed, or is just ending, could look lost.
    """
    try:
        return _probe(str(folder))
    except OSError as error:
        if error.errno not in _PASSING:
            raise
        return Facts(Stage.UNREADABLE, reason=str(error))


def may_print(folder: str) -> bool:
    """Return whether the attempt in *folder* may still print: it waits for its start, or it runs.

    `probe` reads all records for the same answer; followers of a log ask this at every look.
    """
    if os.path.exists(f"{folder}/{files.RESULT}") or not os.path.isdir(folder):
        return False
    return not os.path.exists(f"{folder}/{files.CLAIM}") or is_locked(folder)


def _probe(place: str) -> Facts:
    facts = _ended(place)
    if facts is not None:
        return facts
    try:
        claim = files.read(f"{place}/{files.CLAIM}")
    except FileNotFoundError:
        return Facts(Stage.ACCEPTED if os.path.isdir(place) else Stage.ABSENT)
    except (OSError, ValueError) as error:
        _raise_passing(error)
        claim = {}  # damaged: claimed by someone, and the lock says whether they live
    if claim.get("kind") == "revoked":
        return Facts(Stage.REVOKED, claim=claim)
    child = _report(place)
    if is_locked(place):
        return Facts(Stage.CLAIMED, claim=claim, child=child)
    facts = _ended(place)
    if facts is not None:
        return facts
    started = os.path.exists(f"{place}/{files.PHASE}")
    # Read again: it may have been written between the first look and the end of its supervisor.
    child = _report(place)
    return Facts(Stage.LOST if started else Stage.UNSTARTED, claim=claim, child=child)


def is_locked(folder: str) -> bool:
    """Return whether a supervisor has the attempt's lock. Never waits."""
    try:
        handle = os.open(f"{folder}/{files.SPEC}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two probes do not take each other for the supervisor.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _ended(place: str) -> Facts | None:
    try:
        return Facts(Stage.ENDED, result=files.read_result(f"{place}/{files.RESULT}"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _raise_passing(error)
        return Facts(Stage.LOST, reason=f"its result cannot be read: {error}")


def _raise_passing(error: Exception) -> None:
    """Raise *error* if it only means that the file cannot be read at the moment."""
    if isinstance(error, OSError) and error.errno in _PASSING:
        raise error


def _report(place: str) -> dict[str, Any]:
    for read, name in ((files.read_report, files.SPEC), (files.read, _OLD_REPORT)):
        with suppress(OSError, ValueError):
            found = read(f"{place}/{name}")
            if found:
                return found
    return {}
