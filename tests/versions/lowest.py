"""Print the lowest declared version of each dependency as a constraints file; run as a file.

Read from pyproject.toml: the dependencies, the samples and the tools that tests run with. What checks
style and types stays at its newest, as it is no part of a test run.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
_LOWEST = re.compile(r"([A-Za-z0-9._-]+)\s*>=\s*([0-9][0-9.]*)")
_NOT_RUN = frozenset({"import-linter", "mypy", "ruff"})


def constraints(project: str) -> Iterator[str]:
    """Yield ``name==version`` for each requirement of *project* (TOML) that names a lowest version."""
    table = tomllib.loads(project)["project"]
    for requirement in (
        *table["dependencies"],
        *(each for group in table["optional-dependencies"].values() for each in group),
    ):
        found = _LOWEST.match(requirement)
        if found is not None and found[1] not in _NOT_RUN:
            yield f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(constraints(PROJECT.read_text(encoding="utf-8"))) + "\n")
