"""``ti`` in a task's context: what this attempt is, and the way in and out for XComs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence

from penstock.authoring.xcom_arg import RETURN_VALUE
from penstock.authoring.xcom_codec import XComError, decode, encode
from penstock.execution.records import HARD_XCOM_BYTES, RESULT, VERSION, XCOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any

    from penstock.authoring.moment import Moment
    from penstock.authoring.operators.operator import Operator

_ABSENT = object()


class TaskInstance:
    """One task of one run, in the process of one attempt."""

    def __init__(
        self,
        task: Operator,
        *,
        dag_id: str,
        run_id: str,
        try_number: int = 1,
        max_tries: int = 1,
        map_index: int = -1,
        attempt_id: str = "",
        start_date: Moment | None = None,
        xcoms: XComStore | None = None,
        socket: str | None = None,
        logical_date: Moment | None = None,
    ) -> None:
        self.task = task
        self.task_id = task.task_id
        self.dag_id = dag_id
        self.run_id = run_id
        self.try_number = try_number
        self.max_tries = max_tries
        self.map_index = map_index
        self.attempt_id = attempt_id
        self.start_date = start_date
        self.logical_date = logical_date
        self._socket = socket
        self._xcoms = xcoms or XComStore(None, {})
        self.skips: list[str] = []

    @property
    def log(self) -> logging.Logger:
        """A logger whose lines go to the task's log."""
        return self.task.log

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names the task instance."""
        return (self.dag_id, self.run_id, self.task_id, self.map_index)

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep *value* under *key* for tasks downstream; raise `XComError` when it cannot be kept."""
        if not isinstance(key, str) or not key:
            raise XComError(f"the key of an XCom must be a text that is not empty, not {key!r}")
        self._xcoms.push(key, value)

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str = RETURN_VALUE,
        include_prior_dates: bool = False,
        *,
        map_indexes: int | Iterable[int] | None = None,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """Return what a task of this run pushed under *key*, or *default*.

        A list of ids gives a list. Without ids it is this task itself. A mapped task gives the
        list of what its instances pushed; *map_indexes* picks one, or some as a list. *dag_id* and
        *run_id* look elsewhere (another DAG's run of the same id, unless one is named);
        *include_prior_dates* takes the newest value of the runs up to this one's logical date.
        """
        if task_ids is None:
            return self._xcoms.own(key, default)
        ids = [task_ids] if isinstance(task_ids, str) else list(task_ids)
        here = dag_id in (None, self.dag_id) and run_id in (None, self.run_id)
        found = [self._of(name, key, map_indexes) if here else _ABSENT for name in ids]
        if not here or (include_prior_dates and _ABSENT in found):
            until = self.logical_date if include_prior_dates else None
            elsewhere = self._elsewhere(dag_id or self.dag_id, ids, key, run_id, until, map_indexes)
            found = [
                elsewhere.get(name, _ABSENT) if value is _ABSENT else value
                for name, value in zip(ids, found, strict=True)
            ]
        values = [default if value is _ABSENT else value for value in found]
        return values[0] if isinstance(task_ids, str) else values

    def _of(self, task_id: str, key: str, map_indexes: int | Iterable[int] | None) -> Any:
        if task_id == self.task_id and self._xcoms.has_own(key):
            return self._xcoms.own(key, _ABSENT)
        if isinstance(map_indexes, int):
            name = task_id if map_indexes < 0 else f"{task_id}[{map_indexes}]"
            return self._xcoms.value(name, key, _ABSENT)
        indexes = self._xcoms.map_indexes(task_id)
        if map_indexes is not None:
            wanted = set(map_indexes)
            indexes = [index for index in indexes if index in wanted]
        elif not indexes:
            return self._xcoms.value(task_id, key, _ABSENT)
        values = [self._xcoms.value(f"{task_id}[{index}]", key, _ABSENT) for index in indexes]
        return [value for value in values if value is not _ABSENT]

    def _elsewhere(
        self,
        dag_id: str,
        task_ids: list[str],
        key: str,
        run_id: str | None,
        until: Moment | None,
        map_indexes: int | Iterable[int] | None,
    ) -> dict[str, Any]:
        """Return what tasks of another run pushed, by task id; each of the newest run that has it."""
        from penstock.authoring.asking import ask_at

        if not self._socket:
            return {}  # a test knows of no other run
        where: dict[str, Any] = {"run_id": run_id or self.run_id}
        if until is not None and run_id is None:
            where = {"until": until.isoformat()}
        rows = ask_at(self._socket, "xcom_sources", dag_id=dag_id, task_ids=task_ids, key=key, **where)
        newest: dict[str, str] = {}
        sources: dict[str, dict[int, str]] = {}
        for row in rows or ():
            if newest.setdefault(row["task_id"], row["run_id"]) == row["run_id"]:
                sources.setdefault(row["task_id"], {})[row["map_index"]] = row["attempt_id"]
        return {name: self._xcoms.from_attempts(found, key, map_indexes) for name, found in sources.items()}

    def rule_out(self, task_ids: Sequence[str]) -> None:
        """Have these tasks of the run skipped once this one has succeeded."""
        self.skips = list(task_ids)

    def finish_before_exec(self) -> None:
        """Write down what was pushed: another program is about to take this process over."""
        self._xcoms.write()

    def write_xcoms(self) -> None:
        """Write down what was pushed."""
        self._xcoms.write()

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} try {self.try_number}>"


class XComStore:
    """XComs of one attempt: its own in memory until `write`, those of others read when asked for.

    *folder* is the attempt's directory (None keeps everything in memory); *sources* maps task ids
    to the attempts that hold their values.
    """

    def __init__(self, folder: str | None, sources: dict[str, str]) -> None:
        self._folder = folder
        self._sources = sources
        self._own: dict[str, str] = {}
        self._read: dict[str, dict[str, Any]] = {}

    def push(self, key: str, value: Any) -> None:
        """Keep *value*, encoded now, so that a later change of it changes nothing."""
        text = encode(value)
        self._own[key] = text
        size = sum(map(len, self._own.values()))
        if size > HARD_XCOM_BYTES:
            del self._own[key]
            raise XComError(
                f"the XCom {key!r} makes {size:,} bytes, more than the {HARD_XCOM_BYTES:,} allowed; "
                "write the data to a file and push its path"
            )

    def has_own(self, key: str) -> bool:
        """Whether this attempt pushed *key*."""
        return key in self._own

    def own(self, key: str, default: Any) -> Any:
        """Return what this attempt pushed."""
        return decode(json.loads(self._own[key])) if key in self._own else default

    def own_json(self) -> dict[str, Any]:
        """Return everything this attempt pushed, as parsed JSON by key."""
        return {key: json.loads(text) for key, text in self._own.items()}

    def value(self, source: str, key: str, default: Any) -> Any:
        """Return what task *source* (with ``[index]`` when mapped) pushed."""
        values = self._values(source)
        return decode(values[key]) if key in values else default

    def from_attempts(
        self, attempts: dict[int, str], key: str, map_indexes: int | Iterable[int] | None
    ) -> Any:
        """Return what *attempts* (by map index) of one task pushed: a value, or a list when it is mapped."""
        if isinstance(map_indexes, int):
            return self._of_attempt(attempts.get(map_indexes), key)
        if map_indexes is None and -1 in attempts:
            return self._of_attempt(attempts[-1], key)
        wanted = sorted(attempts) if map_indexes is None else [one for one in map_indexes if one in attempts]
        return [self._of_attempt(attempts[index], key) for index in wanted]

    def _of_attempt(self, attempt_id: str | None, key: str) -> Any:
        values = self._load(attempt_id)
        return decode(values[key]) if key in values else None

    def map_indexes(self, task_id: str) -> list[int]:
        """Return the map indexes of *task_id* that have an attempt, in order."""
        start = f"{task_id}["
        return sorted(int(name[len(start) : -1]) for name in self._sources if name.startswith(start))

    def write(self) -> None:
        """Write the own XComs whole; nothing when there are none."""
        if self._folder is None or not self._own:
            return
        body = ",".join(f"{json.dumps(key)}:{text}" for key, text in self._own.items())
        write_whole(self._folder, XCOM, f'{{"v":{VERSION},"values":{{{body}}}}}'.encode())

    def _values(self, source: str) -> dict[str, Any]:
        if source not in self._read:
            self._read[source] = self._load(self._sources.get(source))
        return self._read[source]

    def _load(self, attempt_id: str | None) -> dict[str, Any]:
        if attempt_id is None or self._folder is None:
            return {}
        root = os.path.dirname(os.path.dirname(self._folder))  # noqa: PTH120
        folder = f"{root}/{attempt_id[:7]}/{attempt_id}"
        values = _read(f"{folder}/{XCOM}").get("values") or {}
        result = _read(f"{folder}/{RESULT}")
        return {**values, "return_value": result["last_line"]} if result.get("pushed") else values


def write_whole(folder: str, name: str, data: bytes) -> None:
    """Write file *name* in *folder* so that a reader sees all of it or nothing."""
    draft = f"{folder}/{name}.part"
    with open(draft, "wb") as file:  # noqa: PTH123
        file.write(data)
    os.rename(draft, f"{folder}/{name}")  # noqa: PTH104


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            record = json.load(file)
    except FileNotFoundError:
        return {}
    return record if isinstance(record, dict) else {}
