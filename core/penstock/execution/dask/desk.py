"""The client's answers to the engine: over the ledger of attempts and the contact with the cluster."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

import msgspec

from penstock.errors import PenstockError, RefusedError, UsageError
from penstock.execution.dask import access
from penstock.execution.dask.burst import Burst
from penstock.execution.dask.carriage import Carriage
from penstock.execution.dask.contact import CALL_SECONDS, Contact, NoContactError
from penstock.execution.dask.crowd import Crowd, seat_of
from penstock.execution.dask.fence import REVOKED
from penstock.execution.dask.giving import Giving
from penstock.execution.dask.inquiry import Inquiry
from penstock.execution.dask.judgement import UNKNOWN
from penstock.execution.dask.ledger import Ledger
from penstock.execution.dask.messages import Asks, Claim, Declined, Event, Moved, Needs, NotOurs, Winners
from penstock.execution.remote import protocol as said
from penstock.execution.remote.pace import Pace
from penstock.execution.remote.protocol import Seen

PULL_SECONDS = 120.0
"""Seconds that a worker may take to measure what an attempt left."""
QUIET_SECONDS = 10.0
"""Seconds after which the engine is told of workers again although only their load has changed."""
USED_SECONDS = 0.25
"""Seconds between telling the engine how many slots are used: that changes with each start and end."""
NEWS_SECONDS = 0.005
"""Seconds between two messages at least to the engine about what moved."""
log = logging.getLogger("penstock.dask")


class Desk:
    """Answers for the executor of *hello*; *say* sends the engine an event."""

    def __init__(self, hello: said.Hello, say: Callable[[msgspec.Struct], None]) -> None:
        self._hello = hello
        self._say = say
        self._ledger = Ledger()
        self._crowd = Crowd()
        home = Path(hello.home)
        self.contact = Contact(
            lambda: access.read_access(hello.config, home),
            hello.instance,
            heard=self._heard,
            changed=self._changed,
        )
        self._inquiry = Inquiry(self.contact, self._ledger, self._crowd, self._place)
        self._giving = Giving(self.contact, self._ledger, lambda: self._later(self._place_soon()))
        self._carriage = Carriage(self.contact, say)
        self._paces: dict[str, Pace] = {}
        self._news = said.Hint(ids=[])
        self._hinting = Burst(NEWS_SECONDS, self._hint)
        self._greeted: dict[str, tuple[str, float]] = {}
        self._ready: set[str] = set()
        """Workers that have what this engine gives its tasks."""
        self._stops: dict[str, said.Stop] = {}
        self._forgets: dict[str, set[str]] = {}
        self._told: tuple[tuple[Any, Any], float] = ((None, None), 0.0)
        self._telling = False
        self._told_contact: tuple[bool, str | None] | None = None
        self._working: set[asyncio.Task[None]] = set()
        self._boot = ""

    # --- requests ---------------------------------------------------------------------------------

    async def answer(self, request: said.AnyRequest) -> msgspec.Struct:
        """Return the answer; raise `PenstockError` or OSError in whose words there is none."""
        match request:
            case said.Submit(orders=orders):
                for order in orders:
                    self._ledger.take(order)
                self._place()
                return said.Submitted()
            case said.Observe(ids=ids, known=known):
                return said.Observed(seen=await self._inquiry.observe(ids, known))
            case said.Revoke(attempt=attempt):
                return await self._revoke(attempt)
            case said.Abandon():
                return await self._abandon(request)
            case said.Sample(ids=ids, known=known):
                return await self._sample(ids, known)
            case said.Log() | said.Pull() | said.Read():
                return await self._read(request)
        await self._carry_out(request)
        return said.Done()

    async def _carry_out(self, request: said.AnyRequest) -> None:
        """Do what is answered with nothing but that it is done."""
        match request:
            case said.Stop():
                await self._stop(request)
            case said.Forget(ids=ids, known=known):
                await self._forget(ids, known)
            case said.Drain(worker=worker) | said.Undrain(worker=worker):
                if worker not in self.contact.workers:
                    raise UsageError(f"there is no worker {worker!r}")
                await self.contact.call(worker, request)
            case said.Bundle():
                await self._carriage.bring(request)
            case said.Answer():
                await self._carriage.answer(request)
            case _:
                raise UsageError(f"the client does not know {type(request).__name__}")

    async def _read(self, request: said.Log | said.Pull | said.Read) -> msgspec.Struct:
        worker = self._ledger.where.get(request.attempt) or request.worker
        if worker is None:
            raise RefusedError(f"no worker is known to have attempt {request.attempt}")
        seconds = PULL_SECONDS if isinstance(request, said.Pull) else CALL_SECONDS
        found: msgspec.Struct = await self.contact.call(worker, request, seconds)
        return found

    async def _stop(self, request: said.Stop) -> None:
        attempt_id = request.attempt
        if attempt_id in self._ledger.queue or attempt_id in self._ledger.given:
            with contextlib.suppress(NoContactError, RefusedError):
                if (await self._revoke(attempt_id)).revoked:
                    self._say(said.Hint(ids=[attempt_id]))
                    return
        self._stops[attempt_id] = request
        await self._deliver()

    async def _revoke(self, attempt_id: str) -> Seen:
        """Take the start away from everybody, and return what it is then. Raises `NoContactError`."""
        answer = await self.contact.ask(Claim({attempt_id: REVOKED}))
        winner = answer.who.get(attempt_id) if isinstance(answer, Winners) else None
        worker = self._inquiry.worker_of(winner)
        if winner == REVOKED:
            begun = await self._inquiry.must_be_nowhere(attempt_id)
            if begun is not None:
                return begun
            self._ledger.forget(attempt_id)
            return Seen(kind="exited", revoked=True)
        if worker is None:
            raise NoContactError("its start is a worker's that is not connected")
        found_there: Seen = await self.contact.call(worker, said.Revoke(attempt=attempt_id))
        return self._inquiry.noted(attempt_id, worker, found_there)

    async def _abandon(self, request: said.Abandon) -> Seen:
        """End what is left of an attempt, on the worker that has it; if none is known to, on all."""
        named = self._ledger.where.get(request.attempt) or request.worker
        absent = Seen(kind="absent")
        for worker in [named] if named else sorted(self.contact.workers):
            try:
                found: Seen = await self.contact.call(worker, request, PULL_SECONDS)
            except NoContactError:
                return Seen(kind="unreachable", worker=worker, since=self._inquiry.last_heard(worker))
            if found.kind != "absent":
                return found
        return absent

    async def _sample(self, ids: Iterable[str], known: dict[str, str]) -> said.Sampled:
        asked: dict[str, list[str]] = {}
        for each in ids:
            if worker := self._ledger.where.get(each) or known.get(each):
                asked.setdefault(worker, []).append(each)
        usage: dict[str, said.Use] = {}
        for worker, theirs in asked.items():
            with contextlib.suppress(NoContactError, RefusedError):
                usage |= (await self.contact.call(worker, said.Sample(ids=theirs))).usage
        return said.Sampled(usage=usage)

    async def _forget(self, ids: Iterable[str], known: dict[str, str]) -> None:
        for each in ids:
            worker = self._ledger.where.get(each) or known.get(each)
            self._ledger.forget(each)
            self._stops.pop(each, None)
            if worker is not None:
                self._forgets.setdefault(worker, set()).add(each)
        await self._deliver()

    # --- what happens in the cluster ---------------------------------------------------------------

    def _heard(self, event: Event) -> None:
        match event:
            case Moved(facts, seen, left):
                for each in seen:
                    if self._ledger.knows(each):
                        self._ledger.begun(each, facts.name)
                ends = sum(each.kind in ("exited", "lost") for each in seen.values())
                self._pace(facts.name).ended(time.monotonic(), ends)
                self._news.seen.update(seen)
                self._news.left.update(left)
                self._hinting.ask()
                self.contact.hear_of(facts)
                self._place()
                self._tell_soon()
            case Declined(worker, attempt, reason):
                if self._giving.take_back(attempt, worker, f"worker {worker} {reason}"):
                    self._later(self._place_soon())
            case NotOurs(worker, ids):
                self._ledger.is_over(worker, ids)
                self._say(said.Hint(ids=ids))
            case Needs():
                self._carriage.needs(event)
            case Asks():
                self._carriage.asks(event)

    def _changed(self) -> None:
        """Look at what the workers and the contact are now."""
        contact = self.contact
        if contact.boot != self._boot:
            self._new_contact()
        told = (contact.connected, contact.problem)
        if told != self._told_contact:
            self._told_contact = told
            self._say(
                said.Scheduler(connected=contact.connected, since=contact.since, problem=contact.problem)
            )
        self._tell_workers()
        for name, known in contact.workers.items():
            mark = (known.sighting.facts.identity, known.sighting.facts.since)
            if known.reachable and self._greeted.get(name) != mark:
                self._greeted[name] = mark
                self._ready.discard(name)
                self._later(self._greet(name))
        if self._stops or self._forgets:
            self._later(self._deliver())
        self._take_back_from_silent()
        self._place()

    def _new_contact(self) -> None:
        """Start over with a scheduler: what was on its way may be lost, and its fence knows nothing."""
        self._boot = self.contact.boot
        for given in self._ledger.given.values():
            given.over = True
        if self._boot:
            self._greeted.clear()
            everything = [*self._ledger.given, *self._ledger.where, *self._ledger.queue]
            if everything:
                self._say(said.Hint(ids=everything))

    def _tell_workers(self) -> None:
        self._crowd.forget(self.contact.workers, self._ledger.where.values())
        workers = self.contact.workers  # those that cannot be given work yet are left out
        met = {name: each for name, each in workers.items() if name in self._ready or not each.reachable}
        facts = self._crowd.facts(met)
        still = [(each.name, each.state, each.since, each.slots, each.queues, each.note) for each in facts]
        used = [each.used for each in facts]
        before, at = self._told
        patience = QUIET_SECONDS if before == (still, used) else USED_SECONDS
        if before[0] != still or time.monotonic() - at > patience:
            self._told = ((still, used), time.monotonic())
            self._say(said.Workers(workers=facts))
        elif before != (still, used):
            self._tell_soon()

    def _tell_soon(self) -> None:
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_later(USED_SECONDS, self._tell_late)

    def _tell_late(self) -> None:
        self._telling = False
        self._tell_workers()

    def _take_back_from_silent(self) -> None:
        """Give what a silent worker has not begun to others; if it wakes up, the fence decides."""
        silent = self._inquiry.silent()
        late = [each for each, given in self._ledger.given.items() if given.worker in silent]
        if late and self.contact.connected:
            self._later(self._take_back(late))

    async def _take_back(self, ids: list[str]) -> None:
        with contextlib.suppress(NoContactError):
            winners = await self._inquiry.winners(ids)
            for each in ids:
                given = self._ledger.given.get(each)
                if given is None or given.worker not in self._inquiry.silent():
                    continue
                winner = winners.get(each, UNKNOWN)
                if winner is None or (winner == UNKNOWN and not given.over):  # it never got to the fence
                    self._ledger.put_back(each, f"worker {given.worker} does not answer")
                elif self._inquiry.worker_of(winner) == given.worker:
                    self._ledger.begun(each, given.worker)
            self._place()

    async def _greet(self, worker: str) -> None:
        try:
            await self.contact.call(worker, self._hello)
        except (NoContactError, RefusedError):
            self._greeted.pop(worker, None)
            return
        self._ready.add(worker)
        self._tell_workers()
        self._place()

    async def _deliver(self) -> None:
        """Bring orders to stop and to forget to those workers that can be reached."""
        for attempt_id, stop in list(self._stops.items()):
            worker = self._ledger.where.get(attempt_id) or self._ledger.given_to(attempt_id) or stop.worker
            if worker is None:
                self._stops.pop(attempt_id, None)
                continue
            with contextlib.suppress(NoContactError):
                await self.contact.call(worker, stop)
                self._stops.pop(attempt_id, None)
        for worker, ids in list(self._forgets.items()):
            with contextlib.suppress(NoContactError):
                sent = sorted(ids)
                await self.contact.call(worker, said.Forget(ids=sent), PULL_SECONDS)
                ids.difference_update(sent)
                if not ids:
                    self._forgets.pop(worker, None)

    # --- placing ----------------------------------------------------------------------------------

    def _place(self) -> None:
        """Give workers what waits and has a place now."""
        if not (self._ledger.queue or self._ledger.given):
            return
        if not self.contact.connected:
            words = f"no contact with the scheduler: {self.contact.problem}"
            self._ledger.words.update(dict.fromkeys(self._ledger.queue, words))
            return
        coming = self._ledger.on_the_way()
        now = time.monotonic()
        seats = {
            name: seat_of(known, coming.get(name, {}), self._pace(name).lately(now))
            for name, known in self.contact.workers.items()
            if name in self._ready
        }
        for each in self._ledger.place(seats):
            self._giving.give(each, self._ledger.given[each].worker)

    async def _place_soon(self) -> None:
        """Place again after a moment: who has just declined would only decline again."""
        await asyncio.sleep(0.2)
        self._place()

    def _pace(self, worker: str) -> Pace:
        return self._paces.setdefault(worker, Pace())

    def _hint(self) -> None:
        """Tell the engine what moved."""
        news, self._news = self._news, said.Hint(ids=[])
        self._say(said.Hint(ids=list(news.seen), seen=news.seen, left=news.left))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._kept(work))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _kept(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (OSError, PenstockError) as error:
            log.debug("put off: %s", error)
        except Exception:
            log.exception("a part of the client failed")
