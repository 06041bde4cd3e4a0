"""One suite for both implementations of the Engine port: what can be read."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from data import builders
from data.builders import NOON
from data.filled_store import ATTEMPT, ETL, LIVE, Port
from penstock.api.local import LocalEngine
from penstock.attempts.protocol import LOG_INDEX, attempt_path
from penstock.clock import to_us
from penstock.errors import BadIdError, RefusedError, UnknownError
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.queries import RunQuery
from penstock.model.states import RunState, TaskState
from penstock.store import tables
from penstock.store.statement import table_of
from penstock.store.tables import QuarantineRow


def test_status_counts_what_the_rows_say(port: Port) -> None:
    status = port.engine.status()
    assert (status.pid, status.since) == (os.getpid(), NOON)
    assert status.warnings == ("the disk is nearly full",)
    assert (status.running, status.queued, status.attempts_live) == (1, 1, 1)
    assert (status.dags, status.runs_active, status.import_errors) == (2, 1, 1)
    assert status.failed_24h == 0
    assert status.idle_seconds == 3600.0
    assert status.log_bytes == 1000
    assert status.database_bytes > 4096
    assert status.home == str(port.settings.home)
    assert status.parallelism == port.settings.parallelism


def test_failures_of_the_last_day_are_counted(port: Port) -> None:
    version = 1
    now = NOON + timedelta(hours=1)
    for number, hours in enumerate((23, 25)):
        builders.add_run(
            port.database, ETL, version, at=now - timedelta(hours=hours), state="failed",
            tasks={"extract": "failed"}, took=0.0, run_id=f"f{number}", logical_us=None,
        )  # fmt: skip
    assert port.engine.status().failed_24h == 1


def test_a_dag_row_tells_the_whole_story(port: Port) -> None:
    etl, idle = port.engine.dags()
    assert (etl.dag_id, etl.schedule, etl.owner, etl.tags, etl.tasks) == (
        "etl",
        "0 12 * * *",
        "ops",
        ("nightly",),
        3,
    )
    assert [cell.state for cell in etl.strip] == [RunState.SUCCESS, RunState.SUCCESS, RunState.RUNNING]
    assert etl.strip[-1].run_id == "now"
    assert etl.last_run is not None
    assert etl.last_run.counts == {"success": 1, "scheduled": 1, "running": 1}
    assert (etl.active_runs, etl.running_tasks) == (1, 1)
    assert etl.p50 == 20.0
    assert etl.frozen is not None
    assert etl.frozen.by == "ann"
    assert etl.paused is None
    assert etl.next_run == NOON + timedelta(days=1)
    assert (idle.strip, idle.last_run, idle.p50, idle.next_run) == ((), None, None, None)
    assert idle.import_error == "NameError: x"
    assert etl.import_error is None


def test_the_strip_is_as_long_as_asked(port: Port) -> None:
    assert [cell.run_id for cell in port.engine.dags(strip=1)[0].strip] == ["now"]
    assert port.engine.dags(strip=0)[0].strip == ()


def test_only_some_dags_are_told_as_all_would_be(port: Port) -> None:
    every = {row.dag_id: row for row in port.engine.dags()}
    assert port.engine.dags(only=["idle", "never", "idle"]) == [every["idle"]]
    assert port.engine.dags(only=["idle", "etl"]) == [every["etl"], every["idle"]]
    assert port.engine.dags(only=[]) == []


def test_a_paused_schedule_has_no_next_run(port: Port) -> None:
    builders.insert(
        port.database, tables.PauseRow, kind="schedule", dag_id="etl", by="ann", since_us=to_us(NOON),
        until_us=to_us(NOON + timedelta(days=9)),
    )  # fmt: skip
    etl = port.engine.dags()[0]
    assert etl.next_run is None
    assert etl.paused is not None
    assert etl.paused.until == NOON + timedelta(days=9)
    assert len(port.engine.next_points("etl", 2)) == 2


def test_dag_detail_has_the_structure_in_order(port: Port) -> None:
    detail = port.engine.dag("etl")
    assert [node.task_id for node in detail.nodes] == ["extract", "load", "report"]
    assert detail.nodes[1].downstream == ("report",)
    assert detail.nodes[1].group == "g"
    assert [group.group_id for group in detail.groups] == ["g"]
    assert detail.params == {"day": {"type": "string", "default": "today"}}
    assert detail.dag.dag_id == "etl"


def test_a_dag_is_the_same_without_its_structure(port: Port) -> None:
    whole = port.engine.dag("etl")
    assert port.engine.dag("etl", structure=False) == msgspec.structs.replace(whole, nodes=(), groups=())


def test_next_points_follow_the_cursor(port: Port) -> None:
    points = port.engine.next_points("etl", 3)
    assert [point.run_after for point in points] == [NOON + timedelta(days=days) for days in (1, 2, 3)]
    assert port.engine.next_points("idle", 3) == []


def test_runs_come_newest_first_and_page(port: Port) -> None:
    runs = port.engine.runs("etl")
    assert [run.run_after for run in runs] == [NOON, NOON - timedelta(days=1), NOON - timedelta(days=2)]
    assert runs[1].failed_inside
    assert not runs[0].failed_inside
    assert runs[1].counts == {"success": 2, "failed": 1}
    page = port.engine.runs("etl", limit=1, before=runs[0].run_after)
    assert [run.run_id for run in page] == [runs[1].run_id]
    assert port.engine.runs("idle") == []


def test_run_detail_has_tasks_in_topological_order(port: Port) -> None:
    detail = port.engine.run("etl", "now")
    assert [(task.task_id, task.state) for task in detail.tasks] == [
        ("extract", TaskState.SUCCESS),
        ("load", TaskState.SCHEDULED),
        ("report", TaskState.RUNNING),
    ]
    extract, load, report = detail.tasks
    assert load.upstream == ("extract",)
    assert (load.trigger_rule, load.group, report.pool) == ("all_done", "g", "warehouse")
    assert load.held is not None
    assert load.held.why == "wait"
    assert extract.p50 == 20.0
    assert load.p50 is None
    assert detail.frozen is not None
    assert detail.run.held is None
    assert detail.run.counts == {"success": 1, "scheduled": 1, "running": 1}


def test_medians_follow_new_runs(port: Port) -> None:
    port.engine.run("etl", "now")
    builders.add_run(
        port.database,
        ETL,
        1,
        at=NOON - timedelta(hours=1),
        state="success",
        tasks={"extract": "success"},
        took=21.0,
    )
    assert port.engine.run("etl", "now").tasks[0].p50 == 21.0


def test_attempts_and_samples(port: Port) -> None:
    [attempt] = port.engine.attempts("etl", "now", "extract")
    assert attempt.outcome == Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, duration=1.0)
    assert attempt.log_path is not None
    assert Path(attempt.log_path).is_file()
    assert port.engine.attempts("etl", "now", "load") == []
    [sample] = port.engine.samples(ATTEMPT)
    assert (sample.rss, sample.processes) == (1 << 20, 3)


def test_a_live_attempt_shows_what_it_uses_now(port: Port) -> None:
    for seconds, cpu, rss in ((1, 80.0, 9 << 20), (2, 20.0, 5 << 20)):
        builders.insert(
            port.database, tables.SampleRow, attempt_id=LIVE, at_us=to_us(NOON) + seconds * 1_000_000,
            cpu_percent=cpu, rss=rss, read_bytes=0, write_bytes=0, processes=1,
        )  # fmt: skip
    task = table_of(tables.TaskInstanceRow)
    with port.database.write() as connection:
        connection.execute(sa.update(task).where(task.c.task_id == "report").values(attempt_id=LIVE))
    shown = {each.task_id: (each.cpu_percent, each.peak_rss) for each in port.engine.run("etl", "now").tasks}
    assert shown["report"] == (20.0, 9 << 20)
    assert shown["extract"][0] is None


def test_log_is_read_in_pieces_byte_for_byte(port: Port) -> None:
    whole = b"one\ntwo\n\xff\x1b[31mthree\n"
    first = port.engine.read_log(ATTEMPT, 0, 4)
    assert (first.data, first.next_offset, first.size, first.end) == (b"one\n", 4, len(whole), False)
    rest = port.engine.read_log(ATTEMPT, first.next_offset, 1 << 30)
    assert (first.data + rest.data, rest.end) == (whole, True)
    tail = port.engine.read_log(ATTEMPT, -6, 100)
    assert (tail.data, tail.offset) == (b"three\n", len(whole) - 6)
    assert port.engine.read_log(ATTEMPT, -1000, 3).data == b"one"
    assert port.engine.read_log(ATTEMPT, 1000, 3).data == b""


def test_a_piece_of_log_knows_when_it_was_written(port: Port) -> None:
    entries = [(0, to_us(NOON)), (4, to_us(NOON + timedelta(seconds=2)))]
    index = attempt_path(port.settings.attempts, ATTEMPT) / LOG_INDEX
    index.write_bytes(b"".join(struct.pack("<QQ", *entry) for entry in entries) + b"half")
    at = [port.engine.read_log(ATTEMPT, offset, 1).start_time for offset in (0, 3, 4, 9)]
    assert at == [NOON, NOON, NOON + timedelta(seconds=2), NOON + timedelta(seconds=2)]


def test_a_log_that_is_not_there_yet_is_empty(port: Port) -> None:
    chunk = port.engine.read_log(LIVE, 0, 100)
    assert (chunk.data, chunk.size, chunk.end) == (b"", 0, False)


def test_events_newest_first_and_only_new_ones(port: Port) -> None:
    events = port.engine.events()
    assert [event.kind for event in events] == ["seen", "launch", "run_start"]
    assert [event.kind for event in port.engine.events(dag_id="etl", run_id="now", limit=1)] == ["launch"]
    assert port.engine.events(after=events[0].seq) == []


def test_the_smaller_lists(port: Port) -> None:
    assert [(error.file, error.line) for error in port.engine.import_errors()] == [("idle.py", 3)]
    assert [(row.status, row.count) for row in port.engine.ledger("etl", 2)] == [
        ("ran_late", 3),
        ("skipped", 2),
    ]
    pools = {pool.name: pool for pool in port.engine.pools()}
    assert (pools["warehouse"].used, pools["warehouse"].slots) == (2, 3)
    assert pools["warehouse"].holders == ("etl/now/report",)
    assert (pools["default_pool"].used, pools["default_pool"].waiting) == (0, 1)


def test_what_tasks_ask_people(port: Port) -> None:
    builders.insert(
        port.database, tables.QuestionRow, attempt_id=LIVE, asked_us=to_us(NOON), reply=None,
        question='{"subject": "Go?", "options": ["yes"]}',
    )  # fmt: skip
    assert port.engine.questions() == []  # its task is not deferred any more
    [row] = port.engine.questions("etl", everything=True)
    assert (row.attempt_id, row.question.subject, row.asked, row.open) == (LIVE, "Go?", NOON, False)
    assert port.engine.questions("idle", everything=True) == []
    with pytest.raises(UnknownError):
        port.engine.questions("nope")


def test_breakpoints_and_the_run_that_has_stopped(port: Port) -> None:
    for kind, run, name, reached in (
        ("before", "", "load", None),
        ("after", "now", "extract", to_us(NOON)),
        ("before", "now", "clean", None),
    ):
        builders.insert(
            port.database, tables.PauseRow, kind=kind, dag_id="etl", run_id=run, task_id=name, by="ann",
            since_us=to_us(NOON), why="look", reached_us=reached,
        )  # fmt: skip
    rows = port.engine.breakpoints("etl")
    assert [(row.run_id, row.where, row.task_id, row.reached) for row in rows] == [
        (None, "before", "load", None),
        ("now", "before", "clean", None),
        ("now", "after", "extract", NOON),
    ]
    assert port.engine.breakpoints("etl", "now") == rows[1:]
    assert port.engine.breakpoints("idle") == []
    assert port.engine.breakpoints() == rows
    detail = port.engine.run("etl", "now")
    assert list(detail.breakpoints) == rows[1:]
    [found] = [run for run in port.engine.find_runs(RunQuery()).runs if run.run_id == "now"]
    [listed] = [run for run in port.engine.runs("etl") if run.run_id == "now"]
    [dag] = [dag for dag in port.engine.dags() if dag.dag_id == "etl"]
    for shown in (detail.run, found, listed, dag.last_run):
        assert shown is not None
        assert shown.held is not None
        assert (shown.held.breakpoint, shown.held.since, shown.held.why) == ("after extract", NOON, "look")


def test_runbooks_are_files_of_the_home(port: Port) -> None:
    assert port.engine.runbooks() == []
    kept = port.engine.keep_runbook("roll", "# Roll back\npenstock hold {dag} latest\n")
    assert (kept.title, kept.steps, kept.params) == ("Roll back", ("penstock hold {dag} latest",), ("dag",))
    with pytest.raises(RefusedError, match="already"):
        port.engine.keep_runbook("roll", "")
    file = port.settings.home / "runbooks" / "roll.runbook"
    assert kept.path == str(file)
    file.write_text("rm -rf /\n")
    file.with_name("latin.runbook").write_bytes(b"# \xff\n")
    file.with_name("notes.txt").write_text("not one")
    wrong = port.engine.runbooks()
    assert [row.name for row in wrong] == ["latin", "roll"]
    assert all(row.problem for row in wrong)
    assert "line 1" in str(wrong[1].problem)
    assert port.engine.keep_runbook("roll", "pause a\n", replace=True).problem is None
    with pytest.raises(BadIdError):
        port.engine.keep_runbook("../roll", "")


def test_backfills(port: Port) -> None:
    [listed] = port.engine.backfills("etl")
    assert (listed.counts, listed.points) == ({"success": 1, "running": 1, "waiting": 1}, ())
    whole = port.engine.backfill(listed.backfill_id)
    assert [slot.state for slot in whole.points] == ["success", "running", "waiting"]
    assert msgspec.structs.replace(whole, points=()) == listed
    assert port.engine.backfills("idle") == []


def test_run_states_for_those_who_wait_elsewhere(port: Port) -> None:
    states = port.engine.run_states("etl", NOON, ("extract", "report", "no_such"))
    assert states.run is RunState.RUNNING
    assert states.tasks == {"extract": TaskState.SUCCESS, "report": TaskState.RUNNING}
    assert port.engine.run_states("etl", NOON).tasks == {}
    assert port.engine.run_states("etl", NOON + timedelta(days=1), ("extract",)).run is None
    assert port.engine.run_states("never_heard_of", NOON).run is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.dag("nope"),
        lambda engine: engine.next_points("nope", 1),
        lambda engine: engine.ledger("nope"),
        lambda engine: engine.runs("nope"),
        lambda engine: engine.run("nope", "now"),
        lambda engine: engine.run("etl", "nope"),
        lambda engine: engine.attempts("etl", "now", "nope"),
        lambda engine: engine.attempts("etl", "now", "extract", 3),
        lambda engine: engine.read_log("018f00000000-ffffffff", 0, 1),
        lambda engine: engine.samples("018f00000000-ffffffff"),
        lambda engine: engine.events(dag_id="nope"),
        lambda engine: engine.events(dag_id="etl", run_id="nope"),
        lambda engine: engine.backfills("nope"),
        lambda engine: engine.backfill(99),
    ],
)
def test_what_does_not_exist_is_said_so(port: Port, ask: Callable[[LocalEngine], object]) -> None:
    with pytest.raises(UnknownError, match=r"nope|no task|99|ffffffff"):
        ask(port.engine)  # type: ignore[arg-type]


def test_an_attempt_id_cannot_leave_its_folder(port: Port) -> None:
    with pytest.raises(BadIdError):
        port.engine.read_log("../../../etc/passwd", 0, 10)


def test_callbacks_of_a_dag_that_has_none_and_of_one_there_is_not(port: Port) -> None:
    assert port.engine.callbacks("etl") == []
    with pytest.raises(UnknownError):
        port.engine.callbacks("never_heard_of")
    with pytest.raises(UnknownError):
        port.engine.callbacks("etl", "no_such_run")


def test_what_is_in_quarantine_is_told_with_its_mark_on_dag_and_run(port: Port) -> None:
    assert port.engine.quarantine() == []
    row = {
        "reason": "KeyError: 'x' (scheduling/steps/advance.py:1)",
        "place": "scheduling/steps/advance.py:1",
    }
    builders.insert(
        port.database, QuarantineRow, id="etl", kind="dag", dag_id="etl", since_us=to_us(NOON), **row
    )
    run = {"id": "etl/now", "kind": "run", "dag_id": "etl", "run_id": "now"}
    builders.insert(port.database, QuarantineRow, since_us=to_us(NOON) + 1, **run, **row)
    found = port.engine.quarantine()
    assert [(each.kind, each.id, each.dag_id, each.since) for each in found[:1]] == [
        ("dag", "etl", "etl", NOON)
    ]
    assert [each.id for each in found] == ["etl", "etl/now"]
    assert port.engine.status().quarantined == 2
    assert port.engine.dag("etl").dag.quarantined == row["reason"]
    assert {each.dag_id for each in port.engine.dags() if each.quarantined} == {"etl"}
    assert port.engine.run("etl", "now").run.quarantined == row["reason"]
    assert [each.run_id for each in port.engine.runs("etl", limit=100) if each.quarantined] == ["now"]
