"""Which files of the DAGs folder are DAG files, and which of them have changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from penstock import trust
from penstock.model.spec import DagFileProblem

IGNORE_FILE = ".penstockignore"
MAX_SOURCE_BYTES = 8 << 20
"""A larger file is refused: nobody wrote it by hand."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one scan saw: absolute paths with the SHA-256 of their bytes, and the files that were refused."""

    files: dict[Path, str] = field(default_factory=dict)
    problems: tuple[DagFileProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ignore:
    """The patterns of one `.penstockignore`, for paths below its folder."""

    folder: Path
    patterns: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path) -> _Ignore | None:
        """Return the patterns that lie in *folder*, or None."""
        try:
            text = (folder / IGNORE_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        lines = (line.strip() for line in text.splitlines())
        return cls(folder, tuple(line for line in lines if line and not line.startswith("#")))

    def covers(self, path: Path) -> bool:
        """Return whether a pattern names *path*: by any part of it, or, with a slash, from the folder on."""
        relative = PurePath(path.relative_to(self.folder))
        for pattern in self.patterns:
            wanted = pattern.rstrip("/")
            if "/" in wanted:
                if fnmatchcase(relative.as_posix(), wanted.lstrip("/")):
                    return True
            elif fnmatchcase(relative.name, wanted):
                return True
        return False


class Discovery:
    """Scans a DAGs folder again and again, reading only files that changed since the last scan.

    DAG files are ``*.py`` at any depth. Files and folders whose name starts with ``_`` or ``.``
    are not, nor is what a `.penstockignore` names: a glob a line, matched against names, or
    against the path from the ignore file's folder when it holds a slash.

    Files that others could change are refused, unless *trusting*; members of *group* may change them.
    """

    def __init__(self, group: str | None = None, *, trusting: bool = False) -> None:
        self._group = group
        self._trusting = trusting
        self._known: dict[Path, tuple[tuple[int, ...], str]] = {}

    def scan(self, folder: Path) -> Found:
        """Return the DAG files below *folder*. A missing folder has none; nothing here raises OSError."""
        folder = folder.absolute()
        known, self._known = self._known, {}
        files: dict[Path, str] = {}
        problems: list[DagFileProblem] = []
        owner = _owner(folder)
        for path in _candidates(folder):
            try:
                status = path.stat()
                problem = _unfit(status) or (None if self._trusting else self._refusal(path, status, owner))
                if problem is None:
                    files[path] = self._hash(path, status, known)
            except FileNotFoundError:
                continue  # gone between listing and looking
            except OSError as error:
                problem = f"cannot be read: {error.strerror}"
            if problem is not None:
                problems.append(DagFileProblem(file=str(path), message=problem))
        return Found(files, tuple(problems))

    def _refusal(self, path: Path, status: os.stat_result, owner: int | None) -> str | None:
        """Return why a file may not run as us; who owns the folder could swap its files anyway."""
        flaw = trust.file_flaw(path, status, self._group, owner=owner)
        return None if flaw is None else f"{flaw.text}, and a DAG file runs as you: {flaw.todo}"

    def _hash(
        self, path: Path, status: os.stat_result, known: dict[Path, tuple[tuple[int, ...], str]]
    ) -> str:
        look = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        before = known.get(path)
        digest = before[1] if before is not None and before[0] == look else source_hash(path.read_bytes())
        self._known[path] = (look, digest)
        return digest


def source_hash(data: bytes) -> str:
    """Return the name of a version of a DAG file: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def _candidates(folder: Path) -> Iterator[Path]:
    ignores: dict[Path, tuple[_Ignore, ...]] = {}
    seen: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        here = Path(place)
        own = _Ignore.of(here)
        active = ignores.get(here.parent, ()) + ((own,) if own else ())
        ignores[here] = active

        def wanted(name: str, here: Path = here, active: tuple[_Ignore, ...] = active) -> bool:
            return not name.startswith((".", "_")) and not any(rule.covers(here / name) for rule in active)

        folders[:] = sorted(name for name in folders if wanted(name) and _is_new(here / name, seen))
        yield from (here / name for name in sorted(names) if name.endswith(".py") and wanted(name))


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Return whether *folder* was not walked before: links may make circles."""
    try:
        status = folder.stat()
    except OSError:
        return False
    key = (status.st_dev, status.st_ino)
    if key in seen:
        return False
    seen.add(key)
    return True


def _owner(folder: Path) -> int | None:
    with suppress(OSError):
        return folder.stat().st_uid
    return None


def _unfit(status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_size > MAX_SOURCE_BYTES:
        return f"has {status.st_size} bytes; a DAG file may have {MAX_SOURCE_BYTES}"
    return None
