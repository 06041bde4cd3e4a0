"""The loop: sleep until something moves, then one tick.

A tick obeys, settles, reaps, creates and dispatches; then everything is committed together, and only
then do launches, stops and answers go out. Nothing takes effect that is not durable.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from penstock import failpoint
from penstock.clock import Clock, read, to_us
from penstock.errors import LostError, PenstockError
from penstock.execution.executor import Executor, Worker
from penstock.model.acts import AnyAct
from penstock.model.views.events import Change
from penstock.model.views.now import Waits
from penstock.model.views.plans import Done, Plan
from penstock.model.views.why import Why
from penstock.scheduling.acts.registry import plan_of
from penstock.scheduling.draining import Draining
from penstock.scheduling.isolate import Isolation, refuse
from penstock.scheduling.launching import Launching
from penstock.scheduling.moves.remarks import unkillable
from penstock.scheduling.steps.advance import advance
from penstock.scheduling.steps.callbacks import deliver, settle_callbacks, subscribe
from penstock.scheduling.steps.create import create
from penstock.scheduling.steps.deadlines import watch_deadlines
from penstock.scheduling.steps.dispatch import dispatch
from penstock.scheduling.steps.heed_clock import heed_clock
from penstock.scheduling.steps.obey import obey
from penstock.scheduling.steps.reap import reap
from penstock.scheduling.steps.settle import settle
from penstock.scheduling.steps.stop_at import stop_at
from penstock.scheduling.steps.triggers import keep_triggerer, settle_triggers, tell_triggerer
from penstock.scheduling.tick_times import Ticks
from penstock.scheduling.waking import Signal
from penstock.scheduling.why.waiting import waits
from penstock.scheduling.why.why import explain, with_engine
from penstock.scheduling.world.orders import ActOrder, Order
from penstock.scheduling.world.places import Places
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.gate import Gate, Touched
from penstock.store.engine.records import SampleRecord
from penstock.store.engine.values_file import write_values
from penstock.store.engine.working_set import WorkingSet

log = logging.getLogger(__name__)

LONG = 0.1
"""Seconds of a tick that did very much."""
LONGEST_SLEEP = 30.0
"""Seconds of the longest sleep: the wall clock may be set meanwhile."""
SWEEP_EVERY = 5.0
"""Seconds between observations of all live attempts without a hint."""
_MOST_ROUNDS = 1000

Publish = Callable[[Change], None]


class Loop:
    """The engine's heart. Everything runs on one event loop; the gate is the only writer."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        settings: Settings,
        clock: Clock,
        *,
        environment: dict[str, str],
        publish: Publish | None = None,
    ) -> None:
        self.world = World(WorkingSet(database))
        self.gate = Gate(database)
        self.world.places = Places(
            settings.executors, settings.default_executor, executor.room, self._workers
        )
        self._executor = executor
        self._draining = Draining(executor)
        self._settings = settings
        self._clock = clock
        self._environment = environment
        self._publish = publish or (lambda _change: None)
        self._orders: list[Order] = []
        self._hinted: set[str] = set()
        self._samples: list[SampleRecord] = []
        self._wake = asyncio.Event()
        self._turned = Signal()
        self._next_sweep = 0.0
        self._stopping = False
        self._last: tuple[Order, ...] = ()
        self._runs_on: asyncio.AbstractEventLoop | None = None
        self._lost: LostError | None = None
        self.remarks: Callable[[], tuple[str, ...]] = tuple
        """Warnings of the rest of the engine."""
        self.isolation = Isolation(
            self.world,
            self.gate,
            clock,
            live=self._live,
            committed=self._tell,
            interrupted=self._interrupted,
        )
        self.launching = Launching(
            self.world,
            executor,
            settings,
            clock,
            leave_out=self.isolation.leave_out,
            look_again=self.hint,
        )
        self.troubles: dict[str, str] = {}
        """What parts of the engine beside this loop cannot do at the moment, in words."""
        self.ticks = Ticks()
        self.after_much: Callable[[], None] = lambda: None
        """Called after a tick that took long: it used much memory, for a moment."""

    # -- asked from outside ----------------------------------------------------------------------

    def hint(self, attempt_ids: Iterable[str]) -> None:
        """Look at these attempts in the next tick: they may have changed."""
        self._hinted.update(attempt_ids)
        self._wake.set()

    def order(self, order: Order) -> None:
        """Carry out *order* in the next tick."""
        self._orders.append(order)
        self._wake.set()

    def add_samples(self, samples: Sequence[SampleRecord]) -> None:
        """Keep resource samples; they are written with the next commit, peaks with the task's next move."""
        self._samples.extend(samples)
        for sample in samples:
            place = self.world.attempts.get(sample.attempt_id)
            live = None if place is None else self.world.runs.get(place[0])
            if place is not None and live is not None and (task := live.tasks.get(place[1])) is not None:
                task.peak_rss = max(task.peak_rss or 0, sample.rss)
        self._wake.set()

    async def settled(self) -> None:
        """Wait until every order given so far was carried out."""
        while self._orders:
            await self._turned.wait()

    async def moved(self, longest: float) -> None:
        """Wait for the end of the next tick, or *longest* seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._turned.wait()

    async def until_busy(self, longest: float) -> None:
        """Wait until an attempt is live, or *longest* seconds."""
        deadline = self._clock.monotonic() + longest
        while not self.busy and (left := deadline - self._clock.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._turned.wait()

    def stop(self, *last: Order) -> None:
        """End `run` after the current tick, and one more if there are *last* orders. No task is stopped."""
        self._stopping = True
        self._last = last
        self._wake.set()

    def plan(self, act: AnyAct) -> Plan:
        """Return what *act* would touch now."""
        return self.world.shown.keep(plan_of(self.world, act, to_us(self._clock.now())).plan)

    def why(self, dag_id: str, run_id: str | None, task_id: str | None, map_index: int) -> Why:
        """Return every barrier that keeps a DAG, a run or a task instance from running."""
        answer = explain(
            self.world, dag_id, run_id, task_id, map_index, parallelism=self._settings.parallelism
        )
        text = self.launching.why_not()
        return answer if text is None else with_engine(answer, text)

    def waits(self, limit: int) -> Waits:
        """Return what waits, the first *limit* with why, and the peaks of what runs."""
        return waits(self.world, limit, parallelism=self._settings.parallelism)

    def commit(self, act: AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> Done:
        """Carry out *act* now, in a tick of its own. For callers on the event loop that cannot wait."""
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self.order(ActOrder(act, expect, actor, act_id, answer))
        while self._orders and not answer.done():  # one that creates a very large run takes several ticks
            self._turn(self._take_hints())
        return answer.result()

    async def commit_async(self, act: AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> Done:
        """Carry out *act* in the next tick; return once it is durable."""
        if self._lost is not None:
            raise self._lost
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self.order(ActOrder(act, expect, actor, act_id, answer))
        return await answer

    @property
    def busy(self) -> bool:
        """Whether an attempt is live, of a task or of a callback."""
        return bool(self.world.attempts or self.world.delivering)

    def workers(self) -> tuple[Worker, ...]:
        """Return the processes that run attempts."""
        return (*self._workers(), *self.world.triggers.workers(self._executor.log_file))

    def task_of(self, attempt_id: str) -> tuple[str, str, str, int] | None:
        """Return DAG, run, task and map index of a live attempt; None if it is not a task's."""
        place = self.world.attempts.get(attempt_id)
        live = None if place is None else self.world.runs.get(place[0])
        task = None if place is None or live is None else live.tasks.get(place[1])
        return None if live is None or task is None else (*live.key, task.task_id, task.map_index)

    def _workers(self) -> tuple[Worker, ...]:
        return self._draining.shown(self._executor.workers())

    async def freshen(self, attempt_id: str) -> None:
        """Bring what is here of a log up to date, if it grows elsewhere."""
        await self._executor.freshen(attempt_id)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems of the engine itself, for operators."""
        said = [
            *self.isolation.warnings,
            *self._draining.warnings,
            *self.troubles.values(),
            *unkillable(self.world),
            *self.remarks(),
        ]
        dead = self.world.triggers.trouble
        return (*([self.launching.low] if self.launching.low else ()), *([dead] if dead else ()), *said)

    # -- the loop --------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Adopt attempts that outlived the last engine, by the same observation as every tick."""
        self._runs_on = asyncio.get_running_loop()
        await self._executor.start(self.hint)
        self.isolation.keep_faults()
        self.isolation.release_due(everything=True)
        self._turn(self._live(), revoke_unclaimed=True)

    async def run(self) -> None:
        """Tick whenever something moves, until `stop`."""
        while not self._stopping:
            began = self._clock.monotonic()
            self._wake.clear()
            wake_us = self._turn(self._take_hints())
            took = self._clock.monotonic() - began
            self.ticks.add(took, to_us(self._clock.now()))
            self._turned.fire()
            if took > LONG:
                self.after_much()
            await self._sleep(wake_us)
        refuse(self._orders, PenstockError("the engine is stopping"))
        if self._last:
            self._orders = list(self._last)
            self._turn([])

    def _take_hints(self) -> list[str]:
        hinted = list(self._hinted)
        self._hinted.clear()
        if self._watches and self._clock.monotonic() >= self._next_sweep:
            self._next_sweep = self._clock.monotonic() + SWEEP_EVERY
            hinted = self._live()
        return hinted

    def _live(self) -> list[str]:
        return [*self.world.attempts, *self.world.delivering, *self.world.triggers.watched]

    @property
    def _watches(self) -> bool:
        """Whether there is an attempt to look at without a hint."""
        return self.busy or bool(self.world.triggers.watched)

    async def _sleep(self, wake_us: int | None) -> None:
        wait = LONGEST_SLEEP
        if wake_us is not None:
            wait = min(wait, max(0.0, wake_us / 1e6 - to_us(self._clock.now()) / 1e6))
        if self._watches:
            wait = min(wait, max(0.0, self._next_sweep - self._clock.monotonic()))
        pause = self.launching.pause_left()
        if pause > 0:
            wait = min(wait, pause + 0.01)
        if self._stopping:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()

    def _turn(self, attempt_ids: list[str], *, revoke_unclaimed: bool = False) -> int | None:
        """Run one tick. If it fails, nothing is changed, and what made it fail is left out."""
        orders, self._orders = self._orders, []
        try:
            wake_us, left = self.isolation.turn(
                partial(self._tick, revoke_unclaimed=revoke_unclaimed), orders, attempt_ids
            )
        except LostError as error:
            self._lost = error
            raise
        self._orders[:0] = left
        return wake_us

    def _interrupted(self) -> None:
        """Read everything again after a problem of the machine, and launch nothing for a while."""
        self._hinted.update(self._live())
        self._samples.clear()
        self.launching.pause()

    def _tell(self, touched: Touched) -> None:
        if touched.events or touched.dags:
            try:
                self._publish(_change(touched))
            except Exception:  # a listener must not undo what is committed
                log.exception("a notice could not be handed on")

    def _tick(self, orders: list[Order], attempt_ids: list[str], *, revoke_unclaimed: bool) -> int | None:
        tick = Tick(
            *read(self._clock),
            world=self.world,
            gate=self.gate,
            settings=self._settings,
            executor=self._executor,
            environment=self._environment,
        )
        self.gate.now_us = self.world.now_us = tick.now_us
        self.world.to_advance |= self.world.put_off
        self.world.put_off.clear()
        heed_clock(tick)
        answers = obey(tick, orders, plan_of)
        settle(tick, attempt_ids, revoke_unclaimed=revoke_unclaimed)
        subscribe(tick)
        settle_callbacks(tick, attempt_ids, revoke_unclaimed=revoke_unclaimed)
        settle_triggers(tick, attempt_ids, revoke_unclaimed=revoke_unclaimed)
        reap(tick)
        self._advance(tick)
        stop_at(tick)
        watch_deadlines(tick)
        subscribe(tick)
        if self._may_launch(tick):
            deliver(tick)
            keep_triggerer(tick)
        tick.ledger.write()
        for sample in self._samples:
            self.gate.add(sample)
        touched = self._commit()
        self._effects(tick)
        for order, done in answers:
            if not order.answer.done():
                order.answer.set_result(done)
        if touched is not None:
            self._tell(touched)
        self._orders[:0] = tick.later
        if self.world.making.go_on() or self.world.put_off:
            tick.wake_at(tick.now_us)
        if tick.reread:
            self.isolation.read_anew()
            self._hinted.update(self._live())
            tick.wake_at(tick.now_us)
        return tick.wake_us

    def _advance(self, tick: Tick) -> None:
        """Repeat creation, readiness and dispatch until nothing changes any more."""
        advance(tick)
        for _ in range(_MOST_ROUNDS):
            tick.room = False
            create(tick)
            advance(tick)
            if self._may_launch(tick):
                dispatch(tick)
            again = tick.room or bool(tick.world.to_advance)
            advance(tick)
            if not again and not tick.room:
                return
        tick.wake_at(tick.now_us)

    def _may_launch(self, tick: Tick) -> bool:
        return not self._stopping and self.launching.possible(tick)

    def _commit(self) -> Touched | None:
        self._samples = []
        if self.gate.empty:
            return None
        failpoint.reach("before_commit")
        touched = self.gate.commit()
        self.world.leaving.clear()
        self.world.fresh_undos.clear()
        failpoint.reach("after_commit")
        return touched

    def _effects(self, tick: Tick) -> None:
        if self.world.values.moved:
            self._write_values()
        if tick.launches:
            self.world.asked.update((spec.attempt_id, tick.mono) for spec in tick.launches)
            self.launching.submit(tick)
            self._next_sweep = min(self._next_sweep, tick.mono + SWEEP_EVERY)
            failpoint.reach("after_submit")
        tell_triggerer(tick)
        for name, back in tick.drains:
            self._draining.order(name, back=back)
        stops = [each for each in tick.stops if each[0] in self.world.attempts]
        # The others ended by themselves in the tick that decided to stop them.
        for attempt_id, mode, reason in (*stops, *((each, "term", why) for each, why in tick.kills)):
            try:
                self._executor.stop(attempt_id, mode, reason)
            except Exception as error:  # noqa: BLE001 - given again at the next look at it
                log.warning("attempt %s could not be stopped: %s", attempt_id, error)
            else:
                tick.world.told_to_stop.add(attempt_id)

    def _write_values(self) -> None:
        """Update the file from which tasks read variables and connections."""
        try:
            write_values(self._settings.values_file, self.world.values.all())
        except Exception as error:  # noqa: BLE001 - tried again in the next tick
            text = f"{self._settings.values_file} cannot be written: {error}; tasks find older values"
            if self.troubles.get("values") != text:
                log.warning("%s", text)
            self.troubles["values"] = text
        else:
            self.world.values.moved = False
            self.troubles.pop("values", None)


def _change(touched: Touched) -> Change:
    if len(touched.runs) > 200:
        return Change(cursor=touched.cursor, all=True, bells=touched.bells)
    return Change(
        cursor=touched.cursor, dags=tuple(touched.dags), runs=tuple(touched.runs), bells=touched.bells
    )
