"""Driving a bench through whatever may happen, step by step, with a look at what must hold after each.

A step is a word and two numbers, so that anything which makes numbers can make a life for an engine.
"""

from __future__ import annotations

import logging
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drive.checks import (
    assert_at_rest,
    assert_durations_are_what_passed,
    assert_events_replay,
    assert_memory_is_the_store,
    assert_no_limit_is_exceeded,
    assert_no_teardown_is_beside_its_work,
    assert_stops_were_ordered,
    stored_world,
)
from drive.loop import BAD, OK, Bench
from fakes.clock import SECONDS
from penstock.errors import PenstockError, RefusedError, StoreError, UsageError
from penstock.execution.executor import Accepted, Claimed, Exited, Lost
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec
from penstock.model.states import RUN_TERMINAL, TERMINAL, RunState, TaskState
from penstock.scheduling.world.orders import FileGone
from penstock.scheduling.world.readiness import blocking_past
from penstock.store.database import Database
from penstock.store.engine.gate import Gate
from penstock.store.sqlite.text import Raw

Step = tuple[str, int, int]

EARLY = datetime(2026, 2, 20, tzinfo=UTC)
"""When the schedules of driven DAGs begin: days before the bench's clock."""
OUTCOMES = (
    OK,
    OK,
    BAD,
    Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, fail_without_retry=True),
    Outcome(kind=OutcomeKind.SKIPPED, exit_code=99),
    Outcome(kind=OutcomeKind.SIGNAL, signal=9, reason="killed"),
    Outcome(kind=OutcomeKind.TIMEOUT, reason="ran longer than 5 s"),
    Outcome(kind=OutcomeKind.CANCELLED, reason="told to"),
    Outcome(kind=OutcomeKind.RESCHEDULED),
    Outcome(kind=OutcomeKind.LOST, reason="its supervisor vanished"),
    Outcome(kind=OutcomeKind.REVOKED),
)
"""How an attempt may end; the last two are told in other words by the executor."""


ACTS = (
    "trigger", "clear", "clear", "retry", "mark", "cancel", "cancel_task", "hold", "hold_task", "release",
    "freeze", "unfreeze", "pause", "unpause", "backfill", "backfill_life", "reload",
    "set_pool", "delete_pool",
)  # fmt: skip
STEPS = (
    "end", "end", "end", "end", "end", "forward", "forward", "sleep", "sleep", "restart", "gone",
    "claim", "slow_claims", "step_clock", "fail_commit", "lie_about_commit", "fail_submit", "crash", *ACTS,
)  # fmt: skip


class Crash(BaseException):
    """The engine dies between its commit and what follows from it."""


class Trouble(logging.Handler):
    """What the loop says went wrong: a tick that fails without our doing is a fault in it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.seen.append(self.format(record))

    def expected(self) -> None:
        """Forget what we brought about."""
        self.seen.clear()


# -- how it is run -------------------------------------------------------------------------------


class Commits(list[object]):
    """Takes the notice that follows each commit, and holds the limits to what was committed."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench

    def append(self, _change: object) -> None:
        """Look; what is wrong fails the tick, and its trouble fails the example."""
        assert_no_limit_is_exceeded(self._bench, self._bench.loop.world)
        assert_no_teardown_is_beside_its_work(self._bench.loop.world)


class Drive:
    """Carries out steps on a bench and checks what must hold after each."""

    def __init__(self, bench: Bench, specs: list[DagSpec], trouble: Trouble) -> None:
        self.bench = bench
        self.trouble = trouble
        self.specs = specs
        self.versions = 0

    async def run(self, todo: list[Step]) -> None:
        """Do every step, then bring everything to an end."""
        self.bench.changes = Commits(self.bench)
        await self.bench.open()  # from here on each commit is looked at
        self.bench.load(*self.specs)
        self.bench.act(acts.SetPool(name="narrow", slots=2))
        for spec in self.specs:
            self.bench.act(acts.Trigger(dag_id=spec.dag_id, logical_date=self.bench.clock.time))
        for name, first, second in todo:
            await self._step(name, first, second)
            self.check()
        await self.finish()

    def check(self) -> None:
        """Hold everything that must hold to what is."""
        assert self.trouble.seen == []
        world = stored_world(self.bench)
        assert_memory_is_the_store(self.bench, world)
        assert_no_limit_is_exceeded(self.bench, world)
        assert_no_teardown_is_beside_its_work(world)
        assert_at_rest(self.bench)
        assert_stops_were_ordered(self.bench)

    async def _step(self, name: str, first: int, second: int) -> None:
        bench = self.bench
        match name:
            case "end":
                self._end(first, OUTCOMES[second % len(OUTCOMES)])
            case "forward":
                bench.clock.forward((1, 30, 61, 7_200, 90_000)[first % 5])
                bench.tick()
            case "step_clock":
                bench.clock.step((-3_600, 3_600, -90_000, 5)[first % 4])
                bench.tick()
            case "restart":
                await bench.restart()
            case "claim" | "slow_claims":
                bench.executor.claim_at_once = name == "claim"
                for each, seen in bench.executor.seen.items():
                    if isinstance(seen, Accepted) and name == "claim":
                        bench.executor.seen[each] = Claimed(4711, bench.clock.time.timestamp())
                bench.tick()
            case "fail_commit":
                self._with_broken_commit(lambda: self._step_act("trigger", first, second))
                bench.clock.forward(6)
                bench.tick()
            case "sleep":
                self._sleep()
            case "gone":
                bench.loop.order(FileGone(self.specs[first % len(self.specs)].file))
                bench.tick()
            case "lie_about_commit":
                self._with_broken_commit(lambda: self._step_act("trigger", first, second), lie=True)
                bench.clock.forward(6)
                bench.tick()
            case "fail_submit":
                bench.executor.fail_submit = True
                self._step_act("trigger", first, second)
                bench.executor.fail_submit = False
                self.trouble.expected()
                bench.tick()
                bench.clock.forward(6)
                bench.tick()
            case "crash":
                await self._crash(first, second)
            case _:
                self._step_act(name, first, second)

    async def _crash(self, first: int, second: int) -> None:
        """Die after a commit, before any launch or stop of it has gone out."""
        executor = self.bench.executor
        executor.dies = True
        try:
            self._step_act(("trigger", "cancel", "clear", "mark")[first % 4], first, second)
        except Crash:
            executor.dies = False
            await self.bench.restart()
        executor.dies = False

    def _sleep(self) -> None:
        """Sleep until the engine wants to be woken: until then it would find nothing to do."""
        bench = self.bench
        wake_us = bench.tick()
        launching = any(isinstance(seen, Accepted) for seen in bench.executor.seen.values())
        wait = 0.0 if wake_us is None else wake_us / 1e6 - bench.clock.time.timestamp()
        if wait < 0.01 or launching or bench.clock.monotonic() < bench.loop.launching.not_before:
            return
        before = bench.loop.gate.cursor
        bench.clock.forward(wait - 0.005)
        bench.tick()
        assert bench.loop.gate.cursor == before, "something was due before the engine wanted to be woken"
        bench.clock.forward(0.01)
        bench.tick()

    def _with_broken_commit(self, work: Callable[[], None], *, lie: bool = False) -> None:
        """Let commits fail meanwhile; with *lie* they are carried out and only say that they failed."""
        commit = Gate.commit

        def broken(gate: Gate) -> None:
            if lie:
                commit(gate)
            gate.discard()
            raise StoreError("the disk is full")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Gate, "commit", broken)
            work()
        self.trouble.expected()

    def _end(self, which: int, outcome: Outcome) -> None:
        places = self.bench.loop.world.attempts
        live = sorted(places, key=places.__getitem__)  # ids are random, places are not
        if not live:
            return
        attempt = live[which % len(live)]
        executor, moment = self.bench.executor, self.bench.clock.time.timestamp()
        steady = (self.bench.clock.boot(), self.bench.clock.seconds)
        start = moment - (self.bench.clock.seconds - executor.begun[attempt])
        pk, instance = self.bench.loop.world.attempts[attempt]
        live_run = self.bench.loop.world.runs[pk]
        task_id = live_run.tasks[instance].task_id
        sensor = live_run.structure.tasks[task_id].sensor
        match outcome.kind:
            case OutcomeKind.LOST:
                executor.seen[attempt] = Lost("its supervisor vanished")
            case OutcomeKind.REVOKED:  # of a claimed one too: its supervisor may end before it begins
                executor.seen[attempt] = Exited(outcome, None, None)
            case OutcomeKind.RESCHEDULED if sensor is None:
                return
            case OutcomeKind.RESCHEDULED:
                later = Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=moment + 30)
                executor.seen[attempt] = Exited(later, start, moment, steady)
            case OutcomeKind.EXIT_CODE if outcome.ok and which % 5 == 0:
                children = live_run.structure.graph.downstream[task_id]
                branched = msgspec.structs.replace(_returned(which), skips=children[:1])
                executor.seen[attempt] = Exited(branched, start, moment, steady)
            case OutcomeKind.EXIT_CODE if outcome.ok:
                executor.seen[attempt] = Exited(_returned(which), start, moment, steady)
            case _:
                executor.seen[attempt] = Exited(outcome, start, moment, steady)
        self.bench.tick()

    def _step_act(self, name: str, first: int, second: int) -> None:
        spec = self.specs[first % len(self.specs)]
        if name == "reload":
            self.versions += 1
            self.bench.load(dag_with_doc(spec, f"version {self.versions}"))
            return
        act = self._act(name, spec, first, second)
        if act is None:
            return
        try:
            self.bench.act(act, expect=self.bench.loop.plan(act).fingerprint)
        except (RefusedError, UsageError):
            pass  # a refusal is an answer
        except PenstockError as error:
            if "the disk is full" not in error.message:
                raise

    def _act(self, name: str, spec: DagSpec, first: int, second: int) -> acts.AnyAct | None:  # noqa: C901, PLR0912
        dag_id = spec.dag_id
        runs = self.bench.engine.runs(dag_id, limit=100)
        pick = random.Random(first * 31 + second)
        run_id = pick.choice(runs).run_id if runs else "none"
        task_id = pick.choice(spec.tasks).task_id
        flags = {name: pick.random() < 0.3 for name in ("upstream", "downstream", "past", "future")}
        day = EARLY + timedelta(days=second % 9)
        match name:
            case "trigger":
                return acts.Trigger(dag_id=dag_id, logical_date=day if second % 2 else None)
            case "clear":
                only = pick.random() < 0.3
                return acts.Clear(dag_id=dag_id, run_id=run_id, tasks=(task_id,), only_failed=only, **flags)
            case "retry":
                return acts.Retry(dag_id=dag_id, run_id=run_id)
            case "mark":
                state: Any = pick.choice(["success", "failed", "skipped"])
                return acts.Mark(dag_id=dag_id, run_id=run_id, tasks=(task_id,), state=state, **flags)
            case "cancel":
                return acts.Cancel(dag_id=dag_id, run_id=run_id)
            case "cancel_task":
                return acts.Cancel(dag_id=dag_id, run_id=run_id, task_id=task_id)
            case "hold" | "hold_task":
                until = self.bench.clock.time + timedelta(seconds=90) if second % 3 == 0 else None
                what = task_id if name == "hold_task" else None
                return acts.Hold(dag_id=dag_id, run_id=run_id, task_id=what, until=until)
            case "release":
                what = task_id if second % 2 else None
                return acts.Release(dag_id=dag_id, run_id=run_id, task_id=what)
            case "freeze":
                return acts.Freeze(dag_id=dag_id)
            case "unfreeze":
                return acts.Unfreeze(dag_id=dag_id)
            case "pause":
                return acts.PauseSchedule(dag_id=dag_id)
            case "unpause":
                return acts.UnpauseSchedule(dag_id=dag_id)
            case "backfill":
                again: Any = pick.choice(["none", "failed", "completed"])
                return acts.CreateBackfill(
                    dag_id=dag_id,
                    from_date=day,
                    to_date=day + timedelta(days=3),
                    reprocess=again,
                    max_active_runs=1 + second % 3,
                    backwards=pick.random() < 0.3,
                )
            case "set_pool":
                return acts.SetPool(name="narrow", slots=2)
            case "delete_pool":
                return acts.DeletePool(name="narrow")
            case "backfill_life":
                return self._backfill_life(second)
        raise AssertionError(name)

    def _backfill_life(self, second: int) -> acts.AnyAct | None:
        active = sorted(self.bench.loop.world.backfills)
        if not active:
            return None
        key = active[second % len(active)]
        return (
            acts.PauseBackfill(backfill_id=key),
            acts.ResumeBackfill(backfill_id=key),
            acts.CancelBackfill(backfill_id=key),
            acts.ResizeBackfill(backfill_id=key, max_active_runs=3),
        )[second % 4]

    # -- the end ---------------------------------------------------------------------------------

    async def finish(self) -> None:
        """Lift what holds, let everything succeed, and see every run come to its end."""
        bench = self.bench
        bench.act(acts.SetPool(name="narrow", slots=2))
        for spec in self.specs:
            bench.act(acts.Unfreeze(dag_id=spec.dag_id))
            bench.act(acts.PauseSchedule(dag_id=spec.dag_id))
        for kind, dag_id, run_id, task_id in list(bench.loop.world.pauses):
            if kind in ("run", "task"):
                bench.act(acts.Release(dag_id=dag_id, run_id=run_id, task_id=task_id or None))
        for key, found in list(bench.loop.world.backfills.items()):
            if found.record.state == "paused":
                bench.act(acts.ResumeBackfill(backfill_id=key))
        bench.clock.forward(10)
        for _ in range(600):
            wake_us = bench.tick()
            if bench.loop.world.attempts:
                bench.finish()
            elif not bench.loop.world.runs:
                break
            elif wake_us is not None:
                bench.clock.forward(max(0.0, wake_us / 1e6 - bench.clock.time.timestamp()) + 0.001)
            else:
                self._free_what_waits_for_a_failed_past()
        self.check()
        assert_durations_are_what_passed(bench.database, bench.clock.seconds - SECONDS)
        assert bench.loop.world.runs == {}
        assert bench.loop.world.backfills == {}
        assert not bench.loop.world.asked
        assert not bench.loop.world.told_to_stop
        for spec in self.specs:
            assert {row.state for row in bench.engine.runs(spec.dag_id, limit=200)} <= RUN_TERMINAL
        assert_events_replay(bench.database)

    def _free_what_waits_for_a_failed_past(self) -> None:
        """A run whose past failed waits for people, rightly: nothing else may wait here."""
        world = self.bench.loop.world
        for live in sorted(world.runs.values(), key=lambda live: live.record.logical_us or 0):
            for waiting in live.tasks.values():
                if waiting.state is TaskState.PENDING and live.record.state is RunState.RUNNING:
                    past = blocking_past(world, live, live.structure.tasks[waiting.task_id])
                    if past is not None:
                        assert past[2] in TERMINAL, f"{live.key} waits for {past}, which cannot go on either"
                        culprit = past[1].split()[0]
                        mark = acts.Mark(
                            dag_id=live.record.dag_id, run_id=past[0], tasks=(culprit,), state="success"
                        )
                        self.bench.act(mark)
                        return
        rows = {
            live.key: {t.task_id: t.state.value for t in live.tasks.values()} for live in world.runs.values()
        }
        raise AssertionError(f"these wait for nothing: {rows}")


def dag_with_doc(spec: DagSpec, doc: str) -> DagSpec:
    """Return another version of a DAG with the same tasks."""
    return msgspec.structs.replace(spec, doc=doc)


def spare_the_disk(database: Database) -> None:
    """Let commits not wait for the disk: thousands are made here, and no power fails."""
    opened = database._open_writer

    def open_writer() -> Raw:
        raw = opened()
        raw.execute("PRAGMA synchronous = OFF")
        return raw

    database._open_writer = open_writer  # type: ignore[method-assign]
    database.close()


async def drive(specs: list[DagSpec], todo: list[Step]) -> None:
    """Run one example in a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), parallelism=5)
        spare_the_disk(bench.database)
        bench.executor.crash = Crash
        trouble = Trouble()
        loop_log = logging.getLogger("penstock.scheduling.loop")
        loop_log.addHandler(trouble)
        try:
            await bench.open()
            await Drive(bench, specs, trouble).run(todo)
        finally:
            loop_log.removeHandler(trouble)
            bench.close()


def _returned(number: int) -> Outcome:
    """Return the outcome of a task that returned a list: what is mapped over it has up to three instances."""
    return Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, mapped_length=number // 5 % 4)
