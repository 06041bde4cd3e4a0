"""The DAGs and groups that are open at this point of a DAG file, and what it has declared so far.

One process loads one file, so this is a module and not an object that is passed around. `fresh` gives
a test or a second file its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.authoring.blocks import Block
    from penstock.authoring.checked import Checked
    from penstock.authoring.context import Context
    from penstock.authoring.dialect import Dialect
    from penstock.authoring.node import Graph, Group


class Scope:
    """Stacks of open DAGs, groups and blocks, and lists of what was declared; a DAG with its file."""

    def __init__(self) -> None:
        self.dags: list[Graph] = []
        self.groups: list[Group] = []
        self.registered: list[tuple[Graph, str | None]] = []
        self.declared: list[Checked] = []
        """What the file declares beside its DAGs: pools."""
        self.blocks: list[Block] = []
        """Open ``with`` blocks of setups and teardowns."""
        self.context: Context | None = None
        """The context of the task that this process runs."""
        self.dialect: Dialect | None = None
        """How the file speaks, if it was written for Airflow; None for our own words."""
        self.missing: list[tuple[str, str]] = []
        """What the file imports and is not there: the name, and the package that has it, or nothing."""
        self.cursors: Mapping[str, tuple[int, int]] = {}
        """How far the schedules of the file's DAGs are settled: the last interval, in seconds since 1970."""
        self.notices: dict[str, None] = {}
        """Warnings about the whole file."""
        self.beside: dict[str, None] = {}
        """Other files and folders that its DAGs are made of: a change of one is a change of the file."""


_current = Scope()


def current() -> Scope:
    """Return the scope of this process."""
    return _current


class fresh:  # noqa: N801 - used like a function
    """``with fresh():`` gives the block an empty scope, and restores the old one after it."""

    def __enter__(self) -> Scope:
        global _current
        self._before, _current = _current, Scope()
        return _current

    def __exit__(self, *error: object) -> None:
        global _current  # noqa: PLW0603
        _current = self._before


class closed:  # noqa: N801 - used like a function
    """``with closed():`` tasks made in the block belong to no DAG."""

    def __enter__(self) -> None:
        self._scope = _current
        self._open = (_current.dags, _current.groups)
        _current.dags, _current.groups = [], []

    def __exit__(self, *error: object) -> None:
        self._scope.dags, self._scope.groups = self._open


def open_dag() -> Graph | None:
    """Return the DAG of the ``with`` block that we are in, or None."""
    return _current.dags[-1] if _current.dags else None


def open_group(dag: Graph) -> Group:
    """Return the group of *dag* that new tasks belong to."""
    for group in reversed(_current.groups):
        if group.dag is dag:
            return group
    return dag.task_group
