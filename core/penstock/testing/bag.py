"""`DagBag`: the DAGs of a folder, each file loaded as the engine would load it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from penstock.errors import UnknownError
from penstock.loading.discover import Discovery
from penstock.loading.parse import parse_file_sync
from penstock.model.spec import DagFileProblem, DagSpec, ParsedFile
from penstock.settings import CONFIG_NAME, Settings, load_settings

_AT_ONCE = 4


def settings_near(folder: Path) -> Settings:
    """Return the settings of the penstock.toml in *folder* or above it, else the defaults.

    Its home is nobody's: variables and connections come from the file alone, never from an instance.
    """
    folder = folder.absolute()
    nowhere = Path(tempfile.gettempdir()) / f"penstock-tests-{os.getuid()}"
    for place in (folder, *folder.parents):
        if (place / CONFIG_NAME).is_file():
            return replace(load_settings(place), home=nowhere, dags_folder=folder)
    return Settings(home=nowhere, dags_folder=folder)


class DagBag:
    """The DAGs of *folder* by id, and why files could not be loaded.

    ``dags``: dag_id -> `DagSpec`. ``import_errors``: path below the folder -> the error with file, line
    and the author's part of the traceback. Each file is loaded in a process of its own.
    """

    def __init__(self, folder: str | Path, settings: Settings | None = None) -> None:
        self.folder = Path(folder).absolute()
        self.settings = settings or settings_near(self.folder)
        self.dags: dict[str, DagSpec] = {}
        self.import_errors: dict[str, str] = {}
        if not self.folder.is_dir():
            raise UnknownError(
                f"folder {self.folder} does not exist; set penstock_dags in the pytest settings"
            )
        found = Discovery(trusting=True).scan(self.folder)
        for problem in found.problems:
            self._note(problem)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for parsed in pool.map(self._parse, sorted(found.files)):
                self._take(parsed)

    def file_of(self, dag_id: str) -> Path:
        """Return the file that makes a DAG; raise `UnknownError` with what there is instead."""
        spec = self.dags.get(dag_id)
        if spec is None:
            broken = (
                f"; files that do not load: {', '.join(self.import_errors)}" if self.import_errors else ""
            )
            made = ", ".join(sorted(self.dags)) or "none"
            raise UnknownError(f"{self.folder} makes no DAG {dag_id!r}; it makes: {made}{broken}")
        return Path(spec.file)

    def check(self) -> None:
        """Raise AssertionError, with every error in full, unless all files load."""
        if self.import_errors:
            count = len(self.import_errors)
            lines = [f"{count} DAG file(s) of {self.folder} do not load", *self.import_errors.values()]
            raise AssertionError("\n\n".join(lines))

    def __len__(self) -> int:
        return len(self.dags)

    def __iter__(self) -> Iterator[DagSpec]:
        return iter(self.dags.values())

    def _parse(self, path: Path) -> ParsedFile:
        return parse_file_sync(path, settings=self.settings)

    def _take(self, parsed: ParsedFile) -> None:
        for problem in parsed.errors:
            self._note(problem)
        for spec in parsed.dags:
            other = self.dags.setdefault(spec.dag_id, spec)
            if other is not spec:
                text = f"DAG {spec.dag_id!r} is already made by {other.file}; rename one of them"
                self._note(DagFileProblem(file=spec.file, message=text, line=spec.line))

    def _note(self, problem: DagFileProblem) -> None:
        path = Path(problem.file)
        name = str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else problem.file
        place = name if problem.line is None else f"{name}:{problem.line}"
        text = f"{place}: {problem.message}" + (f"\n{problem.detail.rstrip()}" if problem.detail else "")
        before = self.import_errors.get(name)
        self.import_errors[name] = text if before is None else f"{before}\n{text}"
