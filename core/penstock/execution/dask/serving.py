"""The process of `penstock cluster scheduler`: a Dask scheduler with our part in it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Scheduler

from penstock import stray_signals
from penstock.errors import EngineError
from penstock.execution.dask.access import Access, write_file
from penstock.execution.dask.setting import security_of, settle

_ENDING = (signal.SIGTERM, signal.SIGINT)
_PRELOAD = "penstock.execution.dask.scheduler"


def serve(access: Access, file: Path | None, say: Callable[[str], None]) -> int:
    """Serve at *access* until SIGTERM or SIGINT, and name the address in *file*; return the exit code.

    Port 0 takes a free one. Raises `EngineError` if the address cannot be used.
    """
    stray_signals.disregard(but=_ENDING)
    stray_signals.let_through()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settle()
    asyncio.run(_serve(access, file, say))
    return 0


async def _serve(access: Access, file: Path | None, say: Callable[[str], None]) -> None:
    parts = urlsplit(access.address)
    scheduler = Scheduler(
        host=parts.hostname,
        port=parts.port or 0,
        protocol=f"{parts.scheme}://",
        security=security_of(access),
        dashboard=False,
        dashboard_address="127.0.0.1:0",
        preload=[_PRELOAD],
    )
    try:
        await scheduler
    except (OSError, RuntimeError) as error:
        raise EngineError(f"no scheduler can listen at {access.address}: {error}") from None
    address = scheduler.address
    if file is not None:
        write_file(file, Access(address, access.ca, access.cert, access.key))
    say(address)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stopping.set)
    await stopping.wait()
    with contextlib.suppress(Exception):
        await asyncio.wait_for(scheduler.close(), 5.0)
