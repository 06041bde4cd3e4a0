"""Everything in the store besides DAGs and runs: backfills, points, pauses, failures, assets, the trail."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from data.builders import insert
from data.rows.when import us
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine.meta import RETENTION, write_meta
from penstock.store.tables import FailureNoteRow, FailureRow, LookRow, QuarantineRow

HOUR = 3_600_000_000
SPAN = '{"schedule":{"kind":"cron","crons":["0 6 * * *"]}}'


def fill_backfills(database: Database) -> None:
    """Write backfills, newest last; runs refer to them."""
    rows = (
        ("hourly", "success", "none", 1, False, "{}", "ann", "02-21 08:00", "02-21 09:00", None, None),
        ("hourly", "running", "failed", 2, True, '{"x": 1}', "bob", "02-22 08:00", None, "waiting", 3),
        ("etl", "paused", "completed", 3, False, "{}", "cat", "02-23 08:00", None, "passed", None),
        ("fan", "failed", "none", 4, False, "{}", "dan", "02-24 08:00", "02-24 08:30", "failed", 1),
        ("buyer", "running", "none", 5, False, "{}", "eve", "02-25 08:00", None, None, None),
        ("idle", "running", "none", 6, False, "{}", "fay", "02-26 08:00", None, "passed", None),
    )
    for dag_id, state, reprocess, most, backwards, conf, by, created, end, canary, stop_after in rows:
        insert(
            database, tables.BackfillRow, dag_id=dag_id, from_us=us("02-10 03:00") + most,
            to_us=us("02-14 03:00") + most, reprocess=reprocess, max_active_runs=most, backwards=backwards,
            conf=conf, state=state, by=by, created_us=us(created), end_us=None if end is None else us(end),
            canary=canary, stop_after=stop_after,
        )  # fmt: skip
    points = {
        1: ("success", "failed", "cancelled", "exists"),
        2: ("success", "failed", "running", "waiting", "waiting", "running"),
        3: ("waiting", "success"),
        4: ("failed", "cancelled"),
        5: ("waiting",),
        6: ("waiting", "running"),
    }
    for backfill, states in points.items():
        for ordinal, state in enumerate(states):
            moment = us("02-10 03:00") + ordinal * 24 * HOUR
            named = state not in {"waiting", "cancelled"}
            insert(
                database, tables.BackfillPointRow, backfill_id=backfill, ordinal=len(states) - ordinal,
                logical_us=moment, interval_start_us=moment - HOUR, interval_end_us=moment + 1,
                run_after_us=moment + 2, state=state, run_id=f"back {10 + ordinal}" if named else None,
                reason="rerun" if ordinal == 4 else f"because {ordinal}" if ordinal % 2 else None,
            )  # fmt: skip


def fill_rest(database: Database) -> None:
    """Write all the rest."""
    _pauses(database)
    _ledger(database)
    _assets(database)
    _callbacks(database)
    _samples(database)
    _pools_and_values(database)
    _trail(database)
    _failures(database)
    _quarantine(database)
    _acts(database)


def _pauses(database: Database) -> None:
    rows: tuple[dict[str, Any], ...] = (
        {"kind": "schedule", "dag_id": "hourly", "by": "ann", "since_us": us("02-28 10:00"), "why": "moving"},
        {"kind": "schedule", "dag_id": "buyer", "by": "bob", "since_us": us("02-28 11:00"), "together": True},
        {"kind": "freeze", "dag_id": "buyer", "by": "cat", "since_us": us("02-28 12:00"), "why": "stock"},
        {
            "kind": "run", "dag_id": "etl", "run_id": "scheduled__2026-03-01T12:00:00+00:00", "by": "dan",
            "since_us": us("03-01 12:10"), "why": "look", "until_us": us("03-01 20:00"),
        },
        {"kind": "task", "dag_id": "etl", "run_id": "again", "task_id": "report", "by": "eve", "since_us": 7},
        {
            "kind": "task", "dag_id": "fan", "run_id": "manual__2026-03-01T06:00:00+00:00",
            "task_id": "part[2]", "by": "fay", "since_us": us("03-01 06:10"),
        },
        {"kind": "before", "dag_id": "etl", "task_id": "load", "by": "gil", "since_us": us("02-27 10:00")},
        {
            "kind": "before", "dag_id": "etl", "run_id": "again", "task_id": "load", "by": "gil",
            "since_us": us("02-27 11:00"), "why": "first", "reached_us": us("03-01 13:30"),
        },
        {
            "kind": "after", "dag_id": "etl", "run_id": "again", "task_id": "extract", "by": "hal",
            "since_us": us("02-27 12:00"), "reached_us": us("03-01 13:20"),
        },
        {
            "kind": "after", "dag_id": "fan", "run_id": "manual__2026-03-01T06:00:00+00:00",
            "task_id": "part[1]", "by": "ivy", "since_us": us("02-27 13:00"),
        },
        {
            "kind": "before", "dag_id": "fan", "run_id": "manual__2026-03-01T06:00:00+00:00",
            "task_id": "inner", "by": "ivy", "since_us": us("02-27 14:00"),
        },
        {
            "kind": "after", "dag_id": "hourly", "run_id": "scheduled__2026-03-01T14:00:00+00:00",
            "task_id": "tick", "by": "joe", "since_us": us("02-27 15:00"), "reached_us": us("03-01 15:00"),
        },
    )  # fmt: skip
    for values in rows:
        insert(database, tables.PauseRow, **values)


def _ledger(database: Database) -> None:
    def record(dag_id: str, first: str, status: str, last: str | None = None, **values: Any) -> None:
        insert(
            database, tables.LedgerRow, dag_id=dag_id, first_us=us(first), last_us=us(last or first),
            status=status, **values,
        )  # fmt: skip

    scheduled = "scheduled__2026-03-01T{:02}:00:00+00:00"
    record(
        "hourly", "02-20 02:00", "skipped", "02-21 01:00", count=24, reason="paused", at_us=us("02-21 02:00")
    )
    record("hourly", "02-22 06:00", "skipped", "02-24 06:00", count=3, reason="overlap", schedule=SPAN)
    for hour in range(13):
        late = {3: "ran_late", 4: "nonsense", 6: "backfilled"}.get(hour, "ran")
        record(
            "hourly", f"03-01 {hour:02}:00", late, run_id=scheduled.format(hour), moved=hour == 2,
            at_us=us(f"03-01 {hour:02}:30") if hour != 5 else None,
        )  # fmt: skip
    record("hourly", "02-25 06:00", "skipped", "02-26 06:00", count=2, reason="odd", schedule="{}")
    record("hourly", "03-01 13:00", "ran_late", run_id=scheduled.format(13), at_us=us("03-01 13:20"))
    record("hourly", "03-01 22:00", "ran", run_id="back 12", at_us=us("03-01 01:00"))
    record("etl", "02-20 12:00", "skipped", reason="paused", at_us=us("02-28 18:00"))
    record("etl", "02-21 12:00", "skipped", reason="paused", at_us=us("03-01 02:00"))
    record("etl", "02-22 12:00", "skipped", reason="catchup", at_us=us("03-01 03:00"))
    record("etl", "02-23 12:00", "ran_late", run_id="nobody", at_us=us("03-01 04:00"))
    record("etl", "02-24 12:00", "skipped", "02-26 12:00", count=3, reason="overlap", at_us=us("02-28 17:00"))
    record("etl", "03-01 12:00", "ran", run_id=scheduled.format(12), reason="odd", at_us=us("03-01 12:00"))


def _assets(database: Database) -> None:
    rows = (
        ("orders", "s3://orders", "{}", "[]", "etl", "engine"),
        ("totals", "s3://totals", '{"rows": 5}', '["stream"]', "etl", "engine"),
        ("orders", "s3://orders", "{}", "[]", None, "ann"),
        ("found", "file:///found", "{}", '["stream", "st\\"r%"]', "fan", "engine"),
        ("orders", "s3://other", "{}", "[]", None, "bob"),
        ("totals", "s3://totals", '{"rows": 6}', "[]", "etl", "engine"),
    )
    for number, (name, uri, extra, aliases, source, by) in enumerate(rows, start=1):
        told = (
            f'{{"dag_id":"{source}","run_id":"by hand","task_id":"load","map_index":{number},'
            '"logical_date":"2026-02-01T00:00:00+00:00"}'
        )
        insert(
            database, tables.AssetEventRow, id=number, at_us=us("03-01 09:00") + number, name=name, uri=uri,
            extra=extra, aliases=aliases, source="{}" if source is None else told, by=by,
        )  # fmt: skip
    for dag_id, event in (("buyer", 6), ("buyer", 2), ("idle", 3)):
        insert(database, tables.AssetQueueRow, dag_id=dag_id, event_id=event)
    for run, event in (("bought", 4), ("bought", 1), ("asset one", 1)):
        key = _key(database, tables.RunRow, "run_id", run)
        insert(database, tables.RunAssetEventRow, run_pk=key, event_id=event)


def _callbacks(database: Database) -> None:
    rows = (
        ("by hand", "extract", -1, "task_failure", "03-01 09:10", "failed", 3, "03-01 09:12", "it raised"),
        ("by hand", None, -1, "run_success", "03-01 10:10", "done", 1, "03-01 10:11", None),
        ("again", "load", 2, "task_retry", "03-01 13:10", "waiting", 0, None, None),
        ("again", None, -1, "deadline:0", "03-01 13:11", "running", 1, None, None),
        ("bought", None, -1, "run_success", "02-28 17:00", "failed", 5, "02-28 17:30", "too old"),
        ("bought", "buy", -1, "task_success", "02-28 17:00", "failed", 6, "02-28 18:00", "just then"),
        ("stuck", "a", -1, "task_failure", "03-01 01:00", "failed", 2, None, "no end"),
    )
    for number, (run, task_id, index, kind, created, state, tries, end, reason) in enumerate(rows):
        insert(
            database, tables.CallbackRow, run_pk=_key(database, tables.RunRow, "run_id", run),
            task_id=task_id,
            map_index=index, kind=kind, facts="{}", created_us=us(created), state=state, tries=tries,
            attempt_id=callback(number) if tries else None, end_us=None if end is None else us(end),
            reason=reason,
        )  # fmt: skip


def _samples(database: Database) -> None:
    with database.read() as connection:
        live = connection.execute(sa.text("SELECT attempt_id FROM attempt WHERE end_us IS NULL ORDER BY 1"))
        names = live.scalars()
    for place, name in enumerate(names[1:]):
        for step in range(3):
            insert(
                database, tables.SampleRow, attempt_id=name, at_us=us("03-01 14:00") + step * 5_000_000,
                cpu_percent=10.5 * (place + 1) + step, rss=1000 * (place + 1) + (step % 2) * 50,
                read_bytes=10 * step + place, write_bytes=20 * step + place, processes=1 + step,
            )  # fmt: skip


def _pools_and_values(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text("DELETE FROM pool"))
    for name, slots, words, deferred in (
        ("default_pool", 128, "Tasks without a pool", False),
        ("parts", 2, None, True),
        ("waits", 4, "for others", True),
        ("warehouse", 3, "one by one", False),
    ):
        insert(database, tables.PoolRow, name=name, slots=slots, description=words, include_deferred=deferred)
    for kind, name, entry in (
        ("variable", "b", '"two"'),
        ("variable", "a", '{"x": [1]}'),
        ("connection", "db", '{"host": "h"}'),
    ):
        insert(
            database, tables.StoredValueRow, kind=kind, name=name, entry=entry, description=f"of {name}",
            updated_us=us("02-20 10:00"), by="ann",
        )  # fmt: skip
    key = _key(database, tables.TaskInstanceRow, "attempt_id", None)
    for name, value in (("return_value", '{"rows": 5}'), ("large", None), ("password", '"pw"'), ("odd", "{")):
        insert(database, tables.XComRow, ti_id=key, key=name, value=value, attempt_id=_attempt(database, key))
    with database.read() as connection:
        mapped = connection.execute(
            sa.text(
                "SELECT t.id, t.map_index, t.attempt_id FROM task_instance t JOIN run r ON r.id = t.run_pk"
                " WHERE (t.task_id = 'part' AND t.state = 'success') OR t.task_id = 'tick' ORDER BY t.id"
            )
        ).all()
    for ti_id, index, attempt_id in mapped[:8]:
        insert(
            database,
            tables.XComRow,
            ti_id=ti_id,
            key="return_value",
            value=f'"{index}"',
            attempt_id=attempt_id,
        )
    insert(database, tables.XComRow, ti_id=mapped[0][0], key="nobody", value="1", attempt_id=None)
    kept = (
        '{"last":"2026-03-01T03:00:00Z","took":2.5,"removed":7,"next":"2026-03-02T03:00:00Z","due":{"etl":2}}'
    )
    write_meta(database, RETENTION, kept)


def _trail(database: Database) -> None:
    rows: tuple[tuple[Any, ...], ...] = (
        ("02-27 08:00", "engine", "engine_start"),
        ("02-27 09:00", "engine", "dag_new", "etl", None, None, "etl.py has a new DAG"),
        ("02-27 18:00", "ann", "act_clear", "etl", "by hand", "load", "again please"),
        ("02-27 18:01", "ann", "note", "etl", "by hand", "load", None, -1, None, "slow today"),
        ("02-27 18:02", "bob", "note", "etl", "by hand", None, None, -1, None, "first words"),
        ("02-27 18:03", "bob", "note", "etl", "by hand", None, None, -1, None, "last words"),
        ("02-27 18:04", "bob", "note", "etl", "again", None, None, -1, None, "to be taken back"),
        ("02-27 18:05", "bob", "note", "etl", "again", None, None, -1, "to be taken back", None),
        ("02-27 18:06", "cat", "note", "fan", "again", None, None, -1, None, "of another DAG"),
        ("02-28 17:59", "engine", "engine_stop"),
        ("02-28 18:00", "engine", "engine_start"),
        ("02-28 18:30", "engine", "run_start", "etl", "by hand", None, None, -1, "queued", "running"),
        ("03-01 06:01", "engine", "launch", "fan", "manual__2026-03-01T06:00:00+00:00", "part", None, 1),
        ("03-01 06:02", "engine", "start", "fan", "manual__2026-03-01T06:00:00+00:00", "part", None, 2),
        ("03-01 07:00", "engine", "dag_changed", "etl", None, None, "2 tasks changed"),
        ("03-01 07:01", "engine", "dag_missing", "gone"),
        ("03-01 07:02", "engine", "import_error", None, None, None, "broken.py: NameError"),
        ("03-01 08:00", "dan@host", "pause_schedule", "hourly", None, None, "moving"),
        ("03-01 08:10", "dan", "act_pause", "hourly", None, None, "moving"),
        ("03-01 08:20", "eve", "pause_task", "etl", "again", "report"),
        ("03-01 08:30", "engine", "pause_lifted", "fan", None, None, None, -1, "schedule"),
        ("03-01 08:40", "eve", "unpause", "fan"),
        (
            "03-01 09:00",
            "engine",
            "deadline_missed",
            "hourly",
            "scheduled__2026-03-01T13:00:00+00:00",
            None,
            "soon",
        ),
        ("03-01 09:30", "fay", "act_trigger", "etl", "by hand", None, "try"),
        ("03-01 09:40", "fay", "act_undo", "etl", "by hand", None, "Undo: trigger"),
        ("03-01 10:00", "engine", "launch", "etl", "again", "extract"),
        ("03-01 10:10", "engine", "engine_start"),
        ("03-01 11:00", "gil", "act_retry", "etl", "again", "load"),
        ("03-01 17:00", "engine", "launch", "hourly", "scheduled__2026-03-01T14:00:00+00:00", "tick"),
    )
    names = ("at", "actor", "kind", "dag_id", "run_id", "task_id", "reason", "map_index", "before", "after")
    for row in rows:
        values = dict(zip(names, row, strict=False))
        insert(database, tables.EventRow, at_us=us(values.pop("at")), **values)


def _failures(database: Database) -> None:
    with database.read() as connection:
        failed = connection.execute(
            sa.text(
                "SELECT t.id, t.attempt_id, t.end_us, t.try_number FROM task_instance t"
                " WHERE t.state = 'failed' ORDER BY t.end_us"
            )
        ).all()
        runs = connection.execute(
            sa.text("SELECT id, end_us FROM run WHERE state = 'failed' ORDER BY end_us")
        ).all()
    causes = ("abc1", "abc2", "def1", "abc1", "def1", "abc1", "eee%")
    for number, (ti_id, attempt_id, end_us, tries) in enumerate(failed):
        cause = causes[number % len(causes)]
        insert(
            database, FailureRow, ti_id=ti_id, attempt_id=attempt_id, try_number=tries, at_us=end_us,
            fingerprint=cause, line=f"exit 3 (number {number})",
        )  # fmt: skip
    with database.read() as connection:  # tasks that failed, and have gone well by another attempt
        mended = connection.execute(
            sa.text("SELECT id, end_us FROM task_instance WHERE task_id = 'old' ORDER BY id LIMIT 2")
        ).all()
    for ti_id, end_us in mended:
        insert(
            database, FailureRow, ti_id=ti_id, attempt_id="an older one", try_number=1, at_us=end_us - 5,
            fingerprint="abc2", line="exit 4",
        )  # fmt: skip
    for run_pk, end_us in runs:
        insert(
            database, FailureRow, run_pk=run_pk, try_number=0, at_us=end_us, fingerprint="run1",
            line="no task is left",
        )  # fmt: skip
    insert(
        database, FailureRow, run_pk=runs[0][0], try_number=0, at_us=runs[0][1] - 1, fingerprint="run1",
        line="of an earlier turn",
    )  # fmt: skip
    note = {"at_us": us("02-28 12:00"), "why": "known"}
    insert(database, FailureNoteRow, fingerprint="abc1", kind="acknowledged", by="ann", upto=4, **note)
    insert(
        database,
        FailureNoteRow,
        fingerprint="def1",
        kind="snoozed",
        by="bob",
        until_us=us("03-01 18:00"),
        **note,
    )
    insert(
        database,
        FailureNoteRow,
        fingerprint="run1",
        kind="snoozed",
        by="cat",
        until_us=us("03-01 19:00"),
        **note,
    )
    for person, place, upto, moment in (
        ("ann", "failures", 5, "02-28 15:00"),
        ("ann", "digest", 12, "02-28 19:00"),
        ("ann", "digest_failures", 6, "02-28 19:00"),
        ("bob", "digest", 20, "03-01 08:45"),
    ):
        insert(database, LookRow, person=person, place=place, upto=upto, at_us=us(moment))


def _quarantine(database: Database) -> None:
    for name, kind, dag_id, run_id, reason, since in (
        ("broken", "dag", "broken", None, "its version cannot be read", "02-28 10:00"),
        ("etl/ahead", "run", "etl", "ahead", "it makes ticks fail", "02-28 09:00"),
        ("backfill:5", "row", "buyer", None, "a bad row", "02-28 11:00"),
    ):
        insert(
            database, QuarantineRow, id=name, kind=kind, dag_id=dag_id, run_id=run_id, reason=reason,
            since_us=us(since),
        )  # fmt: skip


def callback(number: int) -> str:
    """Return the id of a callback's attempt."""
    return f"{number:012x}-{number:08x}"


def _acts(database: Database) -> None:
    insert(database, tables.ActRow, act_id="one", at_us=1, answer='{"act": "clear"}')
    for number in (1, 2):
        insert(
            database, tables.UndoRow, at_us=number, by="ann", act="clear", title=f"Clear {number}",
            dag_id="etl",
            run_id="by hand", before="{}",
        )  # fmt: skip


def _key(database: Database, row: type[SQLModel], column: str, value: str | None) -> int:
    """Return the key of the one row with that value; without one, of etl's load in the run by hand."""
    if value is None:
        query = sa.text(
            "SELECT t.id FROM task_instance t JOIN run r ON r.id = t.run_pk"
            " WHERE r.run_id = 'by hand' AND t.task_id = 'load'"
        )
    else:
        query = sa.text(f"SELECT id FROM {row.__tablename__} WHERE {column} = :value").bindparams(value=value)
    with database.read() as connection:
        return int(connection.execute(query).scalar())


def _attempt(database: Database, ti_id: int) -> str:
    query = sa.text("SELECT attempt_id FROM task_instance WHERE id = :key")
    with database.read() as connection:
        return str(connection.execute(query, {"key": ti_id}).scalar())
