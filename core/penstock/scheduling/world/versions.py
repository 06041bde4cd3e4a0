"""The versions of DAGs that are in use, by their keys in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress

from penstock.model.spec import DagSpec
from penstock.model.structure import Structure
from penstock.store.engine.working_set import WorkingSet


class Versions:
    """Versions that were read or added; what *reads* gives is read once."""

    def __init__(self, reads: WorkingSet) -> None:
        self._reads = reads
        self._known: dict[int, Structure] = {}
        self.newest = 0
        """The highest key known here."""

    def one(self, key: int) -> Structure:
        """Return a version. Raises as `WorkingSet.version` does, and ValueError for a cycle and the like."""
        found = self._known.get(key)
        if found is None:
            found = self._reads.version(key).checked()
            self._know(found)
        return found

    def read(self, keys: Iterable[int]) -> None:
        """Read many versions at once; those that `one` cannot return are left to it."""
        for structure in self._reads.versions(sorted(set(keys) - self._known.keys())):
            with suppress(ValueError):
                self._know(structure.checked())

    def put(self, key: int, spec: DagSpec, source_hash: str) -> None:
        """Add a version that is about to be written."""
        self._know(Structure(key, spec, source_hash).checked())

    def keep(self, used: Collection[int]) -> None:
        """Drop all versions but those; they are read again when needed."""
        self._known = {key: found for key, found in self._known.items() if key in used}

    def _know(self, structure: Structure) -> None:
        self._known[structure.id] = structure
        self.newest = max(self.newest, structure.id)
