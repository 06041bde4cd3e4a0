"""What the instances of a mapped task pushed; each value is read when it is needed."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.authoring.xcom_sequences import Lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.task_process.task_instance import XComStore


class LazyXComSequence(Lazy):
    """What the instances of a mapped task pushed under one key, by map index.

    Instances that pushed nothing (skipped, failed, or returned None) are left out.
    """

    def __init__(self, store: XComStore, task_id: str, key: str) -> None:
        self._store = store
        self._task_id = task_id
        self._key = key
        self._sources: list[str] | None = None

    def _pushed(self) -> list[str]:
        if self._sources is None:
            names = self._store.instances(self._task_id)
            self._sources = [name for name in names if self._store.has(name, self._key)]
        return self._sources

    def __len__(self) -> int:
        return len(self._pushed())

    def __iter__(self) -> Iterator[Any]:
        for source in self._pushed():
            yield self._store.value(source, self._key, None)

    def at(self, place: int) -> Any:
        """Return one value."""
        return self._store.value(self._pushed()[place], self._key, None)

    def __repr__(self) -> str:
        length = "<unevaluated length>" if self._sources is None else f"{len(self._sources)} items"
        return f"LazyXComSequence({length})"
