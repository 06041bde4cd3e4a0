"""The client's contact with a Dask scheduler: made again and again, and never believed to last.

Dask's own words on whether it is connected are not used: a look that is not answered in time is no contact.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from distributed import Client
from distributed.core import rpc
from msgspec.structs import replace

from penstock.errors import PenstockError, RefusedError, UsageError
from penstock.execution.dask.access import Access
from penstock.execution.dask.crowd import Known
from penstock.execution.dask.messages import (
    WORKERS,
    Call,
    Event,
    Facts,
    FromScheduler,
    Join,
    Look,
    Refused,
    Report,
    Sighting,
    Sightings,
    ToScheduler,
    Welcome,
    answer_in,
    pack,
    topic_of,
    unpack,
)
from penstock.execution.dask.setting import security_of
from penstock.execution.dask.versions import here
from penstock.execution.remote.protocol import Request

LOOK_SECONDS = 1.0
CALL_SECONDS = 5.0
"""Seconds that a scheduler or a worker may take for an answer."""
YOUNG_SECONDS = 15.0
"""Seconds after its begin in which workers of the scheduler before may not be back."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_GO_AGAIN = 0.25


class NoContactError(OSError):
    """Scheduler or worker do not answer now. Nothing follows from it for any attempt."""


class Contact:
    """Keeps in touch with the scheduler that *find* names, for *instance*.

    *heard* gets what workers say, *changed* is called when workers or the contact itself have changed. All
    in one event loop; `run` is to be cancelled at the end.
    """

    def __init__(
        self,
        find: Callable[[], Access],
        instance: str,
        *,
        heard: Callable[[Event], None],
        changed: Callable[[], None],
    ) -> None:
        self.workers: dict[str, Known] = {}
        self.connected = False
        self.since = time.time()
        """Since when there is contact, or none."""
        self.problem: str | None = "no contact yet"
        self._fence_began = 0.0
        self.boot = ""
        """Tells one run of the scheduler from the next; empty without contact."""
        self._find = find
        self._instance = instance
        self._heard = heard
        self._changed = changed
        self._client: Any = None
        self._look_now = asyncio.Event()

    async def run(self) -> None:
        """Connect, and look at the workers each second; for ever."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._connect()
                pause = _FIRST_PAUSE
                while True:
                    await self._look()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._look_now.wait(), LOOK_SECONDS)
                    self._look_now.clear()
            except (OSError, PenstockError) as error:
                self._lost(str(error) or type(error).__name__)
            except Exception as error:  # noqa: BLE001 - whatever Dask raises, attempts must not suffer from it
                self._lost(f"{type(error).__name__}: {error}")
            await self._drop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    @property
    def fence_is_young(self) -> bool:
        """Whether the scheduler began so short ago that workers of the one before may not be back."""
        return time.monotonic() - self._fence_began < YOUNG_SECONDS

    async def close(self) -> None:
        """End the contact. What runs goes on."""
        await self._drop()

    # --- calls ------------------------------------------------------------------------------------

    async def ask(self, message: ToScheduler) -> FromScheduler:
        """Return the scheduler's answer; raise `NoContactError`."""
        client = self._client
        if client is None or not self.connected:
            raise NoContactError(self.problem or "no contact with the scheduler")
        try:
            data = await asyncio.wait_for(client.scheduler.penstock(data=pack(message)), CALL_SECONDS)
        except (OSError, TimeoutError) as error:
            raise NoContactError(f"the scheduler does not answer: {error}") from None
        answer: FromScheduler = unpack(data, FromScheduler)
        return answer

    async def call(
        self, worker: str, request: Request, seconds: float = CALL_SECONDS, *, offers: Sequence[str] = ()
    ) -> Any:
        """Return a worker's answer to *request*. Attempts in *offers* may start from now on.

        Raises `NoContactError` if it does not answer, and `RefusedError` with its reason.
        """
        known, client = self.workers.get(worker), self._client
        if client is None or not self.connected:
            raise NoContactError(self.problem or "no contact with the scheduler")
        if known is None or not known.reachable:
            raise NoContactError(f"no contact with worker {worker}")
        data = pack(Call(self._instance, request))  # type: ignore[arg-type]
        try:
            carried = client.scheduler.penstock_forward(
                worker=worker, data=data, seconds=seconds, offers=offers
            )
            found = await asyncio.wait_for(carried, seconds + CALL_SECONDS)
        except (OSError, TimeoutError) as error:
            raise NoContactError(f"the scheduler does not answer: {error}") from None
        if "lost" in found:
            raise NoContactError(str(found["lost"]))
        return answer_in(found["back"], request)

    # --- the contact ------------------------------------------------------------------------------

    async def _connect(self) -> None:
        access = self._find()
        security = security_of(access)
        welcome = await greet(access, security, Join(here()))
        self._client = client = Client(
            access.address, asynchronous=True, security=security, set_as_default=False, timeout=CALL_SECONDS
        )
        await asyncio.wait_for(client, 2 * CALL_SECONDS)
        client.subscribe_topic(topic_of(self._instance), self._on_event)
        client.subscribe_topic(WORKERS, self._on_report)
        self.boot = welcome.boot
        self._fence_began = time.monotonic() - welcome.age
        self.connected, self.since, self.problem = True, time.time(), None
        self._changed()

    async def _look(self) -> None:
        found = await self.ask(Look())
        if not isinstance(found, Sightings):
            raise NoContactError(getattr(found, "reason", "the scheduler's answer cannot be understood"))
        if found.boot != self.boot:
            raise NoContactError("the scheduler was restarted")
        now = time.monotonic()
        for sighting in found.workers:
            self._take(sighting, now - sighting.age)
        self._changed()

    def hear_of(self, facts: Facts) -> None:
        """Take what a worker says of itself now."""
        self._take(Sighting(facts, 0.0), time.monotonic())

    def _take(self, sighting: Sighting, heard: float) -> None:
        """Take a sighting in. They come by several ways: older facts must not replace newer ones."""
        name = sighting.facts.name
        before = self.workers.get(name)
        if before is not None and sighting.facts.is_older_than(before.sighting.facts):
            sighting = replace(sighting, facts=before.sighting.facts)
            heard = max(heard, before.heard)
        self.workers[name] = Known(sighting, heard)

    async def _on_report(self, event: tuple[float, bytes]) -> None:
        if not event[1]:
            self._look_now.set()
            return
        with contextlib.suppress(Exception):  # of another version: the next look decides
            message = unpack(event[1], ToScheduler)
            if isinstance(message, Report):
                self.hear_of(message.facts)
                self._changed()

    async def _on_event(self, event: tuple[float, bytes]) -> None:
        with contextlib.suppress(Exception):
            self._heard(unpack(event[1], Event))

    def _lost(self, why: str) -> None:
        if self.connected or self.problem is None:
            self.since = time.time()
        self.connected, self.problem, self.boot = False, why, ""
        self._changed()

    async def _drop(self) -> None:
        """Close Dask's client, whatever state it is in."""
        client, self._client = self._client, None
        self.connected = False
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.close(), _GO_AGAIN * 8)


async def greet(access: Access, security: Any, join: Join) -> Welcome:
    """Ask the scheduler whether we fit; raise `UsageError` with what mends it, or OSError without contact."""
    arguments = None if security is None else security.get_connection_args("client")
    peer = rpc(access.address, connection_args=arguments, timeout=CALL_SECONDS)
    try:
        data = await asyncio.wait_for(peer.penstock(data=pack(join)), CALL_SECONDS)
    except TimeoutError:
        raise NoContactError(f"the scheduler at {access.address} does not answer") from None
    except OSError as error:
        raise NoContactError(f"the scheduler at {access.address} cannot be reached: {error}") from None
    except Exception as error:  # noqa: BLE001 - Dask's way to say that an operation is unknown
        raise UsageError(
            f"the Dask scheduler at {access.address} does not know Penstock ({error}): start it by `penstock "
            "cluster scheduler`, or with --preload penstock.execution.dask.scheduler"
        ) from None
    finally:
        await peer.close_rpc()
    answer = unpack(data, FromScheduler)
    if isinstance(answer, Refused):
        raise UsageError(answer.reason)
    if not isinstance(answer, Welcome):
        raise RefusedError("the scheduler's answer cannot be understood")
    return answer
