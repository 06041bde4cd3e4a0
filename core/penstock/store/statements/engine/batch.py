"""What the gate writes: moves, new runs, attempts and events."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.states import TaskState
from penstock.store.engine.columns import ALIKE, RUN_COLUMNS, RUN_FIELDS, TASK_COLUMNS
from penstock.store.sqlite.core import write_of
from penstock.store.statements.rows import attempt, event, import_error, run, task, undo, xcom


def _swap(table: sa.Table, columns: tuple[str, ...]) -> sa.Update:
    return (
        sa.update(table)
        .where(
            table.c.id == sa.bindparam("b_id"),
            table.c.version == sa.bindparam("b_version"),
            table.c.state == sa.bindparam("b_state"),
        )
        .ordered_values(*((table.c[name], sa.bindparam(name)) for name in ("state", "version", *columns)))
    )


def _swap_alike(columns: tuple[str, ...]) -> sa.Update:
    ids = sa.func.json_each(sa.bindparam("b_ids")).table_valued("value")
    return (
        sa.update(task)
        .where(
            task.c.id.in_(sa.select(ids.c.value)),
            task.c.version == sa.bindparam("b_version"),
            task.c.state == sa.bindparam("b_state"),
        )
        .ordered_values(*((task.c[name], sa.bindparam(name)) for name in ("state", "version", *columns)))
    )


def _told_alike() -> sa.Insert:
    place = sa.func.json_each(sa.bindparam("b_places")).table_valued("key", "value")
    own = {"task_id": 0, "map_index": 1}
    values = [
        sa.func.json_extract(place.c.value, f"$[{own[name]}]") if name in own else sa.bindparam(name)
        for name in _EVENT
    ]
    return sa.insert(event).from_select(_EVENT, sa.select(*values).order_by(place.c.key))


_EVENT = [column.name for column in event.c if column.name != "seq"]
SWAP_TASK = write_of(_swap(task, TASK_COLUMNS))
# Of many task instances: ids, and places in the trail, as a JSON list.
SWAP_ALIKE = {name: write_of(_swap_alike(columns)) for name, columns in ALIKE.items()}
TELL_ALIKE = write_of(_told_alike())
SWAP_RUN = write_of(_swap(run, RUN_COLUMNS))
INSERT_RUN = write_of(sa.insert(run), RUN_FIELDS)
# Of a task instance that has not begun only these differ; a hundred thousand are written at once.
INSERT_TASK = write_of(
    sa.insert(task).values(
        {
            **{name: sa.bindparam(name) for name in ("id", "run_pk", "task_id", "map_index")},
            **{name: sa.bindparam(name) for name in ("max_tries", "position")},
            "state": sa.literal(TaskState.PENDING.value),
            "version": 1,
            **dict.fromkeys(("try_number", "pokes", "attempts"), 0),
        }
    )
)
INSERT_EVENT = write_of(sa.insert(event), _EVENT)
INSERT_ATTEMPT = write_of(sa.insert(attempt), ["attempt_id", "ti_id", "try_number", "queued_us", "executor"])
CLAIM_ATTEMPT = write_of(
    sa.update(attempt)
    .where(attempt.c.attempt_id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(name) for name in ("start_us", "pid", "worker")})
)
END_ATTEMPT = write_of(
    sa.update(attempt)
    .where(attempt.c.attempt_id == sa.bindparam("b_id"), attempt.c.end_us.is_(None))
    .values({name: sa.bindparam(name) for name in ("start_us", "end_us", "outcome", "log_bytes")})
)
PLACE_TASK = write_of(
    sa.update(task).where(task.c.id == sa.bindparam("b_id")).values(position=sa.bindparam("position"))
)
# Separate, because a statement that names an indexed column rewrites the index each time.
NUMBER_TASK = write_of(
    sa.update(task).where(task.c.id == sa.bindparam("b_id")).values(map_index=sa.bindparam("map_index"))
)
SHIFT_ATTEMPT = write_of(
    sa.update(attempt)
    .where(attempt.c.attempt_id == sa.bindparam("b_id"))
    .values(
        queued_us=attempt.c.queued_us + sa.bindparam("b_queued_by"),
        start_us=attempt.c.start_us + sa.bindparam("b_start_by"),
    )
)
DELETE_XCOMS = write_of(sa.delete(xcom).where(xcom.c.ti_id == sa.bindparam("b_ti_id")))
DELETE_UNDOS = write_of(sa.delete(undo).where(undo.c.id <= sa.bindparam("b_id")))
DELETE_IMPORT_ERROR = write_of(sa.delete(import_error).where(import_error.c.file == sa.bindparam("b_file")))
LAST_EVENT = sa.select(sa.func.coalesce(sa.func.max(event.c.seq), 0))
LAST_RUN = sa.select(sa.func.coalesce(sa.func.max(run.c.id), 0))
LAST_TASK = sa.select(sa.func.coalesce(sa.func.max(task.c.id), 0))
