"""Waits for changes below the DAGs folder, in a thread of its own.

`watchfiles.awatch` would do the same, and bring 2 MiB of another asyncio library along.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_BURST_MS = 1000
"""Changes within this time are one."""
_LOOK_EVERY_MS = 200
"""The watcher wakes up this often even if nothing happens; an editor's burst of writes is over by then."""


async def changes_below(folder: Path, *, at_least_every: float) -> AsyncGenerator[bool]:
    """Yield True after each change of files that DAGs may be in, False after so many seconds without one.

    Raises what the watcher raises; it is not Python, so that may be a `BaseException`.
    """
    import watchfiles

    stopping = threading.Event()
    # A change of a file without a DAG is a change of what the others import.
    changes = watchfiles.watch(
        folder,
        watch_filter=watchfiles.PythonFilter(extra_extensions=(".zip",)),
        debounce=_BURST_MS,
        step=_LOOK_EVERY_MS,
        rust_timeout=int(at_least_every * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
        stop_event=stopping,
    )
    thread = ThreadPoolExecutor(1, "watching")
    try:
        loop = asyncio.get_running_loop()
        while (changed := await loop.run_in_executor(thread, next, changes, None)) is not None:
            yield bool(changed)
    finally:
        stopping.set()
        thread.shutdown(wait=False)
