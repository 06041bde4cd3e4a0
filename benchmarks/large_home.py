"""A home as large as the console is built for: 150 DAGs, 10,000 runs, a DAG of a thousand tasks.

DAG files are real and an engine has loaded them. The history is written straight into the database while no
engine runs, because running it would take a day.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from benchmarks.figures import Scale
from benchmarks.instance import Instance
from penstock.attempts.protocol import LOG, attempt_path
from penstock.clock import SystemClock, from_us, to_us
from penstock.ids import make_run_id
from penstock.model.fingerprint import fingerprint
from penstock.model.graph import Graph
from penstock.model.spec import DagSpec, decode_spec
from penstock.settings import Settings
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.sqlite.connection import Connection
from penstock.store.statement import table_of

HUGE, TALKS, TEN = "huge", "talks", "part_003"
"""The DAG of a thousand tasks, the one whose newest run has printed many MB, and one of ten tasks."""
_MINUTE_US, _HOUR_US = 60_000_000, 3_600_000_000
_LINES = (
    "ERROR order 4711 has no customer",
    "psycopg.OperationalError: connection to server at 10.0.0.7, port 5432 failed",
    "KeyError: 'region'",
    "no space left on device: /data/2026-07-12/part-00017",
    "HTTPError: 503 Service Unavailable for https://rates.example.com/v2/latest",
    "check failed: 14 rows without a key",
)

_DAG = """
from penstock import DAG, Asset, BashOperator, EmptyOperator, Pool, TaskGroup

Pool("warehouse", slots=4)
Pool("narrow", slots=1)
with DAG(
    "{dag_id}", schedule={schedule!r}, timezone={zone!r}, catchup="none", default_args={{"owner": {owner!r}}},
    tags=[{tag!r}], description="Loads part {number} of the shop",
):
    with TaskGroup("pull") as pull:
        for source in ("orders", "stock", "prices"):
            BashOperator(task_id=source, bash_command="true", pool="warehouse")
    check = BashOperator(task_id="check", bash_command="true", outlets=[Asset("part_{number}")])
    loads = [BashOperator(task_id=f"load_{{part}}", bash_command="true") for part in range({loads})]
    pull >> check >> loads >> EmptyOperator(task_id="done")
"""
_HUGE = """
from penstock import DAG, BashOperator, EmptyOperator, TaskGroup

with DAG("huge", schedule="30 2 * * *", catchup="none"):
    before = EmptyOperator(task_id="begin")
    for number in range({groups}):
        with TaskGroup(f"part_{{number:02}}"):
            for place in range(50):
                before >> BashOperator(task_id=f"step_{{place:02}}", bash_command="true")
"""
_TALKS = """
from penstock import DAG, BashOperator

with DAG("talks", schedule=None):
    for number in range(20):
        BashOperator(task_id=f"speaker_{number:02}", bash_command="true")
"""
_LIVE = """
from penstock import DAG, BashOperator

with DAG("live", schedule=None, max_active_tasks=100):
    for number in range(6):
        BashOperator(task_id=f"works_{number}", bash_command="sleep 900")
    for number in range(60):
        BashOperator(task_id=f"waits_{number:02}", bash_command="sleep 900", pool="narrow")
"""


def make_home(scale: Scale) -> Path:
    """Make the home, and return it; no engine runs there. Raises RuntimeError if its files are not loaded."""
    files = _dag_files(scale)
    with Instance(files) as instance:
        deadline = time.monotonic() + 300
        while len(instance.client.dags(strip=0)) < len(files):
            if time.monotonic() > deadline:
                raise RuntimeError("the DAG files were not loaded")
            time.sleep(0.2)
    _fill(instance.settings, scale)
    return instance.home


def _dag_files(scale: Scale) -> dict[str, str]:
    """Return the DAG files, by the name of the DAG."""
    files = {
        HUGE: _HUGE.format(groups=scale.count(20, least=2)),
        TALKS: _TALKS,
        "live": _LIVE,
    }
    for number in range(scale.count(147, least=4)):
        dag_id = f"part_{number:03}"
        files[dag_id] = _DAG.format(
            dag_id=dag_id,
            number=number,
            schedule=f"{number * 7 % 60} * * * *" if number % 3 else f"{number % 60} {number % 24} * * *",
            zone="Europe/Amsterdam" if number % 5 else "UTC",
            owner=("ada", "grace", "edsger")[number % 3],
            tag=("shop", "finance", "web", "nightly")[number % 4],
            loads=2 + number % 4,
        )
    return files


def _fill(settings: Settings, scale: Scale) -> None:
    """Write the history; the engine must be down, and have loaded the DAG files."""
    database = Database.open(settings.database)
    try:
        with database.write() as connection:
            _Filling(connection, settings, scale).fill()
    finally:
        database.close()


@dataclass
class _Rows:
    """Rows of one table that are written together."""

    row: type[SQLModel]
    base: dict[str, Any]
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **values: Any) -> None:
        self.waiting.append({**self.base, **values})

    def write(self, connection: Connection) -> None:
        if self.waiting:
            connection.execute(sa.insert(table_of(self.row)), self.waiting)
            self.waiting.clear()


def _base(row: type[SQLModel], **needed: Any) -> dict[str, Any]:
    values: dict[str, Any] = row(**needed).model_dump()
    return values


class _Filling:
    """One filling of an empty database."""

    def __init__(self, connection: Connection, settings: Settings, scale: Scale) -> None:
        self._connection = connection
        self._settings = settings
        self._scale = scale
        self._now_us = to_us(SystemClock().now())
        self._random = random.Random(7)
        self._runs = _Rows(tables.RunRow, _base(tables.RunRow))
        self._tasks = _Rows(tables.TaskInstanceRow, _base(tables.TaskInstanceRow))
        self._attempts = _Rows(tables.AttemptRow, _base(tables.AttemptRow))
        self._events = _Rows(tables.EventRow, _without(_base(tables.EventRow), "seq"))
        self._failures = _Rows(tables.FailureRow, _without(_base(tables.FailureRow), "id"))
        self._ledger = _Rows(tables.LedgerRow, _without(_base(tables.LedgerRow), "id"))
        self._changes = _Rows(tables.AssetEventRow, _without(_base(tables.AssetEventRow), "id"))
        self._run_pk = self._ti_id = 0

    def fill(self) -> None:
        """Write everything."""
        dag, version = table_of(tables.DagRow), table_of(tables.DagVersionRow)
        found = self._connection.execute(
            sa.select(dag.c.dag_id, version.c.id, version.c.spec).join(
                version, version.c.id == dag.c.version_id
            )
        ).all()
        self._connection.execute(sa.delete(table_of(tables.PauseRow)))
        specs = {row.dag_id: (row.id, decode_spec(row.spec)) for row in found}
        parts = [dag_id for dag_id in specs if dag_id.startswith("part_")]
        each = self._scale.count(10_000 - 51, least=len(parts) * 2) // len(parts)
        for number, dag_id in enumerate(parts):
            key, spec = specs[dag_id]
            step_us = _HOUR_US if number % 3 else 24 * _HOUR_US
            self._history(spec, key, each, min(step_us, 28 * 24 * _HOUR_US // each))
            self._flush()
        self._history(specs[HUGE][1], specs[HUGE][0], self._scale.count(50, least=3), 12 * _HOUR_US)
        self._talk(*specs[TALKS])
        self._backfills(parts)
        self._flush()

    def _flush(self) -> None:
        for rows in (
            self._runs, self._tasks, self._attempts, self._events, self._failures, self._ledger,
            self._changes,
        ):  # fmt: skip
            rows.write(self._connection)

    # -- runs ------------------------------------------------------------------------------------

    def _history(self, spec: DagSpec, version_id: int, count: int, step_us: int) -> None:
        """Write *count* runs of a DAG, the last of them a moment ago, and settle its schedule until now."""
        last_us = (self._now_us - 5 * _MINUTE_US) // _MINUTE_US * _MINUTE_US
        order = Graph.of(spec.tasks).order
        for place in range(count):
            at_us = last_us - (count - 1 - place) * step_us + self._random.randrange(50) * 1_000_000
            self._run(spec, version_id, order, at_us, fails=self._random.random() < 0.04)
        if spec.schedule.kind == "none":
            return
        for gap in range(6):  # points that were missed
            first = last_us - (gap * 9 + 4) * step_us - step_us // 2
            self._ledger.add(
                dag_id=spec.dag_id, first_us=first, last_us=first + step_us // 4, count=1 + gap,
                status="skipped", reason=("paused", "overlap", "downtime")[gap % 3],
                at_us=first + step_us // 4,
            )  # fmt: skip
        dag = table_of(tables.DagRow)
        settled = {"cursor_us": self._now_us, "cursor_start_us": self._now_us, "cursor_end_us": self._now_us}
        self._connection.execute(sa.update(dag).where(dag.c.dag_id == spec.dag_id).values(**settled))

    def _run(
        self,
        spec: DagSpec,
        version_id: int,
        order: Sequence[str],
        at_us: int,
        *,
        fails: bool,
        bytes_each: int = 0,
    ) -> None:
        self._run_pk += 1
        scheduled = spec.schedule.kind != "none"
        run_type = "scheduled" if scheduled else "manual"
        run_id = make_run_id(run_type, from_us(at_us))
        late = scheduled and self._random.random() < 0.02
        began_us = at_us + (7 * _MINUTE_US if late else 300_000)
        bad = order[self._random.randrange(len(order) // 2, len(order))] if fails else ""
        below = _below(spec, bad) if fails else frozenset()
        end_us = began_us
        for position, task_id in enumerate(order):
            self._ti_id += 1
            start_us = began_us + position * 20_000
            took_us = int(self._random.lognormvariate(2.0, 0.5) * 1e6)
            if self._random.random() < 0.01:
                took_us *= 8
            state = "failed" if task_id == bad else "upstream_failed" if task_id in below else "success"
            ran = state != "upstream_failed"
            attempt_id = f"{(at_us // 1000):012x}-{self._ti_id:08x}"
            ended_us = start_us + took_us
            end_us = max(end_us, ended_us)
            self._tasks.add(
                id=self._ti_id, run_pk=self._run_pk, task_id=task_id, state=state, position=position,
                try_number=1 if ran else 0, attempts=1 if ran else 0, attempt_id=attempt_id if ran else None,
                queued_us=start_us - 5_000 if ran else None, start_us=start_us if ran else None,
                end_us=ended_us, peak_rss=self._random.randrange(8, 400) << 20 if ran else None,
                cpu_seconds=took_us / 2e6 if ran else None, read_bytes=0, write_bytes=4096,
                outcome=_OUTCOMES[state],
            )  # fmt: skip
            if ran:
                self._attempts.add(
                    attempt_id=attempt_id, ti_id=self._ti_id, try_number=1, queued_us=start_us - 5_000,
                    start_us=start_us, end_us=ended_us, outcome=_OUTCOMES[state], log_bytes=bytes_each or 500,
                )  # fmt: skip
                if bytes_each:
                    self._print(attempt_id, task_id, start_us, bytes_each)
                for kind, before, after, moment in (
                    ("launch", "scheduled", "queued", start_us - 5_000),
                    ("claim", "queued", "running", start_us),
                    ("succeed" if state == "success" else "fail", "running", state, ended_us),
                ):
                    self._event(moment, spec.dag_id, run_id, kind, after, task_id=task_id, before=before)
            if state == "failed":
                line = self._random.choice(_LINES)
                self._failures.add(
                    ti_id=self._ti_id, attempt_id=attempt_id, try_number=1, at_us=ended_us,
                    fingerprint=fingerprint(line), line=line,
                )  # fmt: skip
            if task_id == "check" and state == "success":
                self._changes.add(
                    at_us=ended_us, name=f"part_{int(spec.dag_id[-3:])}", uri="", extra="{}", by="engine"
                )
        state = "failed" if fails else "success"
        self._runs.add(
            id=self._run_pk, dag_id=spec.dag_id, run_id=run_id, run_type=run_type, state=state,
            version_id=version_id,
            logical_us=at_us, interval_start_us=at_us, interval_end_us=at_us, run_after_us=at_us,
            queued_us=began_us, start_us=began_us, end_us=end_us, worked_us=end_us - began_us,
        )  # fmt: skip
        self._event(began_us, spec.dag_id, run_id, "start", "running", before="queued")
        self._event(end_us, spec.dag_id, run_id, "fail" if fails else "succeed", state, before="running")
        if scheduled:
            self._ledger.add(
                dag_id=spec.dag_id, first_us=at_us, last_us=at_us, status="ran_late" if late else "ran",
                run_id=run_id, at_us=began_us,
            )  # fmt: skip
        if self._random.random() < 0.02:
            self._event(end_us, spec.dag_id, run_id, "act_retry", None, actor="ada@laptop", reason="again")

    def _event(
        self,
        at_us: int,
        dag_id: str,
        run_id: str,
        kind: str,
        after: str | None,
        *,
        task_id: str | None = None,
        before: str | None = None,
        actor: str = "engine",
        reason: str | None = None,
    ) -> None:
        self._events.add(
            at_us=at_us, actor=actor, kind=kind, dag_id=dag_id, run_id=run_id, task_id=task_id, before=before,
            after=after, reason=reason,
        )  # fmt: skip

    # -- logs, backfills -------------------------------------------------------------------------

    def _talk(self, version_id: int, spec: DagSpec) -> None:
        """Write a run whose tasks have printed 64 MiB together."""
        size = self._scale.count(64 << 20, least=1 << 16) // len(spec.tasks)
        order = Graph.of(spec.tasks).order
        self._run(spec, version_id, order, self._now_us - 10 * _MINUTE_US, fails=False, bytes_each=size)

    def _print(self, attempt_id: str, task_id: str, start_us: int, size: int) -> None:
        """Write the log of one attempt, with the index of its times: a thousand lines a second."""
        import struct

        folder = attempt_path(self._settings.attempts, attempt_id)
        folder.mkdir(parents=True)
        data, entries, number = bytearray(), bytearray(), 0
        while len(data) < size:
            if number % 1000 == 0:
                entries += struct.pack("<QQ", len(data), start_us + number * 1000)
            what = "ERROR" if number % 5000 == 4999 else "INFO"
            data += f"{what} {task_id} has read batch {number:07} of orders and wrote it down\n".encode()
            number += 1
        (folder / LOG).write_bytes(data)
        (folder / "log.idx").write_bytes(entries)

    def _backfills(self, dag_ids: Sequence[str]) -> None:
        points = _Rows(tables.BackfillPointRow, _without(_base(tables.BackfillPointRow), "id"))
        backfills = _Rows(tables.BackfillRow, _base(tables.BackfillRow))
        for number, dag_id in enumerate(dag_ids[:40], 1):
            created = self._now_us - number * 3 * _HOUR_US
            backfills.add(
                id=number, dag_id=dag_id, from_us=created - 60 * 24 * _HOUR_US, to_us=created, by="ada",
                created_us=created, end_us=created + _HOUR_US, state="success", reprocess="none",
                max_active_runs=4, backwards=False,
            )  # fmt: skip
            for ordinal in range(60):
                at = created - (60 - ordinal) * 24 * _HOUR_US
                points.add(
                    backfill_id=number, ordinal=ordinal, logical_us=at, interval_start_us=at,
                    interval_end_us=at,
                    run_after_us=at, state="success",
                )  # fmt: skip
        backfills.write(self._connection)
        points.write(self._connection)


_OUTCOMES: dict[str, str | None] = {
    "success": '{"kind":"exit_code","exit_code":0,"duration":7.0}',
    "failed": '{"kind":"exit_code","exit_code":1,"duration":7.0}',
    "upstream_failed": None,
}


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _below(spec: DagSpec, task_id: str) -> frozenset[str]:
    """Return the tasks that depend on one, directly or not."""
    downstream = Graph.of(spec.tasks).downstream
    found: set[str] = set()
    waiting = [task_id]
    while waiting:
        fresh = set(downstream[waiting.pop()]) - found
        found |= fresh
        waiting += fresh
    return frozenset(found)
