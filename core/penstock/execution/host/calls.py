"""Answers what a client process asks a worker about the attempts of its engine."""

from __future__ import annotations

import msgspec

from penstock.errors import UsageError
from penstock.execution.host.host import WorkerHost
from penstock.execution.remote.protocol import (
    VERSION,
    Abandon,
    Done,
    Forget,
    Greeting,
    Hello,
    Log,
    Observe,
    Observed,
    Pull,
    Read,
    Request,
    Revoke,
    Sample,
    Sampled,
    Stop,
)
from penstock.version import __version__


async def answer(host: WorkerHost, request: Request) -> msgspec.Struct:
    """Return the answer to *request*; raise what the host raises, and `UsageError` for an unknown one."""
    match request:
        case Observe(ids=ids):
            return Observed(seen=host.observe(ids))
        case Stop(attempt=attempt, mode=mode, reason=reason):
            host.stop(attempt, mode, reason)
        case Revoke(attempt=attempt):
            return host.revoke(attempt)
        case Abandon(attempt=attempt):
            return host.abandon(attempt)
        case Sample(ids=ids):
            return Sampled(usage=await host.sample(ids))
        case Log(attempt=attempt, offset=offset, limit=limit):
            return host.log(attempt, offset, limit)
        case Pull(attempt=attempt):
            return await host.pull(attempt)
        case Read(attempt=attempt, name=name, offset=offset, limit=limit):
            return host.read(attempt, name, offset, limit)
        case Forget(ids=ids):
            host.forget(ids)
        case Hello():
            host.entrust(request)
            return Greeting(version=VERSION, program=__version__)
        case _:
            raise UsageError(f"a worker does not know {type(request).__name__}")
    return Done()
