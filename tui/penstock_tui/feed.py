"""The console's only connection to the engine: questions in threads, notices as messages, age of data.

Screens ask like this, and keep what they show when the answer is None::

    detail = await self.shell.feed.ask(lambda engine: engine.run(dag_id, run_id), key=("run", dag_id, run_id))
    if detail is not None:
        self.show(detail)
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from textual.message import Message

from penstock.api.engine import Engine
from penstock.clock import Clock, SystemClock
from penstock.errors import (
    EngineNotRunningError,
    HostError,
    HostLostError,
    PenstockError,
    ProtocolError,
)
from penstock.model.acts import AnyAct
from penstock.model.views.dags import DagDetail
from penstock.model.views.plans import Done, Plan
from penstock_tui.messages import Changed, EngineBack, EngineGone, Said

Answer = TypeVar("Answer")
_HEARTBEAT = 5.0
"""Seconds between heartbeats of an engine while nothing changes."""
_BREATH = 0.2
"""Seconds between two notices; the engine merges the others, so a busy engine cannot flood the console."""
_BACK_OFF = (0.25, 2.0)
"""Seconds before the first and between later attempts to find the engine again."""


class Feed:
    """Owns the connection. ``connect`` finds a running engine; ``fallback`` reads without one.

    Both run in a thread. Messages (`Changed`, `EngineGone`, `EngineBack`, `Said`) go to ``post``,
    which must be safe to call from any thread, like ``App.post_message``.
    """

    def __init__(
        self,
        connect: Callable[[], Engine],
        post: Callable[[Message], object],
        *,
        fallback: Callable[[], Engine] | None = None,
        clock: Clock | None = None,
        actor: str = "",
        back_off: tuple[float, float] = _BACK_OFF,
    ) -> None:
        self.clock = clock or SystemClock()
        self.actor = actor
        self.live = False
        """Whether a running engine answers."""
        self.heard: datetime | None = None
        """When the engine was last heard: the age of all data."""
        self._back_off = back_off
        self._connect = connect
        self._fallback = fallback
        self._post = post
        self._engine: Engine | None = None
        self._opened = threading.Event()
        self._closed = threading.Event()
        self._nudged = threading.Event()
        self._gone_said: bool | None = None
        """What was said of an engine that does not answer: whether the connection is lost; None: nothing."""
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="ask")
        self._waiting: dict[Hashable, asyncio.Future[Any]] = {}
        self._turns: dict[Hashable, asyncio.Lock] = {}

    def start(self) -> None:
        """Begin to listen, in a thread; returns at once. Questions asked before it is connected wait."""
        threading.Thread(target=self._listen, name="changes", daemon=True).start()

    def close(self) -> None:
        """Disconnect. Calls in progress end by themselves."""
        self._closed.set()
        self._nudged.set()
        self._opened.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._engine is not None:
            with contextlib.suppress(PenstockError, OSError):
                self._engine.close()

    def look_now(self) -> None:
        """Look for an engine at once, such as after starting one."""
        self._nudged.set()

    def age(self) -> float | None:
        """Return the seconds since the engine was last heard, None if it never was."""
        return None if self.heard is None else (self.clock.now() - self.heard).total_seconds()

    # -- asking ----------------------------------------------------------------------------------

    async def ask(self, question: Callable[[Engine], Answer], *, key: Hashable = None) -> Answer | None:
        """Return the engine's answer, or None after an error, which is shown to the operator.

        Questions with the same *key* (for refreshes) share one call while they wait for their turn,
        and never overlap, so asking on every notice cannot pile up.
        """
        if key is None:
            return await self._answered(question)
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = asyncio.ensure_future(self._in_turn(key, question))
        answer: Answer | None = await asyncio.shield(waiting)
        return answer

    async def dag(self, dag_id: str) -> DagDetail | None:
        """Return a DAG without its tasks, which of a large one are nearly all of the answer."""
        return await self.ask(partial(_without_tasks, dag_id), key=("dag without tasks", dag_id))

    async def call(self, question: Callable[[Engine], Answer]) -> Answer:
        """Return the engine's answer; raise `PenstockError`, which the caller shows."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, question)
        except (OSError, RuntimeError) as error:
            raise PenstockError(f"the question could not be asked: {error}") from error

    def ask_here(self, question: Callable[[Engine], Answer]) -> Answer:
        """Return the engine's answer; blocks, so not on the event loop. Raises `PenstockError`."""
        return self._ask(question)

    async def plan(self, act: AnyAct) -> Plan:
        """Return exactly what *act* would change; raise `PenstockError` when it is refused."""
        return await self.call(lambda engine: engine.plan(act))

    async def commit(self, act: AnyAct, *, expect: str | None, act_id: str, note: str = "") -> Done:
        """Carry out *act*, once for each *act_id*; a *note* follows the name of who acts.

        Raise `PlanStaleError` when *expect* is no longer the plan, `PenstockError` when it is refused.
        """
        actor = f"{self.actor} {note}".rstrip()
        return await self.call(lambda engine: engine.commit(act, expect=expect, actor=actor, act_id=act_id))

    async def _in_turn(self, key: Hashable, question: Callable[[Engine], Answer]) -> Answer | None:
        # From Python 3.12 on, Textual starts a task at once, before `ask` has recorded that it waits.
        await asyncio.sleep(0)
        async with self._turns.setdefault(key, asyncio.Lock()):
            self._waiting.pop(key, None)
            return await self._answered(question)

    async def _answered(self, question: Callable[[Engine], Answer]) -> Answer | None:
        try:
            return await self.call(question)
        except EngineNotRunningError:
            return None  # the top line shows it already
        except PenstockError as error:
            if not self._closed.is_set():
                self._post(Said(error.message, "error"))
            return None

    def _ask(self, question: Callable[[Engine], Answer]) -> Answer:
        self._opened.wait()
        if self._engine is None:
            raise EngineNotRunningError
        answer = question(self._engine)
        if self.live:
            self.heard = self.clock.now()
        return answer

    # -- listening -------------------------------------------------------------------------------

    def _listen(self) -> None:
        shortest, longest = self._back_off
        wait = shortest
        while not self._closed.is_set():
            try:
                self._use(self._connect())
                self._follow()
            except (PenstockError, OSError) as error:
                if self.live:
                    wait = shortest
                self._lost(error)
            if self._nudged.wait(wait) and not self._closed.is_set():
                self._nudged.clear()
            wait = min(wait * 2, longest)

    def _follow(self) -> None:
        engine = self._engine
        assert engine is not None
        for change in engine.changes(heartbeat=_HEARTBEAT):
            if self._closed.is_set():
                return
            self.heard = self.clock.now()
            if not self.live:
                self.live, self._gone_said = True, None
                self._post(EngineBack())
            if change.all or change.dags or change.runs:
                self._post(Changed(change))
            self._closed.wait(_BREATH)
        raise EngineNotRunningError

    def _use(self, engine: Engine) -> None:
        old, self._engine = self._engine, engine
        self._opened.set()
        if old is not None and old is not engine:
            with contextlib.suppress(PenstockError, OSError):
                old.close()

    def _lost(self, error: Exception) -> None:
        self.live = False
        cut = isinstance(error, HostError | HostLostError)
        if self._gone_said is cut or self._closed.is_set():
            return
        self._gone_said = cut
        reason = str(error)
        if self._fallback is not None and not cut:
            try:
                self._use(self._fallback())
                self.heard = self.heard or self._ask(lambda engine: engine.status().last_seen)
            except (PenstockError, OSError) as worse:
                reason = str(worse)
        self._opened.set()
        self._post(EngineGone(self.heard, reason, cut=cut))


def _without_tasks(dag_id: str, engine: Engine) -> DagDetail:
    try:
        return engine.dag(dag_id, structure=False)
    except ProtocolError:  # an engine of before
        return engine.dag(dag_id)
