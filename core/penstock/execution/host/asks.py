"""The socket on which tasks of a worker ask the engine: it carries their lines, and understands none.

To a task it is the engine's own socket. While nobody forwards lines, a connection just ends; a task then
tries again for a while, as it does while an engine restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from penstock import process
from penstock.attempts.files import MARK

MOST_BYTES = 1 << 20
"""Bytes of the longest line that a task may send, as on the engine's socket."""
Forward = Callable[[str | None, str], Awaitable[str]]
"""Is given the attempt that asks (None: unknown) and its line; returns the line to answer with."""


class NobodyAnswersError(Exception):
    """No engine takes questions now."""


class Asks:
    """Listens at *path*, and answers each line with what *forward* returns."""

    def __init__(self, path: Path, forward: Forward) -> None:
        self._path = path
        self._forward = forward
        self._server: asyncio.AbstractServer | None = None
        self._busy: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raises OSError."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._begin, self._path, limit=MOST_BYTES)
        self._path.chmod(0o600)

    def close(self) -> None:
        """Stop listening; who waits for an answer is hung up on."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for task in self._busy:
            task.cancel()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = writer.get_extra_info("socket")
        try:
            if process.peer_uid(channel) not in (None, os.getuid()):
                return
            attempt = _attempt_at(channel)
            while line := await reader.readline():
                answer = await self._forward(attempt, line.decode(errors="replace").rstrip("\r\n"))
                writer.write(answer.encode() + b"\n")
                await writer.drain()
        except (NobodyAnswersError, OSError, ValueError, TimeoutError):
            pass  # an overlong line, or nobody there: the task sees the end of the connection
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _attempt_at(channel: object) -> str | None:
    """Return the attempt whose process is at the other end, by its mark; None if that cannot be told."""
    if not process.LINUX:
        return None
    so_peercred = 17
    pid = struct.unpack("3i", channel.getsockopt(1, so_peercred, 12))[0]  # type: ignore[attr-defined]
    return process.environment_value(pid, MARK) if pid else None
