"""One suite for both implementations of the Engine port: acts, notices, and which engine answers."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import NOON
from data.filled_store import LIVE, Port, RememberedActs
from drive.server import Served
from penstock.api.client import SocketClient
from penstock.api.connect import open_engine
from penstock.api.local import LocalEngine
from penstock.attempts.files import LOG, RESULT, attempt_path
from penstock.errors import EngineNotRunningError, PlanStaleError, RefusedError
from penstock.execution.configured import archive_of
from penstock.model import acts
from penstock.model.backfills import Reprocess
from penstock.model.states import RunState
from penstock.service.notices import Notices
from penstock.settings import Settings
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.statement import table_of


def test_plan_and_why_pass_through(port: Port) -> None:
    plan = port.engine.plan(acts.Clear(dag_id="etl", run_id="now", tasks=("load",)))
    assert (plan.act, plan.items[0].after) == ("clear", "queued")
    why = port.engine.why("etl", "now", "load", 4)
    assert (why.subject, why.barriers[0].text) == ("etl/now/load", "map index 4")
    with pytest.raises(RefusedError, match="pool p is held"):
        port.engine.plan(acts.DeletePool(name="p"))


def test_many_acts_are_planned_in_one_question(port: Port) -> None:
    answers = port.engine.plans([acts.Freeze(dag_id="etl"), acts.DeletePool(name="p"), acts.Undo(undo_id=3)])
    assert [answer.plan.act if answer.plan else None for answer in answers] == ["freeze", None, "undo"]
    assert answers[1].refused == "pool p is held"
    assert port.engine.plans([]) == []


EVERY_ACT: list[acts.AnyAct] = [
    acts.Trigger(dag_id="etl", logical_date=NOON, conf={"a": [1, None, "é"]}, run_id="x"),
    acts.Clear(dag_id="etl", run_id="r", tasks=("a", "b"), upstream=True, only_failed=True),
    acts.Retry(dag_id="etl", run_id="r", latest_version=True),
    acts.Rerun(dag_id="etl", run_id="r", conf={"a": [1]}, new_run_id="s"),
    acts.Undo(undo_id=7),
    acts.Undo(dag_id="etl", run_id="r"),
    acts.RunNext(dag_id="etl", run_id="r", task_id="a[3]"),
    acts.RunNow(dag_id="etl", run_id="r"),
    acts.Mark(dag_id="etl", run_id="r", tasks=("a",), state="skipped", future=True),
    acts.Cancel(dag_id="etl", run_id="r", task_id="a"),
    acts.PauseSchedule(dag_id="etl", why="w", until=datetime(2026, 1, 1)),  # in the DAG's zone
    acts.UnpauseSchedule(dag_id="etl"),
    acts.Freeze(dag_id="etl"),
    acts.Unfreeze(dag_id="etl"),
    acts.Hold(dag_id="etl", run_id="r", task_id="a", until=datetime(2026, 1, 1, tzinfo=UTC)),
    acts.Release(dag_id="etl", run_id="r"),
    acts.SetBreakpoint(dag_id="etl", run_id="r", tasks=("a", "b[3]"), where="after", why="w"),
    acts.SetBreakpoint(dag_id="etl", tasks=("a",)),
    acts.ClearBreakpoint(dag_id="etl", run_id="r", where="before"),
    acts.CreateBackfill(
        dag_id="etl", from_date=NOON, to_date=NOON, reprocess=Reprocess.FAILED, backwards=True
    ),
    acts.CreateBackfill(dag_id="etl", from_date=NOON, to_date=NOON, canary=True, stop_after=3),
    acts.PauseBackfill(backfill_id=1),
    acts.ResumeBackfill(backfill_id=1),
    acts.CancelBackfill(backfill_id=1),
    acts.ResizeBackfill(backfill_id=1, max_active_runs=3),
    acts.Answer(dag_id="etl", run_id="r", task_id="a[3]", chosen=("x", "y"), params={"n": [1]}, anyway=True),
    acts.SetPool(name="p", slots=2),
    acts.DeletePool(name="p"),
    acts.DrainWorker(name="web3-1"),
    acts.UndrainWorker(name="web3-1"),
    acts.QuarantineRetry(subject="etl/r"),
    acts.QuarantineDrop(subject="row:1"),
]


@pytest.mark.parametrize("act", EVERY_ACT, ids=acts.act_name)
def test_every_act_arrives_as_it_was_sent(port: Port, act: acts.AnyAct) -> None:
    done = port.engine.commit(act, expect="f1", actor="ann@tty1")
    assert done.act == acts.act_name(act)
    assert port.acts.seen == [(act, "ann@tty1")]


def test_the_same_act_id_acts_once(port: Port) -> None:
    act = acts.Freeze(dag_id="etl")
    first = port.engine.commit(act, act_id="one")
    assert port.engine.commit(act, act_id="one") == first
    assert len(port.acts.seen) == 1


def test_an_act_without_an_actor_is_the_users(port: Port) -> None:
    port.engine.commit(acts.Freeze(dag_id="etl"))
    assert port.acts.seen[0][1] != ""


def test_a_stale_plan_is_refused_as_such(port: Port) -> None:
    with pytest.raises(PlanStaleError):
        port.engine.commit(acts.Freeze(dag_id="etl"), expect="older")


def test_changes_begin_at_once_and_name_what_moved(port: Port) -> None:
    with closing(port.engine.changes()) as changes:  # type: ignore[type-var]
        first = next(changes)
        assert first.all
        port.move("etl", "now")
        moved = next(changes)
    assert (moved.dags, moved.runs, moved.all) == (("etl",), (("etl", "now"),), False)
    assert moved.cursor == port.engine.events(limit=1)[0].seq


def test_quiet_changes_give_a_sign_of_life(port: Port) -> None:
    with closing(port.engine.changes(heartbeat=0.1)) as changes:  # type: ignore[type-var]
        next(changes)
        beat = next(changes)
    assert (beat.dags, beat.runs, beat.all) == ((), (), False)


def test_closing_ends_changes(port: Port) -> None:
    changes = port.engine.changes()
    next(changes)
    threading.Timer(0.05, port.engine.close).start()
    assert list(changes) == []


def test_calls_from_many_threads_get_their_own_answers(port: Port) -> None:
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(20):
            dag_id = ("etl", "idle")[number % 2]
            if port.engine.dag(dag_id).dag.dag_id != dag_id:
                wrong.append(dag_id)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


def test_without_an_engine_the_store_is_shown_read_only(database: Database, settings: Settings) -> None:
    engine = open_engine(settings)
    assert isinstance(engine, LocalEngine)
    with closing(engine):
        status = engine.status()
        assert (status.pid, status.since, status.dags) == (None, None, 2)
        assert status.last_seen == NOON
        assert engine.run("etl", "now").run.state is RunState.RUNNING
        with pytest.raises(EngineNotRunningError):
            engine.commit(acts.Freeze(dag_id="etl"))


def test_without_an_engine_a_log_ends_when_its_attempt_has(database: Database, settings: Settings) -> None:
    """The database will not say so: nobody writes it."""
    folder = attempt_path(settings.attempts, LIVE)
    folder.mkdir(parents=True)
    (folder / LOG).write_bytes(b"one\n")
    served = LocalEngine(database, settings, archive_of(settings), RememberedActs(), since=NOON)
    with closing(open_engine(settings)) as stored:
        assert [engine.read_log(LIVE, 0, 100).end for engine in (stored, served)] == [False, False]
        (folder / RESULT).write_bytes(b"{}")
        assert [engine.read_log(LIVE, 0, 100).end for engine in (stored, served)] == [True, False]
        assert not stored.read_log(LIVE, 0, 2).end
        assert stored.read_log(LIVE, 0, 100).data == b"one\n"


def test_a_callbacks_log_is_read_like_any_other(port: Port) -> None:
    attempt_id = "018f00000000-0000000e"
    builders.insert(
        port.database, tables.CallbackRow, run_pk=1, kind="run_success", facts="{}", created_us=1,
        attempt_id=attempt_id,
    )  # fmt: skip
    folder = attempt_path(port.settings.attempts, attempt_id)
    folder.mkdir(parents=True)
    (folder / LOG).write_bytes(b"told\n")
    chunk = port.engine.read_log(attempt_id, 0, 100)
    assert (chunk.data, chunk.end) == (b"told\n", False)
    [row] = [row for row in port.engine.callbacks("etl") if row.attempt_id == attempt_id]
    assert row.log_path == str(folder / LOG)
    with port.database.write() as connection:
        connection.execute(sa.update(table_of(tables.CallbackRow)).values(end_us=2))
    assert port.engine.read_log(attempt_id, 0, 100).end


def test_a_store_left_in_good_order_opens_and_stays_as_it_is(settings: Settings, filled: Path) -> None:
    shutil.copytree(filled, settings.home)
    before = settings.database.read_bytes()
    with closing(open_engine(settings)) as engine:
        assert [dag.dag_id for dag in engine.dags()] == ["etl", "idle"]
        why = engine.why("etl", "now", "load")
        assert why.barriers[0].kind == "engine"
        assert engine.plan(acts.Cancel(dag_id="etl", run_id="now")).items
        assert next(engine.changes()).all
    assert settings.database.read_bytes() == before


def test_with_an_engine_the_socket_answers(database: Database, settings: Settings) -> None:
    local = LocalEngine(database, settings, archive_of(settings), RememberedActs(), since=NOON)
    with Served(local, Notices(), settings), closing(open_engine(settings)) as engine:
        assert isinstance(engine, SocketClient)
        assert engine.status().pid == os.getpid()


def test_without_engine_and_database_there_is_nobody(settings: Settings) -> None:
    with pytest.raises(EngineNotRunningError):
        open_engine(settings)
