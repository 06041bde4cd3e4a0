"""A zip file of DAG files: the modules at its top make DAGs, and everything in it can be imported."""

from __future__ import annotations

import sys

from penstock.authoring.source import execute
from penstock.model.packaged import modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    Run = Callable[[], dict[str, Any]]


def runs(
    file: str, data: bytes, folders: Iterable[str] = (), *, airflow: Mapping[str, Any] | None, kept: str
) -> Iterator[tuple[str, Run]]:
    """Yield for each module of the zip file *data* its path and what executes it, as `source.execute` does.

    *file* is the zip file's name in tracebacks, *kept* where its bytes are: what the modules import comes
    from there. Raises ValueError as `modules` does.
    """
    found = modules(data)
    if kept not in sys.path:
        sys.path.append(kept)
    if airflow is None or airflow.get("compat", True):
        speaking = [source for source in found.values() if b"airflow" in source]
        if speaking:
            _serve_airflow(file, speaking, airflow or {})
    for name, source in found.items():
        path = f"{file}/{name}"
        yield path, lambda path=path, source=source: execute(path, source, folders, airflow=airflow)  # type: ignore[misc]


def _serve_airflow(file: str, sources: list[bytes], said: Mapping[str, Any]) -> None:
    """Let this process import airflow, in the one dialect of the whole zip file."""
    from importlib import import_module

    import_module("penstock.airflow.serve").serve_several(file, sources, said)
