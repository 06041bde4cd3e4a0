"""Brings orders to the workers that were chosen: one call at a time to each, with all that came meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from penstock.errors import RefusedError
from penstock.execution.dask.contact import Contact, NoContactError
from penstock.execution.dask.ledger import Ledger
from penstock.execution.dask.messages import Take, Took

MOST = 100
"""Orders in one call."""


class Giving:
    """Brings what *ledger* has given to a worker there; *declined* is called when some of it waits again."""

    def __init__(self, contact: Contact, ledger: Ledger, declined: Callable[[], None]) -> None:
        self._contact = contact
        self._ledger = ledger
        self._declined = declined
        self._waiting: dict[str, list[str]] = {}
        self._bringing: dict[str, asyncio.Task[None]] = {}

    def give(self, attempt_id: str, worker: str) -> None:
        """Bring an attempt to *worker*, with others that are given to it in this turn."""
        self._waiting.setdefault(worker, []).append(attempt_id)
        if worker not in self._bringing:
            task = asyncio.get_running_loop().create_task(self._bring(worker))
            self._bringing[worker] = task
            task.add_done_callback(lambda _: self._over(worker))

    def _over(self, worker: str) -> None:
        del self._bringing[worker]
        for each in self._waiting.pop(worker, ()):  # it ended by a fault: they are looked for
            if (given := self._ledger.given.get(each)) is not None:
                given.over = True

    async def _bring(self, worker: str) -> None:
        while ids := self._waiting.pop(worker, None):
            if ids[MOST:]:
                self._waiting[worker] = ids[MOST:]
            given = {each: found for each in ids[:MOST] if (found := self._ledger.given.get(each))}
            orders = {each: found.order for each, found in given.items() if found.worker == worker}
            try:
                request = Take(orders=list(orders.values()))
                took: Took = await self._contact.call(worker, request, offers=tuple(orders))
                declined = {each: f"worker {worker} {why}" for each, why in took.declined.items()}
            except (NoContactError, RefusedError) as error:  # should it have arrived, the fence decides
                declined = dict.fromkeys(orders, str(error))
            waits = [self.take_back(each, worker, why) for each, why in declined.items()]
            if any(waits):
                self._declined()

    def take_back(self, attempt_id: str, worker: str, why: str) -> bool:
        """Let an attempt wait again that *worker* was given and has not begun; return whether it was."""
        given = self._ledger.given.get(attempt_id)
        if given is None or given.worker != worker:
            return False
        return self._ledger.put_back(attempt_id, why)
