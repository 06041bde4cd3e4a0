"""Where an asset comes from, and what becomes of it: trees over tasks, DAGs and assets. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from penstock.model.views.assets import AssetRow, Branch

Key = tuple[str, str]
"""Name and URI of an asset."""
_Step = Callable[[Key], Iterator[tuple[Branch, list[Key]]]]
MOST = 200
"""Branches of one tree; a wider or deeper one is cut off."""


class Lineage:
    """The lineage over all assets of an instance."""

    def __init__(self, rows: Iterable[AssetRow]) -> None:
        self._rows: dict[Key, AssetRow] = {(row.name, row.uri): row for row in rows}
        self._made: dict[tuple[str, str], list[Key]] = defaultdict(list)
        self._made_in: dict[str, list[Key]] = defaultdict(list)
        self._read: dict[tuple[str, str], list[Key]] = defaultdict(list)
        self._awaited: dict[str, list[Key]] = defaultdict(list)
        for key, row in self._rows.items():
            for task in row.producers:
                self._made[task.dag_id, task.task_id].append(key)
                if key not in self._made_in[task.dag_id]:
                    self._made_in[task.dag_id].append(key)
            for task in row.readers:
                self._read[task.dag_id, task.task_id].append(key)
            for consumer in row.consumers:
                self._awaited[consumer.dag_id].append(key)

    def up(self, name: str, uri: str) -> tuple[Branch, ...]:
        """Return the tasks that make an asset; below each the assets it reads or its DAG waits for, and on.

        What a tree has shown already is not opened again.
        """
        return self._cut((name, uri), self._above)

    def down(self, name: str, uri: str) -> tuple[Branch, ...]:
        """Return the tasks that read an asset and the DAGs that run on it; below each the assets it makes."""
        return self._cut((name, uri), self._below)

    def _cut(self, key: Key, step: _Step) -> tuple[Branch, ...]:
        return _Walk(step).branches(key, {key}) if key in self._rows else ()

    def _above(self, key: Key) -> Iterator[tuple[Branch, list[Key]]]:
        for task in self._rows[key].producers:
            inputs = [*self._read[task.dag_id, task.task_id], *self._awaited[task.dag_id]]
            yield (
                Branch(kind="task", name=f"{task.dag_id}.{task.task_id}", dag_id=task.dag_id, verb="made by"),
                list(dict.fromkeys(inputs)),
            )

    def _below(self, key: Key) -> Iterator[tuple[Branch, list[Key]]]:
        row = self._rows[key]
        for task in row.readers:
            name = f"{task.dag_id}.{task.task_id}"
            outputs = self._made[task.dag_id, task.task_id]
            yield Branch(kind="task", name=name, dag_id=task.dag_id, verb="read by"), list(outputs)
        for consumer in row.consumers:
            branch = Branch(kind="dag", name=consumer.dag_id, dag_id=consumer.dag_id, verb="runs")
            yield branch, list(self._made_in[consumer.dag_id])


class _Walk:
    """Goes one way through the lineage, and stops at `MOST` branches."""

    def __init__(self, step: _Step) -> None:
        self._step = step
        self._left = MOST

    def branches(self, key: Key, seen: set[Key]) -> tuple[Branch, ...]:
        """Return the branches below the asset *key*."""
        found = []
        for branch, keys in self._step(key):
            if self._left <= 0:
                break
            self._left -= 1
            below = tuple(self._asset(each, seen) for each in keys if self._left > 0)
            found.append(replace(branch, below=below))
        return tuple(found)

    def _asset(self, key: Key, seen: set[Key]) -> Branch:
        self._left -= 1
        again = key in seen
        seen.add(key)
        below = () if again else self.branches(key, seen)
        return Branch(kind="asset", name=key[0], uri=key[1], again=again, below=below)
