"""Each test loads into a scope of its own."""

from __future__ import annotations

from typing import Any

import pytest

import penstock
from drive.tasks import own_scope
from penstock.loading.serialize import collect, to_spec
from penstock.model.spec import DagSpec

__all__ = ["own_scope"]

FILE = "the_file.py"


class Loader:
    """Loads text as a DAG file with every public name in it."""

    def specs(self, text: str) -> list[DagSpec]:
        """Return the specs of the file's DAGs."""
        names: dict[str, Any] = {name: getattr(penstock, name) for name in penstock.__all__}
        namespace = {**names, "__file__": FILE, "__name__": "the_file"}
        exec(compile(text, FILE, "exec"), namespace)
        return [to_spec(dag, FILE) for dag in collect(namespace)]

    def one(self, body: str, arguments: str = "schedule=None") -> DagSpec:
        """Return the spec of a DAG ``d`` whose block, from line 2 on, is *body*."""
        lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
        (spec,) = self.specs(f"with DAG('d', {arguments}) as dag:\n{lines or '    pass'}\n")
        return spec


@pytest.fixture
def load() -> Loader:
    return Loader()
