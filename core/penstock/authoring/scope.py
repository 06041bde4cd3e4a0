"""What is open at this point of a DAG file: DAGs, groups, and what the file has declared so far.

One process loads one file, so this is a module and not an object handed around. `fresh` gives a
test or a second file its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.authoring.context import Context
    from penstock.authoring.dag import DAG
    from penstock.authoring.group import TaskGroup
    from penstock.authoring.pools import Pool


@dataclass(slots=True)
class Scope:
    """Stacks of what is open, and lists of what was declared, each with the file that declared it."""

    dags: list[DAG] = field(default_factory=list)
    groups: list[TaskGroup] = field(default_factory=list)
    registered: list[tuple[DAG, str | None]] = field(default_factory=list)
    pools: list[tuple[Pool, str | None]] = field(default_factory=list)
    context: Context | None = None
    """The context of the task that this process runs."""


_current = Scope()


def current() -> Scope:
    """Return the scope of this process."""
    return _current


@contextmanager
def fresh() -> Iterator[Scope]:
    """Give the block an empty scope, and restore the old one after it."""
    global _current  # noqa: PLW0603 - the one variable this module is about
    before, _current = _current, Scope()
    try:
        yield _current
    finally:
        _current = before


def open_dag() -> DAG | None:
    """Return the DAG whose ``with`` block we are in, or None."""
    return _current.dags[-1] if _current.dags else None


def open_group(dag: DAG) -> TaskGroup:
    """Return the group of *dag* that new tasks belong to."""
    for group in reversed(_current.groups):
        if group.dag is dag:
            return group
    return dag.task_group
