"""Finds the DAG files in the DAGs folder, and which of them have changed."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from penstock import trust
from penstock.loading import airflow_ignore
from penstock.loading.airflow_ignore import AirflowIgnore
from penstock.loading.reading import (
    MAX_SOURCE_BYTES,
    name_problem,
    read_source,
    shown_path,
    source_hash,
)
from penstock.model.spec import DagFileProblem

__all__ = ["MAX_SOURCE_BYTES", "Discovery", "Found", "source_hash"]

IGNORE_FILE = ".penstockignore"
_IGNORE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one scan: absolute paths with the SHA-256 of their bytes, and the refused files.

    ``unseen`` are folders that could not be listed: the files in them may still exist.
    """

    files: dict[Path, str] = field(default_factory=dict)
    problems: tuple[DagFileProblem, ...] = ()
    unseen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Ignore:
    """The patterns of a `.penstockignore` and an `.airflowignore`, for paths below their folder."""

    folder: Path
    patterns: tuple[str, ...]
    airflow: AirflowIgnore

    @classmethod
    def of(cls, folder: Path) -> _Ignore | None:
        """Return the patterns in *folder*, or None."""
        ours, theirs = _text_of(folder / IGNORE_FILE), _text_of(folder / airflow_ignore.NAME)
        if not ours and not theirs:
            return None
        lines = (line.strip() for line in ours.splitlines())
        patterns = tuple(line for line in lines if line and not line.startswith("#"))
        return cls(folder, patterns, AirflowIgnore(theirs))

    def covers(self, path: Path) -> bool:
        """Return whether a pattern matches any part of *path*, or, with a slash, the path from the folder."""
        relative = PurePath(path.relative_to(self.folder))
        if self.airflow.covers(relative):
            return True
        for pattern in self.patterns:
            wanted = pattern.rstrip("/")
            if "/" in wanted:
                if fnmatchcase(relative.as_posix(), wanted.lstrip("/")):
                    return True
            elif fnmatchcase(relative.name, wanted):
                return True
        return False


def _text_of(file: Path) -> str:
    """Return the text of a file with patterns; nothing if there is none."""
    try:
        return read_source(file, _IGNORE_BYTES).decode(errors="replace")
    except OSError:
        return ""


class Discovery:
    """Scans a DAGs folder again and again, reading only files that changed since the last scan.

    DAG files are ``*.py`` at any depth, and ``*.zip`` with modules at their top that make DAGs. Files and
    folders with a name that starts with ``_`` or ``.`` are not, nor what a `.penstockignore` names: one glob
    per line, matched against names, or against the path from the ignore file's folder if it contains a slash;
    nor what an `.airflowignore` leaves out.

    Files that others could change are refused, unless *trusting*; members of *group* may change them.
    """

    def __init__(self, group: str | None = None, *, trusting: bool = False) -> None:
        self._group = group
        self._trusting = trusting
        self._known: dict[Path, tuple[tuple[int, ...], str]] = {}
        self._zips: dict[Path, tuple[tuple[int, ...], bool]] = {}

    def scan(self, folder: Path) -> Found:
        """Return the DAG files below *folder*. A missing folder has none; nothing here raises OSError."""
        folder = folder.absolute()
        known, self._known = self._known, {}
        files: dict[Path, str] = {}
        walk = Walk(folder)
        owner = _owner(folder)
        seen: set[tuple[int, int]] = set()
        problems: list[DagFileProblem] = []
        for path in walk:
            problem = name_problem(str(path))
            try:
                status = path.stat()
                place = (status.st_dev, status.st_ino)
                if place in seen:
                    continue  # the same file by another path
                seen.add(place)
                problem = problem or _unfit(status)
                if problem is None and not self._trusting:
                    problem = self._refusal(path, status, owner)
                if path.suffix == ".zip" and not self._packages(path, status):
                    continue  # data that lies here
                if problem is None:
                    files[path] = self._hash(path, status, known)
            except FileNotFoundError:
                if not path.is_symlink():
                    continue  # gone between listing and looking
                problem = "is a link to something that does not exist"
            except OSError as error:
                problem = f"cannot be read: {error.strerror}"
            if problem is not None:
                problems.append(DagFileProblem(file=shown_path(str(path)), message=problem))
        problems += [
            DagFileProblem(file=shown_path(place), message=f"this folder cannot be read: {reason}")
            for place, reason in walk.unseen.items()
        ]
        return Found(files, tuple(problems), frozenset(walk.unseen))

    def _refusal(self, path: Path, status: os.stat_result, owner: int | None) -> str | None:
        """Return why a file must not run as us, or None; a folder's owner can replace its files anyway."""
        flaw = trust.file_flaw(path, status, self._group, owner=owner)
        return None if flaw is None else f"{flaw.text}, and a DAG file runs as you: {flaw.todo}"

    def _packages(self, path: Path, status: os.stat_result) -> bool:
        """Whether a zip file has DAG files at its top; looked at again only when it has changed."""
        look = _look(status)
        before = self._zips.get(path)
        if before is None or before[0] != look:
            before = self._zips[path] = (look, has_modules(path))
        return before[1]

    def _hash(
        self, path: Path, status: os.stat_result, known: dict[Path, tuple[tuple[int, ...], str]]
    ) -> str:
        look = _look(status)
        before = known.get(path)
        digest = before[1] if before is not None and before[0] == look else source_hash(read_source(path))
        self._known[path] = (look, digest)
        return digest


def _look(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file does."""
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def has_modules(path: Path) -> bool:
    """Whether the file at *path* is a zip file with Python modules at its top."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".py") and "/" not in name for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


class Walk:
    """The candidates below a folder: each folder once, whatever links lead to it, and links last.

    So a file that can be reached by several paths always has its name without links. ``unseen`` maps the
    folders that could not be listed to the reason.
    """

    def __init__(self, folder: Path) -> None:
        self.unseen: dict[str, str] = {}
        self._folder = folder
        self._seen: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[Path]:
        folders: deque[tuple[Path, tuple[_Ignore, ...]]] = deque([(self._folder, ())])
        linked: deque[tuple[Path, tuple[_Ignore, ...]]] = deque()
        links: list[Path] = []
        while folders or linked:
            here, ignores = (folders or linked).popleft()
            entries = self._list(here)
            own = _Ignore.of(here) if entries else None
            active = (*ignores, own) if own else ignores
            for entry in entries:
                path = here / entry.name
                if entry.name.startswith((".", "_")) or any(rule.covers(path) for rule in active):
                    continue
                link = entry.is_symlink()
                if _is_folder(entry):
                    (linked if link else folders).append((path, active))
                elif entry.name.endswith((".py", ".zip")):
                    if link:
                        links.append(path)
                    else:
                        yield path
        yield from links

    def _list(self, folder: Path) -> list[os.DirEntry[str]]:
        """Return what is in *folder*, in order; nothing if it was listed before, or cannot be listed."""
        try:
            status = folder.stat()
            place = (status.st_dev, status.st_ino)
            if place in self._seen:
                return []
            self._seen.add(place)
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return []  # gone again, or replaced
        except OSError as error:
            self.unseen[str(folder)] = error.strerror or str(error)
            return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


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
