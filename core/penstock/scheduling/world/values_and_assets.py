"""The parts of the world besides runs: variables and connections, and assets that have changed."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model.states import RunType
from penstock.store.engine.assets import Queued
from penstock.store.engine.records import AssetEventRecord, RunRecord, ValueRecord
from penstock.store.engine.working_set import WorkingSet


class StoredValues:
    """Variables and connections of the store, by kind and name.

    ``moved``: the file from which tasks read them is out of date.
    """

    def __init__(self, values: Iterable[ValueRecord]) -> None:
        self._kept: dict[tuple[str, str], ValueRecord] = {value.key: value for value in values}
        self.moved = True

    def get(self, kind: str, name: str) -> ValueRecord | None:
        """Return one, or None."""
        return self._kept.get((kind, name))

    def all(self) -> Iterable[ValueRecord]:
        """Return every one."""
        return self._kept.values()

    def put(self, kind: str, name: str, record: ValueRecord | None) -> None:
        """Add one that was set, or remove one (None)."""
        self._kept.pop((kind, name), None)
        if record is not None:
            self._kept[kind, name] = record
        self.moved = True


class ChangedAssets:
    """Asset events that wait for a run (``queued``), and those of runs."""

    def __init__(self, reads: WorkingSet, queued: Queued, next_id: int) -> None:
        self._reads = reads
        self.queued = queued
        self._next_id = next_id
        self._of_run: dict[int, tuple[AssetEventRecord, ...]] = {}

    def new_id(self) -> int:
        """Return the id of the next event."""
        self._next_id += 1
        return self._next_id - 1

    def queued_for(self, dag_id: str) -> dict[str, list[AssetEventRecord]]:
        """Return the events that wait for runs of a DAG, by partition of the run ("" for none)."""
        return {key: events for (of_dag, key), events in self.queued.items() if of_dag == dag_id}

    def put_run(self, run_pk: int, events: tuple[AssetEventRecord, ...]) -> None:
        """Add the events that made a run."""
        self._of_run[run_pk] = events

    def of_run(self, run: RunRecord) -> tuple[AssetEventRecord, ...]:
        """Return the events that made a run, oldest first."""
        if run.run_type is not RunType.ASSET_TRIGGERED:
            return ()
        if run.id not in self._of_run:
            self._of_run[run.id] = self._reads.assets_of_run(run.id)
        return self._of_run[run.id]

    def forget_run(self, run_pk: int) -> None:
        """Drop the events of a run that has ended."""
        self._of_run.pop(run_pk, None)
