"""Checks that the names of an open database's files still lead to them.

An open file goes on working when its name is removed or given to another file, but nobody will find what is
written to it then. So the names are checked before and after every commit: five stat calls.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from penstock.errors import LostError

_Key = tuple[int, int]
# The index of the write-ahead log (SQLite's "WAL-index format"): the log's salt, and how many of its frames
# have been moved into the database. Both are in the machine's own byte order.
_SALT_AT, _MOVED_AT = 32, 96
_WHAT_TO_DO = "Nothing more is launched or acknowledged; running tasks go on"


class HeldFiles:
    """The files that an engine has open: *folders* (name for people -> path), the *database* and its logs.

    Make it after the first write to the database: its log exists then. ``lost`` says what is wrong, from the
    first time that something was.
    """

    def __init__(self, database: Path, folders: Mapping[str, Path]) -> None:
        self.lost: str | None = None
        self.overwritten = False
        """Whether another program wrote to the database file, which must not be touched then."""
        self._database = os.fspath(database)
        real = os.path.realpath(database)  # SQLite puts its logs beside the file itself
        self._places = {
            **{name: os.fspath(path) for name, path in folders.items()},
            "database": self._database,
            "log of the database": f"{real}-wal",
            "index of the database's log": f"{real}-shm",
        }
        self._keys = {name: _key(path) for name, path in self._places.items()}
        # Never closed: closing a descriptor of the database's files would drop SQLite's locks.
        self._open = {name: os.open(path, os.O_RDONLY | os.O_CLOEXEC) for name, path in self._places.items()}
        self._index = self._open["index of the database's log"]
        facts = os.stat(self._database)  # noqa: PTH116
        self._written = (facts.st_mtime_ns, facts.st_size)
        self._seen_moved = self._moved()

    def require(self) -> None:
        """Raise `LostError` if a name no longer leads to the opened file."""
        if self.lost is None:
            self.lost = self._problem()
        if self.lost is not None:
            raise LostError(self.lost)

    def now_at(self, name: str) -> str | None:
        """Return where the file opened as *name* is now, if the kernel knows; None if it is gone."""
        try:
            path = str(Path(f"/proc/self/fd/{self._open[name]}").readlink())
        except OSError:
            return None
        return path if os.fstat(self._open[name]).st_nlink and not path.endswith(" (deleted)") else None

    def _problem(self) -> str | None:
        for name, path in self._places.items():
            try:
                facts = os.stat(path)  # noqa: PTH116
            except OSError as error:
                return self._say(name, path, f"is gone ({error.strerror})")
            if (facts.st_dev, facts.st_ino) != self._keys[name]:
                return self._say(name, path, "was replaced by another one")
            if path == self._database and (facts.st_mtime_ns, facts.st_size) != self._written:
                # SQLite itself writes there when it moves frames of the log, and counts them.
                moved = self._moved()
                if moved == self._seen_moved:
                    self.overwritten = True
                    return self._say(name, path, "was overwritten by another program")
                self._written, self._seen_moved = (facts.st_mtime_ns, facts.st_size), moved
        return None

    def _moved(self) -> bytes:
        data = os.pread(self._index, _MOVED_AT + 4, 0)
        return data[_SALT_AT : _SALT_AT + 8] + data[_MOVED_AT:]

    def _say(self, name: str, path: str, what: str) -> str:
        now = self.now_at(name)
        moved = f"; it is {now} now" if now not in (None, path) else ""
        text = f"the {name} {path} {what}{moved}, while the engine ran. {_WHAT_TO_DO}. "
        return text + _advice(name, what, now or "DIR")


def _advice(name: str, what: str, now: str) -> str:
    match name:
        case "home":
            return f"Move the folder back, or start the engine where it is now: `penstock --home {now} up -d`"
        case "attempts folder":
            return (
                "Move it back before you start the engine again with `penstock up -d`: attempts whose "
                "directory is missing are lost, and killed"
            )
        case "log of the database" | "index of the database's log":
            return (
                "What it held is moved into the database now: look at that with `penstock db check`, and go "
                "on with `penstock up -d`"
            )
    if "overwritten" in what:
        return (
            "Look at it with `penstock db check`; a copy is put in place with `penstock db restore COPY`, "
            "while no engine runs. Then: `penstock up -d`"
        )
    return (
        "Put the file back, or a copy with `penstock db restore COPY`; look at it with `penstock db check`. "
        "Then: `penstock up -d`"
    )


def _key(path: str) -> _Key:
    facts = os.stat(path)  # noqa: PTH116
    return facts.st_dev, facts.st_ino
