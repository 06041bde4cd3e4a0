"""Setups and teardowns: which tasks need them, which tasks decide a run, what runs again together. Pure.

A setup makes something (a cluster, a table). Its teardowns are its direct children that remove it, and
the tasks between need it. A setup without a teardown is needed by every task after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.model.graph import Graph
from penstock.model.spec import TaskSpec


class Setups:
    """What setups and teardowns mean for the other tasks of one DAG.

    ``needed`` maps a task to the setups that have to succeed before it: for a teardown its own, for any
    other task those whose teardowns come after it, or that have none. ``needing`` is the reverse.
    ``ahead`` maps a teardown to all that must have ended before it starts, and must not start while it
    runs: its setups and the tasks between, direct parents or not; ``behind`` is the reverse. ``leaves`` are
    the tasks that decide how the run ends: a teardown counts only with ``on_failure_fail_dagrun``, and a
    task followed only by teardowns counts as last.
    """

    __slots__ = ("_graph", "_teardowns", "ahead", "behind", "leaves", "needed", "needing", "teardowns")

    def __init__(self, tasks: Sequence[TaskSpec], graph: Graph) -> None:
        self._graph = graph
        setups = [task.task_id for task in tasks if task.is_setup]
        teardowns = {task.task_id: task for task in tasks if task.is_teardown}
        self.teardowns = frozenset(teardowns)
        self._teardowns = {
            setup: tuple(child for child in graph.downstream[setup] if child in teardowns) for setup in setups
        }
        needing = {setup: self._needing(setup) for setup in setups}
        self.needing: dict[str, tuple[str, ...]] = {setup: found for setup, found in needing.items() if found}
        needed: dict[str, list[str]] = {}
        for setup, others in self.needing.items():
            for other in others:
                needed.setdefault(other, []).append(setup)
        self.needed: dict[str, tuple[str, ...]] = {task_id: tuple(ids) for task_id, ids in needed.items()}
        self.ahead: dict[str, tuple[str, ...]] = {name: self._ahead(name) for name in teardowns}
        behind: dict[str, list[str]] = {}
        for teardown, others in self.ahead.items():
            for other in others:
                behind.setdefault(other, []).append(teardown)
        self.behind: dict[str, tuple[str, ...]] = {task_id: tuple(ids) for task_id, ids in behind.items()}
        quiet = {name for name, task in teardowns.items() if not task.on_failure_fail_dagrun}
        self.leaves: tuple[str, ...] = (
            tuple(
                task_id
                for task_id in graph.order
                if task_id not in quiet and quiet.issuperset(graph.downstream[task_id])
            )
            or graph.leaves
        )

    def _needing(self, setup: str) -> tuple[str, ...]:
        own = self._teardowns[setup]
        between = self._graph.descendants(setup) - self.teardowns
        if own:
            before_end: set[str] = set()
            for teardown in own:
                before_end |= self._graph.ancestors(teardown)
            between = between & before_end
        found = between.union(own)
        return tuple(task_id for task_id in self._graph.order if task_id in found)

    def _ahead(self, teardown: str) -> tuple[str, ...]:
        found = self._graph.ancestors(teardown)
        setups = self.needed.get(teardown, ())
        if setups:
            found = found & frozenset(setups).union(*(self._graph.descendants(setup) for setup in setups))
        return tuple(task_id for task_id in self._graph.order if task_id in found)

    def belonging(self, task_ids: Iterable[str]) -> set[str]:
        """Return what has to run again together with *task_ids*.

        These are the setups they need, and the teardowns of those and of setups among them. A teardown can
        run again alone.
        """
        chosen = set(task_ids)
        setups = {setup for task_id in chosen - self.teardowns for setup in self.needed.get(task_id, ())}
        setups |= chosen & self._teardowns.keys()
        found = set(setups)
        for setup in setups:
            found.update(self._teardowns[setup])
        return found - chosen
