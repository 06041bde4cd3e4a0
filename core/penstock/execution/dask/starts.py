"""What a worker was given and has not started: in turn, when there is room, and if the fence agrees.

Nothing starts by an answer of the fence that was long on its way: the start is claimed again, under the same
name, which is the attempt's for as long as it waits here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from penstock import process
from penstock.execution.host.bundles import BadBundleError
from penstock.execution.remote.protocol import Order

CLAIM_SECONDS = 5.0
"""Seconds after which the fence's answer is too old to start by it: the engine may have waited for us."""
AGAIN_SECONDS = 0.2
"""Seconds before a fence that did not answer is asked again."""

log = logging.getLogger("penstock.worker")

Claims = Callable[[dict[str, str]], Awaitable[Mapping[str, str | None]]]
"""Claims starts, each under a name, and returns whose they are; raises OSError if the fence is silent."""


@dataclass(slots=True)
class Room:
    """What a worker has free: slots, and of each resource how much. ``closed``: why it starts nothing."""

    slots: int
    left: dict[str, float] = field(default_factory=dict)
    closed: str | None = None

    def take(self, needs: Mapping[str, float]) -> bool:
        """Take a slot and what is needed with it; return False, and take nothing, if it is not there."""
        if self.slots <= 0 or any(self.left.get(name, 0.0) < amount for name, amount in needs.items()):
            return False
        self.slots -= 1
        for name, amount in needs.items():
            self.left[name] -= amount
        return True


@dataclass(slots=True)
class Given:
    """An attempt that waits. ``who`` is the name under which its start is claimed."""

    instance: str
    order: Order
    who: str
    refusal: str | None = None
    """Why it can never run here: its code is damaged."""
    fetching: bool = False
    """Whether its code is not here yet."""


class Starts:
    """Starts what it was given. *room* is what there is now, *claim* asks the fence, *fetch* brings code.

    *begin* is called for each whose start is ours, at once after the fence said so. *decline* is called with
    an attempt that is not started here, and why; *not_ours* with an instance's whose starts are not ours.
    """

    def __init__(
        self,
        room: Callable[[], Room],
        claim: Claims,
        fetch: Callable[[str, str], Awaitable[None]],
        begin: Callable[[Given], None],
        decline: Callable[[Given, str], None],
        not_ours: Callable[[str, list[str]], None],
    ) -> None:
        self.reserved: dict[str, Mapping[str, float]] = {}
        """Attempts whose start is being claimed, with what each needs."""
        self._room = room
        self._claim = claim
        self._fetch = fetch
        self._begin = begin
        self._decline = decline
        self._not_ours = not_ours
        self._waiting: dict[str, Given] = {}
        self._wake = asyncio.Event()
        self._fetches: set[asyncio.Task[None]] = set()

    def take(self, given: Given) -> None:
        """Take an attempt in, once; with ``fetching`` its code is fetched first."""
        attempt_id = given.order.spec.attempt_id
        if attempt_id in self._waiting:
            return
        self._waiting[attempt_id] = given
        if given.fetching:
            task = asyncio.get_running_loop().create_task(self._get_code(given))
            self._fetches.add(task)
            task.add_done_callback(self._fetches.discard)
        self._wake.set()

    def has(self, attempt_id: str) -> bool:
        """Whether an attempt waits here."""
        return attempt_id in self._waiting

    def drop(self, attempt_id: str) -> None:
        """Do not start an attempt."""
        self._waiting.pop(attempt_id, None)

    def look(self) -> None:
        """Look again: there may be room, or none any more."""
        self._wake.set()

    async def run(self) -> None:
        """Start what waits, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._turn()
            except Exception as error:  # noqa: BLE001 - a disk that cannot be read: nothing starts meanwhile
                log.warning("nothing is started for a moment: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
                self._wake.set()

    async def _turn(self) -> None:
        room = self._room()
        if room.closed is not None:
            for attempt_id, given in list(self._waiting.items()):
                del self._waiting[attempt_id]
                self._decline(given, room.closed)
            return
        batch: dict[str, Given] = {}
        for attempt_id, given in self._waiting.items():
            if room.slots <= 0:
                break
            if not given.fetching and room.take(given.order.resources):
                batch[attempt_id] = given
        if batch:
            self.reserved = {each: given.order.resources for each, given in batch.items()}
            try:
                await self._start(batch)
            finally:
                self.reserved = {}

    async def _start(self, batch: Mapping[str, Given]) -> None:
        """Start those of *batch* whose starts are ours. The others are somebody else's, or nobody's."""
        asked = process.steady()
        try:
            winners = await self._claim({each: given.who for each, given in batch.items()})
        except OSError:
            await asyncio.sleep(AGAIN_SECONDS)
            self._wake.set()
            return
        self._wake.set()  # some may not have been ours: others have their places
        if process.steady() - asked > CLAIM_SECONDS:
            return
        others: dict[str, list[str]] = {}
        for attempt_id, given in batch.items():
            if self._waiting.get(attempt_id) is not given:
                continue  # it was dropped meanwhile
            del self._waiting[attempt_id]
            self.reserved.pop(attempt_id, None)
            if winners.get(attempt_id) == given.who:
                self._begin(given)
            else:
                others.setdefault(given.instance, []).append(attempt_id)
        for instance, ids in others.items():
            self._not_ours(instance, ids)

    async def _get_code(self, given: Given) -> None:
        assert given.order.bundle is not None
        try:
            await self._fetch(given.instance, given.order.bundle)
        except BadBundleError as error:
            given.refusal = str(error)
        except TimeoutError as error:
            attempt_id = given.order.spec.attempt_id
            if self._waiting.pop(attempt_id, None) is not None:
                self._decline(given, str(error))
        given.fetching = False
        self._wake.set()
