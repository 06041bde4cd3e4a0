"""Which executor runs a task, and whether it takes one more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.execution.executor import OPEN, Room, Worker
from penstock.executor_settings import LOCAL, resolved
from penstock.model.spec import TaskSpec

Ask = Callable[[str, str | None, Mapping[str, float]], Room]
"""`Executor.room`."""


@dataclass(slots=True)
class Places:
    """The executors, as dispatch and `why` see them."""

    executors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    default: str = LOCAL
    ask: Ask | None = None
    """None: there is nobody to ask, and everything runs on this machine."""
    list_workers: Callable[[], Sequence[Worker]] | None = None
    """`Executor.workers`; None: there are none."""
    waiting: dict[str, str] = field(default_factory=dict)
    """What launches that nobody has claimed yet wait for, by attempt."""
    workers: dict[str, str] = field(default_factory=dict)
    """The worker of each attempt that runs elsewhere."""
    silent: dict[str, str] = field(default_factory=dict)
    """Attempts whose host does not answer, and since when, in words."""

    def executor(self, spec: TaskSpec) -> str:
        """Return the executor of a task."""
        return LOCAL if self.ask is None else resolved(spec.executor, self.executors, self.default)

    def place(self, spec: TaskSpec) -> tuple[str, str]:
        """Return the executor and the queue of a task, which share their slots."""
        return self.executor(spec), spec.queue or ""

    def room(self, spec: TaskSpec) -> Room:
        """Return whether the executor of a task takes launches of its kind."""
        executor = self.executor(spec)
        if self.ask is None or executor == LOCAL:
            return OPEN
        return self.ask(executor, spec.queue, spec.resources)

    def workers_elsewhere(self) -> list[Worker]:
        """Return the workers on other hosts: they have names."""
        listed = () if self.list_workers is None else self.list_workers()
        return [each for each in listed if each.name is not None]

    def let_go(self, attempt_id: str) -> None:
        """Forget an attempt that has ended."""
        self.waiting.pop(attempt_id, None)
        self.silent.pop(attempt_id, None)
        self.workers.pop(attempt_id, None)
