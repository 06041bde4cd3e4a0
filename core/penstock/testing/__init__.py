"""For a project's own tests: load its DAG files, and run a DAG or a task of it by the engine's rules.

With pytest the fixtures ``dag_bag`` and ``run_dag`` are there as soon as Penstock is installed; without
it, `DagBag` and `run` do the same. Nothing here needs an engine or touches an instance. The names are
loaded when they are first used: pytest imports this package in every project.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.testing.bag import DagBag
    from penstock.testing.ran import Ran, RanTask, run

__all__ = ["DagBag", "Ran", "RanTask", "run"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(
        import_module("penstock.testing.bag" if name == "DagBag" else "penstock.testing.ran"), name
    )
