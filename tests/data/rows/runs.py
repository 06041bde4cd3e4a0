"""Runs with their task instances and attempts: a history long enough to be usual, and a busy present."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from data.builders import insert
from data.rows.when import NOW, at, us
from penstock.clock import opt_us, to_us
from penstock.ids import make_run_id
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.store import tables
from penstock.store.database import Database

OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
BAD = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=3)


class Writer:
    """Writes runs whose figures all differ, so that none can stand for another."""

    def __init__(self, database: Database, keys: dict[str, int]) -> None:
        self.database = database
        self.keys = keys
        self._runs = self._tasks = self._attempts = 0

    def run(
        self,
        dag_id: str,
        version: str,
        due: datetime,
        state: str,
        *,
        took: float | None = None,
        **fields: Any,
    ) -> int:
        """Write a run that was queued a second after it was due and started a second later."""
        self._runs += 1
        run_type = fields.get("run_type", "scheduled")
        start = due + timedelta(seconds=2)
        values: dict[str, Any] = {
            "run_id": make_run_id(run_type, due),
            "run_type": run_type,
            "version": self._runs,
            "version_id": self.keys.get(version, 999),
            "logical_us": to_us(due),
            "interval_start_us": to_us(due - timedelta(hours=1)),
            "interval_end_us": to_us(due + timedelta(minutes=1)),
            "run_after_us": to_us(due),
            "queued_us": to_us(due + timedelta(seconds=1)),
            "start_us": None if state == "queued" else to_us(start),
            "turn_us": to_us(start) if state == "running" else None,
            "end_us": None if took is None else to_us(start + timedelta(seconds=took)),
            "worked_us": int((took or 0) * 1_000_000),
            "conf": "{}",
            **fields,
        }
        return int(insert(self.database, tables.RunRow, dag_id=dag_id, state=state, **values))

    def task(
        self,
        run: int,
        task_id: str,
        state: str,
        start: datetime | None = None,
        took: float | None = None,
        *,
        attempts: Sequence[Outcome | None] = (),
        map_index: int = -1,
        **fields: Any,
    ) -> int:
        """Write a task instance with its attempts, a second apart; one of None is live."""
        self._tasks += 1
        number = self._tasks
        end = None if start is None or took is None else start + timedelta(seconds=took)
        names = [self._name((start or NOW) + timedelta(seconds=place)) for place, _ in enumerate(attempts)]
        last = attempts[-1] if attempts else None
        done = state in {"success", "failed"}
        values: dict[str, Any] = {
            "version": number,
            "try_number": len(attempts),
            "max_tries": 1 + number % 4,
            "position": number % 5,
            "queued_us": None if start is None else to_us(start - timedelta(seconds=1)),
            "start_us": opt_us(start),
            "end_us": opt_us(end),
            "attempts": len(attempts),
            "attempt_id": names[-1] if names else None,
            "outcome": None if last is None else msgspec.json.encode(last).decode(),
            "peak_rss": 1000 + number if done else None,
            "cpu_seconds": number / 4 if done else None,
            "read_bytes": 2000 + number if done else None,
            "write_bytes": 3000 + number if done else None,
            **fields,
        }
        key = int(
            insert(
                self.database, tables.TaskInstanceRow, run_pk=run, task_id=task_id, state=state,
                map_index=map_index, **values,
            )
        )  # fmt: skip
        for place, (name, outcome) in enumerate(zip(names, attempts, strict=True), start=1):
            began = (start or NOW) + timedelta(seconds=place - 1)
            insert(
                self.database,
                tables.AttemptRow,
                attempt_id=name,
                ti_id=key,
                try_number=place,
                queued_us=to_us(began - timedelta(milliseconds=500)),
                start_us=to_us(began),
                end_us=None if outcome is None else opt_us(end) or to_us(began + timedelta(milliseconds=700)),
                pid=40_000 + self._attempts - place,
                outcome=None if outcome is None else msgspec.json.encode(outcome).decode(),
                log_bytes=None if outcome is None else 100 * number + place,
            )  # fmt: skip
        return key

    def _name(self, moment: datetime) -> str:
        self._attempts += 1
        return f"{to_us(moment) // 1000:012x}-{self._attempts:08x}"


def fill_runs(database: Database, keys: dict[str, int]) -> None:
    """Write every run."""
    writer = Writer(database, keys)
    _history(writer)
    _present(writer)
    _fan(writer)
    _hourly(writer)
    _others(writer)


def _history(writer: Writer) -> None:
    """Sixteen days of etl: on its first version, on its second, and on its third."""
    for day in range(16):
        due = at("02-13 12:00") + timedelta(days=day)
        version = "etl 1" if day < 5 else "etl 2" if day < 12 else "etl 3"
        state = "failed" if day in {3, 10, 14} else "cancelled" if day == 6 else "success"
        run = writer.run(
            "etl", version, due, state, took=60.0 + 7 * day,
            by="ann" if day == 4 else None, conf=f'{{"day": "{day}"}}' if day % 5 == 0 else "{}",
            reason="load failed" if state == "failed" else None,
        )  # fmt: skip
        start = due + timedelta(seconds=3)
        writer.task(run, "extract", "success", start, 10.0 + day, attempts=[OK])
        if version != "etl 3":
            writer.task(run, "old", "success", start + timedelta(seconds=20), 4.0 + day, attempts=[BAD, OK])
        if version == "etl 2":
            writer.task(run, "older", "skipped", start + timedelta(seconds=20), 1.0)
        ended = "failed" if state == "failed" else "cancelled" if state == "cancelled" else "success"
        last = BAD if state == "failed" else OK
        writer.task(run, "load", ended, start + timedelta(seconds=30), 20.0 + day * day, attempts=[last])
        if version == "etl 3":
            writer.task(run, "check", "upstream_failed" if state == "failed" else "skipped")
            report = "success" if state == "success" else "upstream_failed"
            began = start + timedelta(seconds=40) if report == "success" else None
            writer.task(run, "report", report, began, 5.0 + day, attempts=[OK] if began else [])


def _present(writer: Writer) -> None:
    """What etl does today: one run that succeeded though a task failed, one that runs, and some that wait."""
    early = at("03-01 09:00")
    run = writer.run(
        "etl", "etl 3", early, "success", took=4000.0, run_type="manual", run_id="by hand", by="bob",
        conf='{"day": "mon", "api_key": "k"}', logical_us=None, rush="next",
    )  # fmt: skip
    writer.task(run, "extract", "failed", early, 3.0, attempts=[BAD, BAD])
    writer.task(run, "load", "success", early + timedelta(seconds=5), 3900.0, attempts=[OK])
    writer.task(run, "check", "success", early + timedelta(seconds=4000), 1.5, attempts=[OK])
    writer.task(run, "report", "failed", early + timedelta(seconds=3950), 2.0, attempts=[BAD])
    run = writer.run("etl", "etl 3", at("03-01 12:00"), "running", reason=None, stood_us=5_000_000)
    began = at("03-01 12:00:05")
    writer.task(run, "extract", "success", began, 12.25, attempts=[OK])
    writer.task(run, "load", "running", began + timedelta(seconds=20), attempts=[BAD, None], peak_rss=77)
    writer.task(run, "check", "scheduled", queued_us=us("03-01 12:01"), rush="now")
    writer.task(run, "report", "up_for_retry", attempts=[BAD], next_us=us("03-01 18:05"), reason="exit 3")
    run = writer.run(
        "etl", "etl 3", at("03-01 12:00"), "running", run_type="manual", run_id="again", logical_us=None,
        rerun_of="by hand", stands_for_us=us("02-14 12:00"), by="cat",
    )  # fmt: skip
    writer.task(
        run, "extract", "stopping", began + timedelta(hours=1), attempts=[None], stop_us=us("03-01 18:01")
    )
    writer.task(run, "report", "scheduled", queued_us=us("03-01 13:00"))
    writer.task(run, "load", "pending")
    run = writer.run(
        "etl", "etl 3", at("03-01 17:00"), "queued", run_type="asset_triggered", run_id="asset one"
    )
    writer.task(run, "extract", "pending")
    writer.run("etl", "etl 3", at("03-02 12:00"), "queued", run_type="manual", run_id="ahead", by="bob")
    run = writer.run(
        "etl", "etl 2", at("02-12 12:00"), "success", took=33.0, run_type="backfill", run_id="refill",
        turn_us=us("03-01 10:00"),
    )  # fmt: skip
    writer.task(run, "load", "success", at("03-01 10:00:10"), 9.0, attempts=[OK])


def _fan(writer: Writer) -> None:
    run = writer.run("fan", "fan", at("02-28 06:00"), "success", took=500.0, run_type="manual", by="dan")
    began = at("02-28 06:00:05")
    writer.task(run, "start", "success", began, 5.0, attempts=[OK])
    for index in range(3):
        writer.task(
            run, "part", "success", began + timedelta(minutes=1 + index), 11.0 + index, attempts=[OK],
            map_index=index, rendered_map_index=f"no {index}", mapped_length=3,
        )  # fmt: skip
    for index in range(2):
        writer.task(
            run,
            "inner",
            "skipped" if index else "success",
            began + timedelta(minutes=5),
            2.0 + index,
            map_index=index,
        )
    run = writer.run("fan", "fan", at("03-01 06:00"), "running", run_type="manual", by="dan", rush="now")
    began = at("03-01 06:00:05")
    writer.task(run, "start", "success", began, 6.0, attempts=[OK])
    writer.task(run, "part", "success", began + timedelta(minutes=1), 30.0, attempts=[OK], map_index=0)
    writer.task(
        run, "part", "running", began + timedelta(minutes=2), attempts=[BAD, None], map_index=1,
        rendered_map_index="no 1", began_us=us("03-01 06:01"), first_poke_us=us("03-01 06:01:30"),
    )  # fmt: skip
    writer.task(run, "part", "failed", began + timedelta(minutes=3), 8.0, attempts=[BAD], map_index=2)
    writer.task(run, "part", "deferred", attempts=[OK], map_index=3, began_us=us("03-01 06:02"))
    writer.task(run, "inner", "pending", map_index=0)
    writer.task(run, "inner", "queued", began + timedelta(minutes=4), attempts=[None], map_index=1)


def _hourly(writer: Writer) -> None:
    for hour in range(13):
        due = at("03-01 00:00") + timedelta(hours=hour)
        run = writer.run("hourly", "hourly", due, "success", took=100.0 + hour)
        writer.task(run, "tick", "success", due + timedelta(seconds=3), 40.0 + hour, attempts=[OK])
        writer.task(run, "tock", "success", due + timedelta(seconds=50), 9.0, attempts=[OK])
    due = at("03-01 13:00")
    run = writer.run("hourly", "hourly", due, "success", took=900.0, queued_us=us("03-01 13:20"))
    writer.task(run, "tick", "success", due + timedelta(seconds=3), 700.0, attempts=[OK])
    run = writer.run("hourly", "hourly", at("03-01 14:00"), "running")
    writer.task(run, "tick", "running", at("03-01 14:00:30"), attempts=[None])
    writer.task(run, "tock", "deferred", attempts=[OK], began_us=us("03-01 14:01"))
    for day, state, took in ((10, "success", 50.0), (11, "failed", 51.0), (12, "running", None)):
        writer.run(
            "hourly", "hourly", at(f"02-{day} 03:00"), state, took=took, run_type="backfill",
            run_id=f"back {day}", backfill_id=2,
        )  # fmt: skip


def _others(writer: Writer) -> None:
    run = writer.run(
        "buyer", "buyer", at("02-27 10:00"), "success", took=12.5, run_type="asset_triggered", run_id="bought"
    )
    writer.task(run, "buy", "success", at("02-27 10:00:03"), 7.5, attempts=[OK])
    run = writer.run("gone", "gone", at("02-10 12:00"), "failed", took=1.0, reason="its file is gone")
    writer.task(run, "last", "failed", at("02-10 12:00:03"), 0.5, attempts=[BAD])
    run = writer.run("dropped", "dropped", at("02-09 12:00"), "cancelled", took=2.0)
    writer.task(run, "lost", "cancelled", at("02-09 12:00:03"), 1.0)
    run = writer.run("broken", "broken", at("02-08 12:00"), "running", run_id="stuck")
    writer.task(run, "a", "running", at("02-08 12:00:03"), attempts=[None])
