"""What attempts are: the workers that should know are asked, then the fence and all hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

from penstock.execution.dask.contact import Contact, NoContactError
from penstock.execution.dask.crowd import Crowd
from penstock.execution.dask.fence import REVOKED
from penstock.execution.dask.judgement import UNKNOWN, Case, judge
from penstock.execution.dask.ledger import Ledger
from penstock.execution.dask.messages import Who, Winners
from penstock.execution.remote import protocol as said
from penstock.execution.remote.protocol import Seen

FRESH_SECONDS = 10.0
"""Seconds after a claim during which a worker that does not know the attempt may still be starting it."""


class Inquiry:
    """Observes attempts, and records in *ledger* what it finds. *place* is called when one waits again."""

    def __init__(self, contact: Contact, ledger: Ledger, crowd: Crowd, place: Callable[[], None]) -> None:
        self._contact = contact
        self._ledger = ledger
        self._crowd = crowd
        self._place = place
        self._claims: dict[str, float] = {}
        """When an attempt was first seen to be claimed by a worker that does not know it."""

    async def observe(self, ids: Collection[str], known: dict[str, str]) -> dict[str, Seen]:
        """Return what each of *ids* is; *known* are workers on which they were seen earlier."""
        seen: dict[str, Seen] = {}
        asked: dict[str, list[str]] = {}
        rest: list[str] = []
        for each in ids:
            if each in self._ledger.queue:
                seen[each] = Seen(kind="accepted", waiting=self._ledger.words.get(each))
            elif worker := self._ledger.where.get(each) or self._ledger.given_to(each) or known.get(each):
                asked.setdefault(worker, []).append(each)
            else:
                rest.append(each)
        for worker, theirs, found in await self.ask_all(asked):
            for each in theirs:
                if found is None and each not in self._ledger.given:
                    seen[each] = Seen(kind="unreachable", worker=worker, since=self.last_heard(worker))
                elif found is None or found[each].kind == "absent":
                    rest.append(each)
                elif only_waits(found[each]):
                    given_to = f"given to worker {worker}, which has not begun yet"
                    seen[each] = Seen(kind="accepted", waiting=self._ledger.words.get(each) or given_to)
                else:
                    seen[each] = self.noted(each, worker, found[each])
        if rest:
            seen |= await self._investigate(rest)
        return seen

    async def ask_all(
        self, asked: dict[str, list[str]]
    ) -> list[tuple[str, list[str], dict[str, Seen] | None]]:
        """Return what each worker says of the attempts it is asked for; None if it does not answer."""

        async def one(worker: str, ids: list[str]) -> tuple[str, list[str], dict[str, Seen] | None]:
            try:
                answer: said.Observed = await self._contact.call(worker, said.Observe(ids=ids))
            except NoContactError:
                return worker, ids, None
            return worker, ids, answer.seen

        return list(await asyncio.gather(*(one(worker, ids) for worker, ids in asked.items())))

    def noted(self, attempt_id: str, worker: str, found: Seen) -> Seen:
        """Record that *worker* has an attempt, and return *found*."""
        self._ledger.begun(attempt_id, worker)
        self._claims.pop(attempt_id, None)
        return found

    async def _investigate(self, ids: list[str]) -> dict[str, Seen]:
        """Return what attempts are that the worker asked first does not know: by the fence and all hosts."""
        try:
            winners = await self.winners(ids)
        except NoContactError as error:
            nothing = Seen(kind="unreachable", since=self._contact.since)
            waits = Seen(kind="accepted", waiting=f"no contact with the scheduler: {error}")
            return {each: waits if each in self._ledger.given else nothing for each in ids}
        seen: dict[str, Seen] = {}
        lost = [each for each in ids if each not in winners]
        asked = {name: list(lost) for name in self._contact.workers if lost}
        for each, winner in winners.items():
            claimed = self.worker_of(winner)
            if claimed is not None and claimed != self._ledger.given_to(each):
                asked.setdefault(claimed, []).append(each)
        silent = self.silent()
        for worker, _, found in await self.ask_all(asked):
            if found is None:  # whenever it was last heard
                silent[worker] = self.last_heard(worker)
            for each, what in (found or {}).items():
                if is_there(what):
                    seen[each] = self.noted(each, worker, what)
        now = time.time()
        return {each: seen.get(each) or self._judged(each, winners, silent, now) for each in ids}

    def _judged(
        self, attempt_id: str, winners: dict[str, str | None], silent: dict[str, float], now: float
    ) -> Seen:
        winner = winners.get(attempt_id, UNKNOWN)
        given = self._ledger.given.get(attempt_id)
        begun_nowhere = not silent.keys() & self._ledger.offered.get(attempt_id, set())
        free = winner is None or (winner == UNKNOWN and begun_nowhere)
        if free and given is not None and given.is_lost():
            self._ledger.put_back(attempt_id, f"worker {given.worker} did not start it")
            self._place()
            return Seen(kind="accepted", waiting=self._ledger.words.get(attempt_id))
        worker = self.worker_of(winner)
        since = self._claims.setdefault(attempt_id, now) if worker is not None else now
        foreign = worker is None and winner not in (None, UNKNOWN, REVOKED)
        case = Case(
            winner=worker or winner,
            foreign=foreign,
            given=None if given is None or given.is_lost() else given.worker,
            fresh=now - since < FRESH_SECONDS,
            silent=silent,
            young=self._contact.fence_is_young,
            waiting=self._ledger.words.get(attempt_id),
        )
        found = judge(case, now)
        if found.kind == "absent":
            self._ledger.forget(attempt_id)
            self._claims.pop(attempt_id, None)
        return found

    async def must_be_nowhere(self, attempt_id: str) -> Seen | None:
        """Return what a worker says of an attempt whose start was taken back; None if nobody has begun it.

        The fence may have forgotten who had it. Raises `NoContactError` if somebody may, and cannot be asked.
        """
        offered = self._ledger.offered.get(attempt_id, set())
        ours = attempt_id in self._ledger.queue or attempt_id in self._ledger.given
        everywhere = {name: [attempt_id] for name in (offered if ours else self._contact.workers)}
        for name, _, found in await self.ask_all(everywhere):
            if found is None:
                raise NoContactError(f"worker {name} does not answer, and may have it")
            if is_there(found[attempt_id]):
                return self.noted(attempt_id, name, found[attempt_id])
        if not ours and self._contact.fence_is_young:
            raise NoContactError("the scheduler has just begun, and a worker that is not back may have it")
        return None

    async def winners(self, ids: list[str]) -> dict[str, str | None]:
        """Return whose the starts are, as the fence says; raise `NoContactError`."""
        answer = await self._contact.ask(Who(ids))
        if not isinstance(answer, Winners):
            raise NoContactError("the scheduler's answer cannot be understood")
        return answer.who

    def worker_of(self, winner: str | None) -> str | None:
        """Return the name of the worker whose claim it is; None if it is nobody's, or not known."""
        identity = (winner or "").partition("/")[0]
        names = (
            name for name, known in self._contact.workers.items() if known.sighting.facts.identity == identity
        )
        return next(names, None)

    def silent(self) -> dict[str, float]:
        """Return the known workers that do not answer, with their last word in seconds since 1970."""
        return {
            name: self._crowd.last_heard(known)
            for name, known in self._contact.workers.items()
            if not known.reachable
        }

    def last_heard(self, worker: str) -> float:
        """Return when a worker was last heard, in seconds since 1970; of an unknown one, since when."""
        known = self._contact.workers.get(worker)
        return self._contact.since if known is None else self._crowd.last_heard(known)


def only_waits(seen: Seen) -> bool:
    """Whether a worker was given an attempt and has not begun it: any other may still start it."""
    return seen.kind == "accepted" and seen.worker is None


def is_there(seen: Seen) -> bool:
    """Whether a worker has an attempt, running or ended."""
    return seen.kind != "absent" and not only_waits(seen)
