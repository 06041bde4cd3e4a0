"""The acyclic graph of a DAG's tasks: order, ancestors, descendants, weights, cycles. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.model.spec import TaskSpec


class Graph:
    """Direct edges both ways, and a topological order that keeps the author's order where it can.

    Built from ``{task_id: upstream ids}`` in definition order. Raises ValueError that names the tasks
    of a cycle, or an upstream id that is not in the mapping.
    """

    __slots__ = ("downstream", "order", "position", "upstream")

    def __init__(self, upstream: Mapping[str, Sequence[str]]) -> None:
        self.upstream: dict[str, tuple[str, ...]] = {task: tuple(ups) for task, ups in upstream.items()}
        down: dict[str, list[str]] = {task: [] for task in upstream}
        for task, ups in self.upstream.items():
            for up in ups:
                if up not in down:
                    raise ValueError(f"task {task!r} depends on {up!r}, which is not in the DAG")
                down[up].append(task)
        self.downstream: dict[str, tuple[str, ...]] = {task: tuple(ids) for task, ids in down.items()}
        self.order: tuple[str, ...] = tuple(self._sort())
        self.position: dict[str, int] = {task: place for place, task in enumerate(self.order)}

    @classmethod
    def of(cls, tasks: Iterable[TaskSpec]) -> Graph:
        """Return the graph of *tasks*."""
        return cls({task.task_id: task.upstream for task in tasks})

    def _sort(self) -> list[str]:
        import heapq

        rank = {task: place for place, task in enumerate(self.upstream)}
        names = list(self.upstream)
        waiting = {task: len(set(ups)) for task, ups in self.upstream.items()}
        ready = [rank[task] for task, count in waiting.items() if count == 0]
        heapq.heapify(ready)
        order: list[str] = []
        while ready:
            task = names[heapq.heappop(ready)]
            order.append(task)
            for down in dict.fromkeys(self.downstream[task]):
                waiting[down] -= 1
                if waiting[down] == 0:
                    heapq.heappush(ready, rank[down])
        if len(order) < len(names):
            raise ValueError("cycle: " + " -> ".join(find_cycle(self.upstream) or ()))
        return order

    def ancestors(self, task: str) -> frozenset[str]:
        """Return every task that *task* depends on, directly or not."""
        return self._reach(task, self.upstream)

    def descendants(self, task: str) -> frozenset[str]:
        """Return every task that depends on *task*, directly or not."""
        return self._reach(task, self.downstream)

    @property
    def roots(self) -> tuple[str, ...]:
        """Tasks without parents, in order."""
        return tuple(task for task in self.order if not self.upstream[task])

    @property
    def leaves(self) -> tuple[str, ...]:
        """Tasks without children, in order."""
        return tuple(task for task in self.order if not self.downstream[task])

    @staticmethod
    def _reach(start: str, edges: Mapping[str, Sequence[str]]) -> frozenset[str]:
        seen: set[str] = set()
        stack = list(edges[start])
        while stack:
            task = stack.pop()
            if task not in seen:
                seen.add(task)
                stack.extend(edges[task])
        return frozenset(seen)


def find_cycle(upstream: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the tasks of one cycle in the direction of the data, the first repeated at the end, or None."""
    done: set[str] = set()
    for start in upstream:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            task, leaving = stack.pop()
            if leaving:
                path.pop()
                on_path.discard(task)
                done.add(task)
                continue
            if task in on_path:
                cycle = [*path[path.index(task) :], task]
                return cycle[::-1]
            if task in done:
                continue
            path.append(task)
            on_path.add(task)
            stack.append((task, True))
            stack.extend((up, False) for up in upstream.get(task, ()))
    return None


_SET_BYTES = 32 << 20
"""Bytes that sets of tasks may take while weights are worked out."""
_LEAST_AT_ONCE = 1024
"""Tasks in a set, at least."""


def priority_weights(tasks: Sequence[TaskSpec], graph: Graph) -> dict[str, int]:
    """Return each task's effective weight under its ``weight_rule``.

    ``absolute`` is its own weight; ``downstream`` adds those of all descendants and ``upstream``
    those of all ancestors.
    """
    own = {task.task_id: task.priority_weight for task in tasks}
    rules = {task.task_id: task.weight_rule for task in tasks}
    weights = dict(own)
    for rule, order, edges in (
        ("upstream", graph.order, graph.upstream),
        ("downstream", graph.order[::-1], graph.downstream),
    ):
        if rule in rules.values():
            for task_id, total in _reached_weights(order, edges, own):
                if rules[task_id] == rule:
                    weights[task_id] += total
    return weights


def _reached_weights(
    order: Sequence[str], edges: Mapping[str, Sequence[str]], own: Mapping[str, int]
) -> Iterator[tuple[str, int]]:
    """Yield each task with parts of the sum of *own* over all it reaches; *order* has those before the task.

    Sets of tasks are the bits of one number each: walking the graph from each of ten thousand tasks would
    take many seconds. A set goes when the last task that needs it has been. Where many are needed at once
    the graph is walked several times, for a part of the tasks each time, so that they fit `_SET_BYTES`.
    """
    uses = Counter(other for task in order for other in edges[task])
    at_once = max(_LEAST_AT_ONCE, 8 * _SET_BYTES // max(_most_needed(order, edges, uses), 1))
    for first in range(0, len(order), at_once):
        part = order[first : first + at_once]
        place = {task: at for at, task in enumerate(part)}
        of_weight = {
            weight: _bits(place[task] for task in part if own[task] == weight)
            for weight in {own[task] for task in part}
        }
        needed = dict(uses)
        reached: dict[str, int] = {}
        for task in order[first:]:  # nothing before reaches them
            seen = 0
            for other in edges[task]:
                seen |= reached.get(other, 0)
                if other in place:
                    seen |= 1 << place[other]
                needed[other] -= 1
                if not needed[other]:
                    reached.pop(other, None)
            if seen:
                if needed.get(task):
                    reached[task] = seen
                yield task, sum(weight * (seen & tasks).bit_count() for weight, tasks in of_weight.items())


def _most_needed(order: Sequence[str], edges: Mapping[str, Sequence[str]], uses: Mapping[str, int]) -> int:
    """Return how many tasks at most have been and are needed by later ones."""
    needed = dict(uses)
    now = most = 0
    for task in order:
        for other in edges[task]:
            needed[other] -= 1
            now -= not needed[other]
        now += task in needed
        most = max(most, now)
    return most


def _bits(places: Iterable[int]) -> int:
    """Return the number that has these bits."""
    found = bytearray()
    for place in places:
        byte, bit = divmod(place, 8)
        found.extend(bytes(max(byte + 1 - len(found), 0)))
        found[byte] |= 1 << bit
    return int.from_bytes(found, "little")
