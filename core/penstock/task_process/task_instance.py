"""``ti`` in a task's context: this attempt, and access to XComs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

from penstock.attempts.files import (
    DEFERRAL,
    HARD_XCOM_BYTES,
    RENDERED,
    RESULT,
    VERDICT,
    VERSION,
    XCOM,
    attempt_folder,
    dump_fields,
    read_result,
    write_whole,
)
from penstock.authoring import scope
from penstock.authoring.xcom_arg import RETURN_VALUE
from penstock.ids import instance_key
from penstock.task_process.attempt_files import write_attempt_file
from penstock.task_process.xcom_codec import XComError, decode, encode
from penstock.task_process.xcom_sequence import LazyXComSequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.task_process.moment import Moment

_ABSENT = object()


class TaskInstance:
    """One task of one run, in the process of one attempt."""

    def __init__(
        self,
        task: AbstractOperator,
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
        self.state: str | None = None
        self.end_date: Moment | None = None

    @property
    def log(self) -> logging.Logger:
        """A logger whose lines go to the task's log."""
        return self.task.log

    @property
    def duration(self) -> float | None:
        """Seconds between start and end; None while it runs."""
        ended = self.start_date is not None and self.end_date is not None
        return (self.end_date - self.start_date).total_seconds() if ended else None  # type: ignore[operator]

    @property
    def key(self) -> tuple[str, str, str, int]:
        """The key of the task instance."""
        return (self.dag_id, self.run_id, self.task_id, self.map_index)

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep *value* under *key* for tasks downstream; raise `XComError` if it cannot be kept."""
        if not isinstance(key, str) or not key:
            raise XComError(f"the key of an XCom must be a string that is not empty, not {key!r}")
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

        Without ids it is this task itself. A mapped task gives the list of what its instances
        pushed; *map_indexes* picks one, or some as a list. A list of ids gives one list of all.
        *dag_id* and *run_id* read another run (of another DAG: the same run id, unless one is given);
        *include_prior_dates* takes the newest value of the runs up to this one's logical date.
        """
        if task_ids is None:
            dialect = scope.current().dialect
            if dialect is None or not dialect.old or self._xcoms.has_own(key):
                return self._xcoms.own(key, default)
            return self._xcoms.newest(key, default)
        ids = [task_ids] if isinstance(task_ids, str) else list(task_ids)
        here = dag_id in (None, self.dag_id) and run_id in (None, self.run_id)
        found = {name: self._of(name, key, map_indexes) if here else Pulled() for name in ids}
        if not here or (include_prior_dates and not all(found.values())):
            until = self.logical_date if include_prior_dates else None
            elsewhere = self._elsewhere(dag_id or self.dag_id, ids, key, run_id, until, map_indexes)
            found |= {name: pulled for name, pulled in elsewhere.items() if not found[name]}
        if isinstance(task_ids, str) and (isinstance(map_indexes, int) or not found[task_ids].several):
            return found[task_ids].values[0] if found[task_ids] else default
        if isinstance(task_ids, str) and map_indexes is None:
            return found[task_ids].values
        values = [value for name in ids for value in found[name].values or [_ABSENT]]
        return [default if value is _ABSENT else value for value in values]

    def all_values(self, task_id: str, key: str = RETURN_VALUE) -> LazyXComSequence:
        """Return what the instances of a mapped task pushed, in the order of their map indexes."""
        return LazyXComSequence(self._xcoms, task_id, key)

    def _several(self, task_id: str) -> bool:
        """Whether *task_id* has map indexes, as far as this attempt knows."""
        known = self.task.dag.task_dict.get(task_id) if self.task.dag else None
        if known is not None:
            return known.is_mapped or known.mapped_group is not None
        return bool(self._xcoms.map_indexes(task_id))

    def _of(self, task_id: str, key: str, map_indexes: int | Iterable[int] | None) -> Pulled:
        own = task_id == self.task_id and map_indexes in (None, self.map_index)
        if own and self._xcoms.has_own(key):
            return Pulled([self._xcoms.own(key, None)])
        if map_indexes is None:
            names = self._xcoms.instances(task_id)
        else:
            names = [instance_key(task_id, index) for index in _listed(map_indexes)]
        values = [self._xcoms.value(name, key, _ABSENT) for name in names]
        if map_indexes is None:
            values = [value for value in values if value is not _ABSENT]
        return Pulled(values, self._several(task_id))

    def _elsewhere(
        self,
        dag_id: str,
        task_ids: list[str],
        key: str,
        run_id: str | None,
        until: Moment | None,
        map_indexes: int | Iterable[int] | None,
    ) -> dict[str, Pulled]:
        """Return what tasks of another run pushed, by task id; each from the newest run that has it."""
        from penstock.task_process.engine_client import ask_at

        if not self._socket:
            return {}  # a test has no other runs
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

    def ring(self, message: str) -> None:
        """Make open consoles ring the bell and show *message*; for callbacks."""
        self.xcom_push("bell", [*(self._xcoms.own("bell", None) or ()), message])

    def rule_out(self, task_ids: Sequence[str]) -> None:
        """Skip these tasks of the run once this one has succeeded."""
        self.skips = list(task_ids)

    def finish_before_exec(self, rendered_map_index: str | None = None) -> None:
        """Write what was pushed, and the label, before another program replaces this process."""
        self._xcoms.write()
        if rendered_map_index is not None:
            self._xcoms.write_record(VERDICT, {"rendered_map_index": rendered_map_index})

    def write_rendered(self, fields: dict[str, Any], *, whole: bool) -> None:
        """Write down the rendered fields: all of them and *whole* for `penstock test`, else for people."""
        from penstock.task_process.hiding import hidden

        if whole:
            plain = json.loads(json.dumps(fields, default=repr, skipkeys=True))
            self._xcoms.write_record(RENDERED, {"fields": hidden.cover_all(plain)})
        elif not all(_says_nothing(value) for value in fields.values()):
            from penstock.task_process.rendered import shown_fields

            with suppress(Exception):  # a value of the author's may raise whatever it likes when looked at
                self._xcoms.write_note(RENDERED, {"fields": shown_fields(fields, hidden.covered)})

    def write_deferral(self, fields: dict[str, Any]) -> None:
        """Write down what the task waits for, and how it goes on."""
        self._xcoms.write_record(DEFERRAL, fields)

    def take_over_xcoms(self, folder: str) -> None:
        """Begin with what the attempt in *folder* pushed before it deferred."""
        self._xcoms.take_over(folder)

    def write_xcoms(self) -> None:
        """Write what was pushed."""
        self._xcoms.write()

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} try {self.try_number}>"


class Pulled:
    """Values that instances of one task pushed; *several*: it may have more than one instance.

    A missing one that was asked for by its map index keeps its place. False if all are missing.
    """

    __slots__ = ("several", "values")

    def __init__(self, values: list[Any] | None = None, several: bool = False) -> None:
        self.values = values or []
        self.several = several

    def __bool__(self) -> bool:
        return any(value is not _ABSENT for value in self.values)


def _listed(map_indexes: int | Iterable[int]) -> list[int]:
    return [map_indexes] if isinstance(map_indexes, int) else list(map_indexes)


class XComStore:
    """XComs of one attempt: its own in memory until `write`, those of others read when needed.

    *folder* is the attempt's directory (None keeps everything in memory); *sources* maps task ids
    to the attempts that have their values. On a host that does not have those, *far* is the socket where
    the engine is asked for them.
    """

    def __init__(self, folder: str | None, sources: dict[str, str], *, far: str | None = None) -> None:
        self._folder = folder
        self._far = far
        self._sources = sources
        self._own: dict[str, str] = {}
        self._read: dict[str, dict[str, Any]] = {}
        self._ended_far: dict[str, float] = {}

    def push(self, key: str, value: Any) -> None:
        """Keep *value* under *key*, encoded now, so that later changes of the object have no effect.

        Raises `XComError` if it cannot be encoded, or if all values together become too large.
        """
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

    def newest(self, key: str, default: Any) -> Any:
        """Return what any task of the run pushed under *key*, of several the one that ended last."""
        found = [(self._ended(source), source) for source in self._sources if self.has(source, key)]
        return self.value(max(found)[1], key, default) if found else default

    def _ended(self, source: str) -> float:
        assert self._folder is not None
        if self._far is not None:
            return self._ended_far[self._sources[source]]
        root = os.path.dirname(os.path.dirname(self._folder))  # noqa: PTH120
        folder = attempt_folder(root, self._sources[source])
        times = [os.stat(f"{folder}/{name}").st_mtime for name in (RESULT, XCOM) if _is_there(folder, name)]  # noqa: PTH116
        return max(times, default=0.0)

    def from_attempts(
        self, attempts: dict[int, str], key: str, map_indexes: int | Iterable[int] | None
    ) -> Pulled:
        """Return what *attempts* (by map index) of one task pushed."""
        wanted = sorted(attempts) if map_indexes is None else _listed(map_indexes)
        loaded = [self._load(attempts.get(index)) for index in wanted]
        return Pulled([decode(values[key]) for values in loaded if key in values], -1 not in attempts)

    def has(self, source: str, key: str) -> bool:
        """Whether task *source* (with ``[index]`` when mapped) pushed *key*."""
        return key in self._values(source)

    def instances(self, task_id: str) -> list[str]:
        """Return the source names of the instances of *task_id*, by map index."""
        indexes = self.map_indexes(task_id)
        return [instance_key(task_id, index) for index in indexes] if indexes else [task_id]

    def map_indexes(self, task_id: str) -> list[int]:
        """Return the map indexes of *task_id* that have an attempt, in order."""
        start = f"{task_id}["
        return sorted(int(name[len(start) : -1]) for name in self._sources if name.startswith(start))

    def write(self) -> None:
        """Write the attempt's own XComs; nothing if there are none. Raises as `write_attempt_file` does."""
        if self._folder is None or not self._own:
            return
        covered = _covered(self._own)
        more = f',"covered":{{{_joined(covered)}}}' if covered else ""
        body = f'{{"v":{VERSION},"values":{{{_joined(self._own)}}}{more}}}'
        write_attempt_file(self._folder, XCOM, body.encode())

    def take_over(self, folder: str) -> None:
        """Begin with what the attempt in *folder* pushed."""
        values = _read(f"{folder}/{XCOM}").get("values") or {}
        self._own |= {key: json.dumps(value, separators=(",", ":")) for key, value in values.items()}

    def write_record(self, name: str, fields: dict[str, Any]) -> None:
        """Write another record into the attempt's directory."""
        if self._folder is not None:
            write_attempt_file(self._folder, name, dump_fields(fields))

    def write_note(self, name: str, fields: dict[str, Any]) -> None:
        """Write a record that the task does not need, so that nobody waits for the disk to take it."""
        if self._folder is not None:
            write_whole(self._folder, name, dump_fields(fields))

    def _values(self, source: str) -> dict[str, Any]:
        if source not in self._read:
            self._read[source] = self._load(self._sources.get(source))
        return self._read[source]

    def _load(self, attempt_id: str | None) -> dict[str, Any]:
        if attempt_id is None or self._folder is None:
            return {}
        if self._far is not None:
            return self._asked(self._far, attempt_id)
        root = os.path.dirname(os.path.dirname(self._folder))  # noqa: PTH120
        folder = attempt_folder(root, attempt_id)
        values = _read(f"{folder}/{XCOM}").get("values") or {}
        try:
            result = read_result(f"{folder}/{RESULT}")
        except FileNotFoundError:
            return values
        return {**values, "return_value": result["last_line"]} if result.get("pushed") else values

    def _asked(self, socket: str, attempt_id: str) -> dict[str, Any]:
        from penstock.task_process.engine_client import ask_at

        left = ask_at(socket, "left_behind", attempt_id=attempt_id)
        self._ended_far[attempt_id] = left.get("ended") or 0.0
        values: dict[str, Any] = left.get("values") or {}
        return values


def _says_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def _joined(texts: dict[str, str]) -> str:
    return ",".join(f"{json.dumps(key)}:{text}" for key, text in texts.items())


def _covered(own: dict[str, str]) -> dict[str, str]:
    """Return those of the pushed values that hold a secret, as people may see them."""
    from penstock.task_process.hiding import hidden

    shown = {}
    for key, text in own.items():
        if hidden.found_in(text):
            shown[key] = json.dumps(hidden.cover_all(json.loads(text)), separators=(",", ":"))
    return shown


def _is_there(folder: str, name: str) -> bool:
    return os.path.exists(f"{folder}/{name}")  # noqa: PTH110


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            record = json.load(file)
    except FileNotFoundError:
        return {}
    return record if isinstance(record, dict) else {}
