"""State stores: what a task keeps between its tries, and tasks keep about an asset between runs.

Each is a JSON file below the home, written whole and renamed, so that a value that was set is there whatever
happens to the task. Times are seconds since 1970 UTC.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from penstock.authoring.exceptions import TaskError
from penstock.task_process.lookup import home

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    Entries = dict[str, list[Any]]
    """By key: the value, and when it is forgotten (None: never)."""

FOLDER = "state"
"""Below the home; ``tasks/DAG/RUN/TASK.json`` and ``assets/NAME.json`` are in it."""
_MOST_BYTES = 4 << 20
_LONGEST_NAME = 200
_FOR_EVER_DAYS = 100_000
"""A longer retention is none."""


class StateStore:
    """Values by key, in the file at *path*; they must be JSON."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or *default* if there is none."""
        found = self._read().get(_named(key))
        return default if found is None else found[0]

    def set(self, key: str, value: Any, *, retention: dt.timedelta | None = None) -> None:
        """Keep a value, for *retention* at most; raise `TaskError` if it is not JSON."""
        try:
            plain = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise TaskError(f"what a state store keeps must be JSON, but {key!r} is not: {error}") from None
        until = None
        if retention is not None and retention.days < _FOR_EVER_DAYS:
            until = time.time() + retention.total_seconds()
        with self._changing() as entries:
            entries[_named(key)] = [plain, until]

    def delete(self, key: str) -> None:
        """Forget a value; one that is not there is no error."""
        with self._changing() as entries:
            entries.pop(_named(key), None)

    def clear(self, **more: Any) -> None:
        """Forget every value."""
        del more
        with self._changing() as entries:
            entries.clear()

    async def aget(self, key: str, default: Any = None) -> Any:
        """Return a value, without blocking others."""
        return await asyncio.to_thread(self.get, key, default)

    async def aset(self, key: str, value: Any, *, retention: dt.timedelta | None = None) -> None:
        """Keep a value, without blocking others."""
        await asyncio.to_thread(lambda: self.set(key, value, retention=retention))

    async def adelete(self, key: str) -> None:
        """Forget a value, without blocking others."""
        await asyncio.to_thread(self.delete, key)

    async def aclear(self, **more: Any) -> None:
        """Forget every value, without blocking others."""
        await asyncio.to_thread(lambda: self.clear(**more))

    def _read(self) -> Entries:
        try:
            with open(self._path, encoding="utf-8") as file:  # noqa: PTH123 - in a task's process
                entries: Entries = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise TaskError(f"the state store {self._path} cannot be read: {error}") from None
        now = time.time()
        return {key: found for key, found in entries.items() if found[1] is None or found[1] > now}

    @contextmanager
    def _changing(self) -> Iterator[Entries]:
        """Give the entries to change, and write them; several tasks may share a file."""
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        lock = os.open(f"{self._path}.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = self._read()
            yield entries
            text = json.dumps(entries, separators=(",", ":"))
            if len(text) > _MOST_BYTES:
                raise TaskError(f"a state store holds at most {_MOST_BYTES:,} bytes, not {len(text):,}")
            fresh = f"{self._path}.new"
            with open(fresh, "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._path)  # noqa: PTH105
        finally:
            os.close(lock)


class AssetStateStores:
    """The state stores of the assets that a task reads or makes: ``asset_state_store[ASSET]``."""

    def __init__(self, assets: Sequence[Any]) -> None:
        self._names = {asset.name for asset in assets}

    def __getitem__(self, asset: Any) -> StateStore:
        name = asset if isinstance(asset, str) else asset.name
        if name not in self._names:
            raise TaskError(f"asset_state_store: {name!r} is not among the inlets and outlets of the task")
        return StateStore(os.path.join(_folder(), "assets", _file_name(name)))  # noqa: PTH118


def task_store(ti: Any) -> StateStore:
    """Return the store of a task instance, for all its tries; it goes with its run."""
    name = _file_name(ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]")
    return StateStore(os.path.join(_folder(), "tasks", ti.dag_id, ti.run_id, name))  # noqa: PTH118


def asset_stores(task: Any) -> AssetStateStores:
    """Return the stores of the assets of *task*."""
    return AssetStateStores((*task.inlets, *task.outlets))


def _file_name(name: str) -> str:
    """Return a file name for *name*, however long it is and whatever is in it."""
    from urllib.parse import quote

    safe = quote(name, safe="[]")
    if len(safe) > _LONGEST_NAME or safe.startswith("."):
        import hashlib

        safe = hashlib.sha256(name.encode()).hexdigest()
    return f"{safe}.json"


def _folder() -> str:
    found = home()
    if found is None:
        raise TaskError("a state store needs the home of an engine, and this task was started without one")
    return os.path.join(found, FOLDER)  # noqa: PTH118


def _named(key: Any) -> str:
    if not isinstance(key, str) or not key:
        raise TaskError(f"a key of a state store must be a string, not {key!r}")
    return key
