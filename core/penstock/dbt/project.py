"""What the author said about a dbt project: folders, target, selection; the files that it is made of."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from penstock.authoring.place import author_place, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NOT_THE_PROJECT = {"target", "logs", ".git", "__pycache__", "node_modules", ".venv", "venv"}
_LARGE = 1 << 20
"""Bytes from which on a file counts by its size and time: a large seed is not read at each load."""


class DbtProject:
    """One dbt project as the author's file names it. Folders may be relative to that file.

    *dbt* is the program, looked up on PATH and beside this Python. Raises `DagFileError` for a folder
    without a project, and for a program that is not there.
    """

    def __init__(
        self,
        project_dir: Any,
        profiles_dir: Any = None,
        *,
        target: str | None = None,
        select: str | Sequence[str] | None = None,
        exclude: str | Sequence[str] | None = None,
        dbt_vars: dict[str, Any] | None = None,
        dbt: str = "dbt",
        environment: dict[str, str] | None = None,
        telemetry: bool = False,
    ) -> None:
        self.folder = _folder(project_dir, "project_dir")
        if not (self.folder / "dbt_project.yml").is_file():
            refuse(f"project_dir {str(self.folder)!r} is not a dbt project: it has no dbt_project.yml")
        self.profiles = _folder(profiles_dir, "profiles_dir") if profiles_dir else self._usual_profiles()
        self.target = target
        self.select = _words(select, "select")
        self.exclude = _words(exclude, "exclude")
        self.vars = dict(dbt_vars or {})
        self.dbt = _program(dbt)
        self.telemetry = telemetry
        self.own_environment = {str(name): str(value) for name, value in (environment or {}).items()}

    def _usual_profiles(self) -> Path:
        """Return the folder where dbt itself would look."""
        beside = self.folder / "profiles.yml"
        return self.folder if beside.is_file() else Path("~/.dbt").expanduser()

    def arguments(self) -> list[str]:
        """Return the arguments that every command of dbt for this project gets."""
        said = ["--project-dir", str(self.folder), "--profiles-dir", str(self.profiles)]
        return said + (["--target", self.target] if self.target else [])

    def environment(self) -> dict[str, str]:
        """Return the variables that dbt needs besides: no colours in logs, nothing sent to anybody."""
        return {
            "DBT_USE_COLORS": "false",
            "DBT_USE_COLORS_FILE": "false",
            "DBT_PROFILES_DIR": str(self.profiles),
            **({} if self.telemetry else {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}),
            **self.own_environment,
        }

    def files(self) -> Iterator[str]:
        """Yield the files and folders that the project is made of, in order."""
        yield str(self.profiles / "profiles.yml")
        for folder, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name not in _NOT_THE_PROJECT)
            yield folder
            for name in sorted(names):
                if not name.endswith((".duckdb", ".duckdb.wal", ".db", ".log", ".user.yml")):
                    yield os.path.join(folder, name)  # noqa: PTH118 - thousands of them

    def digest(self) -> str:
        """Return a hash of everything that the graph depends on."""
        found = hashlib.sha256()
        program = os.stat(self.dbt)  # noqa: PTH116
        said = [
            _FORMAT, self.dbt, program.st_mtime_ns, self.arguments(), self.select, self.exclude, self.vars,
            sorted(self.own_environment.items()),
            sorted((name, value) for name, value in os.environ.items() if name.startswith("DBT_")),
        ]  # fmt: skip
        found.update(json.dumps(said, default=str).encode())
        for path in self.files():
            found.update(os.fsencode(path) + b"\0" + _content(path))
        return found.hexdigest()[:32]


_FORMAT = 1
"""The number of the cached graph's form."""


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            size = os.fstat(file.fileno()).st_size
            if size > _LARGE:
                return f"{size} {os.fstat(file.fileno()).st_mtime_ns}".encode()
            return hashlib.sha256(file.read()).digest()
    except OSError:
        return b"-"  # a folder, or a link to nothing


def _folder(said: Any, name: str) -> Path:
    if not isinstance(said, str | os.PathLike) or not str(said):
        refuse(f"{name} must be the path of a folder, not {said!r}"[:200])
    file = author_place().file
    path = Path(os.path.abspath(Path(file or ".").parent / Path(said).expanduser()))  # noqa: PTH100
    if not path.is_dir():
        refuse(f"{name} {str(path)!r} does not exist, or is not a folder")
    return path


def _words(said: Any, name: str) -> tuple[str, ...]:
    words = said.split() if isinstance(said, str) else list(said or ())
    if not all(isinstance(word, str) and word and not word.startswith("-") for word in words):
        refuse(f"{name} must be selectors such as 'tag:daily' or a list of them, not {said!r}"[:200])
    return tuple(words)


def _program(said: str) -> str:
    if not isinstance(said, str) or not said:
        refuse(f"dbt must be the name or path of the program, not {said!r}"[:200])
    beside = os.path.join(os.path.dirname(sys.executable), said)  # noqa: PTH118, PTH120
    found = shutil.which(os.path.expanduser(said)) or shutil.which(beside)  # noqa: PTH111
    if found is None:
        refuse(
            f"the program {said!r} is not there: install dbt with its adapter (pip install "
            "'penstock[dbt]' is dbt with DuckDB), or say dbt='/path/to/venv/bin/dbt'"
        )
    return os.path.abspath(found)  # noqa: PTH100
