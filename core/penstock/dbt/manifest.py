"""Has dbt read a project, and keeps the graph until something in the project changes.

dbt runs as a program of the author's environment, for some seconds; its answer is kept in the instance's
``dbt/graphs/``, so that later loads, and the processes of tasks, only read a file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from penstock.authoring.place import author_place
from penstock.dbt.graph import DbtGraph, graph_of
from penstock.dbt.project import DbtProject
from penstock.errors import DagFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_KEPT = 20
"""Graphs that are kept, the newest ones."""
_PLACE = re.compile(
    r"\(([^()\s]+\.(?:sql|ya?ml|py|csv|md))\)|^\s*(?:in|File) '?([^'\s]+\.ya?ml)'?", re.MULTILINE
)
_LINE = re.compile(r"\bline (\d+)")


def load_graph(project: DbtProject) -> DbtGraph:
    """Return the project's graph, from what is kept or from dbt.

    Raises `DagFileError` with dbt's own words and their file and line if dbt cannot read the project.
    """
    digest = project.digest()
    folder = home() / "dbt" / "graphs"
    kept = folder / f"{digest}.json"
    try:
        graph = DbtGraph.from_json(json.loads(kept.read_bytes()))
        os.utime(kept)
        return graph
    except (OSError, ValueError, KeyError, TypeError):
        pass
    work = folder / f"{_place_of(project)}.work"
    work.mkdir(parents=True, exist_ok=True)
    with _alone(work):
        graph = _ask(project, work)
    with suppress(OSError):  # a disk that is full costs time, not the graph
        whole = kept.with_suffix(f".{os.getpid()}")
        whole.write_text(json.dumps(graph.to_json()))
        whole.replace(kept)
        _forget_old(folder)
    return graph


def home() -> Path:
    """Return the instance's folder, as author's code knows it; a task's command begins in it."""
    return Path(os.environ.get("PENSTOCK_HOME") or Path.cwd())


def parsed_before(project: DbtProject) -> str:
    """Return the file where dbt leaves what it has parsed: its next start is faster with it."""
    found = home() / "dbt" / "graphs" / f"{_place_of(project)}.work" / "target" / "partial_parse.msgpack"
    return str(found)


def _place_of(project: DbtProject) -> str:
    import hashlib

    said = json.dumps([project.arguments(), project.vars, project.dbt], default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


class _alone:  # noqa: N801 - used like a function
    """``with _alone(folder):`` two loads do not use one target folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"

    def __enter__(self) -> None:
        import fcntl

        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        self._file.close()


def _ask(project: DbtProject, work: Path) -> DbtGraph:
    answer = work / "answer.json"
    answer.unlink(missing_ok=True)
    order = {
        "answer": str(answer),
        "project": str(project.folder),
        "vars": project.vars,
        "target": project.target,
        "arguments": [
            "ls",
            *project.arguments(),
            *("--target-path", str(work / "target"), "--log-path", str(work / "logs")),
            *("--log-level-file", "none", "--quiet", "--output", "json", "--output-keys", "unique_id"),
            *(["--vars", json.dumps(project.vars)] if project.vars else []),
            *(["--select", *project.select] if project.select else []),
            *(["--exclude", *project.exclude] if project.exclude else []),
        ],
    }
    asked = subprocess.run(
        [_python_of(project.dbt), str(Path(__file__).with_name("ask_dbt.py")), json.dumps(order)],
        env={**os.environ, **project.environment()},
        cwd=project.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    try:
        said = json.loads(answer.read_bytes())
    except (OSError, ValueError):
        last = "\n".join((asked.stderr or asked.stdout).strip().splitlines()[-6:])
        _refuse(project, f"dbt ended with {asked.returncode} and without an answer: {last}")
    if "error" in said:
        _refuse(project, said["error"])
    try:
        manifest = json.loads((work / "target" / "manifest.json").read_bytes())
    except (OSError, ValueError) as error:
        _refuse(project, f"dbt {said.get('dbt')} left no manifest: {error}")
    graph = graph_of(manifest, said)
    if not graph.nodes:
        _refuse(project, "nothing in the project matches the selection, or the project is empty")
    return graph


def _python_of(dbt: str) -> str:
    """Return the Python that *dbt* is installed with: dbt's own version and adapters, not ours."""
    folder = Path(dbt).resolve().parent
    for name in ("python", "python3"):
        if (folder / name).exists():
            return str(folder / name)
    return sys.executable


def _refuse(project: DbtProject, said: str) -> NoReturn:
    """Refuse with what dbt *said*, as it said it, and with the place that it means."""
    place = author_place()
    text = "\n".join(line.rstrip() for line in said.strip().splitlines() if line.strip())
    error = DagFileError(
        f"dbt cannot read {project.folder}{_where(text)}: {text}"[:4000], place.file, place.line
    )
    error.beside = tuple(project.files())
    raise error


def _where(text: str) -> str:
    """Return the file and line of the project that dbt speaks of, if it does."""
    found = _PLACE.search(text)
    if found is None:
        return ""
    line = _LINE.search(text, found.start()) or _LINE.search(text)
    return f" ({found[1] or found[2]}{f', line {line[1]}' if line else ''})"


def _forget_old(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_KEPT]:
        path.unlink(missing_ok=True)
