"""The server of the HTTP API as a child of the engine, if `[http]` of penstock.toml switches it on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

from penstock.errors import EngineError
from penstock.settings import Settings

log = logging.getLogger("penstock")

_GRACE = 10.0
"""Seconds that the server may take to end its last requests."""


async def serve_http(settings: Settings) -> None:
    """Run the server until it ends or this is cancelled.

    It ends by itself when the engine does, however that was: its stdin ends then. Raises `EngineError`
    with its last words if it ends before.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "penstock",
        "--home",
        str(settings.home),
        "api",
        "serve",
        "--with-parent",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    words = f"exit {process.returncode}"
    try:
        assert process.stderr is not None
        async for line in process.stderr:
            words = line.decode(errors="replace").strip()
            log.info("HTTP API: %s", words)
        await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _GRACE)
    raise EngineError(words)
