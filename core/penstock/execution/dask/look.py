"""Single questions to a scheduler, for commands: who is there, and the order to end what runs."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from distributed.core import rpc

from penstock.execution.dask.access import Access
from penstock.execution.dask.contact import CALL_SECONDS, NoContactError, greet
from penstock.execution.dask.messages import (
    Call,
    FromScheduler,
    Join,
    Look,
    Quit,
    Sighting,
    Sightings,
    answer_in,
    pack,
    unpack,
)
from penstock.execution.dask.setting import security_of, settle
from penstock.execution.dask.versions import here

_ANY = "none"
"""The instance of calls that are about a worker as a whole."""
_LOOK = 0.2


def look(access: Access) -> list[Sighting]:
    """Return the workers that the scheduler has seen. Raises `NoContactError` or `UsageError`."""
    settle()
    return asyncio.run(_with_peer(access, _look))


def end_all(access: Access, reason: str, seconds: float) -> list[str]:
    """Kill all attempts on all workers, and wait for that; return those that are left after *seconds*.

    Raises `NoContactError` or `UsageError`.
    """
    settle()

    async def work(peer: Any) -> list[str]:
        deadline = time.monotonic() + seconds
        for sighting in await _look(peer):
            if not sighting.gone:
                call = Call(_ANY, Quit(reason=reason))
                found = await peer.penstock_forward(
                    worker=sighting.facts.name, data=pack(call), seconds=CALL_SECONDS
                )
                if "back" in found:
                    answer_in(found["back"], call.request)
        while True:
            left = [
                each for sighting in await _look(peer) if not sighting.gone for each in sighting.facts.holds
            ]
            if not left or time.monotonic() > deadline:
                return sorted(left)
            await asyncio.sleep(_LOOK)

    return asyncio.run(_with_peer(access, work))


async def _look(peer: Any) -> list[Sighting]:
    try:
        data = await asyncio.wait_for(peer.penstock(data=pack(Look())), CALL_SECONDS)
    except (OSError, TimeoutError) as error:
        raise NoContactError(f"the scheduler does not answer: {error}") from None
    answer = unpack(data, FromScheduler)
    if not isinstance(answer, Sightings):
        raise NoContactError("the scheduler's answer cannot be understood")
    return answer.workers


async def _with_peer(access: Access, work: Any) -> Any:
    security = security_of(access)
    await greet(access, security, Join(here()))
    arguments = None if security is None else security.get_connection_args("client")
    peer = rpc(access.address, connection_args=arguments, timeout=CALL_SECONDS)
    try:
        return await work(peer)
    finally:
        await peer.close_rpc()
