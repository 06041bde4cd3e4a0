"""One request to one load child, which may misbehave in any way.

The child has its own session and an environment that marks all it starts. When the conversation
ends, for whatever reason, none of these is left running. It ends with the whole answer, with the
child's end, when time or output exceed their limits, or when it is cancelled.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from penstock import process
from penstock.loading.child_process import MARK, LoadChild, Starter

MAX_OUTPUT_BYTES = 16 << 20
"""A file that prints more than this while loading is stopped."""
MAX_ANSWER_BYTES = 64 << 20
_TAIL_BYTES = 4096
_LAST_WORDS_BYTES = 16384
_CHUNK = 1 << 16
_LOOK = 0.02
"""Seconds between checks whether the child has ended, if the kernel does not report it."""
_OVERTIME = 3.0
"""Seconds that the child has beyond the limit, to start and to report where it was."""


class Conversation:
    """What happened with one child. The fields are valid once `ask` has returned.

    ``output`` is the end of what it printed, ``printed`` the total bytes; ``last_words`` what the
    interpreter wrote about a crash; ``overtime`` that it had to be killed; ``exit_code`` is negative
    for a signal.
    """

    def __init__(self) -> None:
        self.output = b""
        self.printed = 0
        self.last_words = b""
        self.overtime = False
        self.cancelled = False
        self.exit_code = 0
        self._answer = bytearray()
        self._child: LoadChild | None = None
        self._collected = False
        self._collecting = threading.Lock()

    @property
    def answered(self) -> int:
        """The number of bytes that the child sent."""
        return len(self._answer)

    def ask(
        self, file: Path, request: bytes, environment: Mapping[str, str], timeout: float, starter: Starter
    ) -> bytes | None:
        """Ask a child of *starter* to load *file* and return its answer, or None if there was none.

        Waits at most *timeout* seconds and a little. Raises OSError if no child can be started.
        """
        ours, theirs = socket.socketpair()
        trace, trace_theirs = os.pipe()
        output, output_theirs = os.pipe()
        for descriptor in (ours.fileno(), trace, output):
            os.set_blocking(descriptor, False)
        mark = secrets.token_hex(8)
        try:
            try:
                self._child = starter.start(
                    file, theirs.fileno(), trace_theirs, output_theirs, {**environment, MARK: mark}
                )
            finally:
                theirs.close()
                os.close(trace_theirs)
                os.close(output_theirs)
            try:
                framed = len(request).to_bytes(8, "big") + request
                self._listen(self._child, ours, output, framed, time.monotonic() + timeout + _OVERTIME)
            finally:
                self._end()
            self._collect(trace, output)
        finally:
            ours.close()
            os.close(trace)
            os.close(output)
        return bytes(self._answer[8:]) if self._is_whole() else None

    def cancel(self) -> None:
        """End the conversation from another thread."""
        self.cancelled = True
        with self._collecting:
            if self._child is not None and not self._collected:
                process.signal_group(self._child.pid, signal.SIGKILL)

    def _listen(
        self, child: LoadChild, channel: socket.socket, output: int, request: bytes, deadline: float
    ) -> None:
        left = memoryview(request)
        with selectors.DefaultSelector() as waiting, _end_of(child.pid) as end:
            waiting.register(channel, selectors.EVENT_READ | selectors.EVENT_WRITE)
            waiting.register(output, selectors.EVENT_READ)
            if end is not None:
                waiting.register(end, selectors.EVENT_READ)
            while not (self._is_over() or child.has_ended()):
                rest = deadline - time.monotonic()
                if rest <= 0:
                    self.overtime = True
                    return
                for key, events in waiting.select(rest if end is not None else min(rest, _LOOK)):
                    if key.fileobj == output and not self._read_output(output):
                        waiting.unregister(output)
                    if key.fileobj is channel and events & selectors.EVENT_WRITE:
                        left = left[_send(channel, left) :]
                        if not left:
                            waiting.modify(channel, selectors.EVENT_READ)
                    if (
                        key.fileobj is channel
                        and events & selectors.EVENT_READ
                        and not self._receive(channel)
                    ):
                        waiting.unregister(channel)
            self._receive(channel)

    def _is_over(self) -> bool:
        return self._is_whole() or self.cancelled or self.printed > MAX_OUTPUT_BYTES

    def _is_whole(self) -> bool:
        size = int.from_bytes(self._answer[:8], "big")
        return len(self._answer) >= 8 and len(self._answer) == 8 + size

    def _receive(self, channel: socket.socket) -> bool:
        """Take what the child sends; return False if it will send no more."""
        while len(self._answer) <= MAX_ANSWER_BYTES:
            try:
                part = channel.recv(_CHUNK)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not part:
                return False
            self._answer += part
        return False

    def _read_output(self, output: int) -> bool:
        """Take what the child prints; return False when nothing more can be printed."""
        part = os.read(output, _CHUNK)
        self.printed += len(part)
        self.output = (self.output + part)[-_TAIL_BYTES:]
        return bool(part)

    def _end(self) -> None:
        assert self._child is not None
        with self._collecting:
            process.signal_group(self._child.pid, signal.SIGKILL)
            self._collected = True
            self.exit_code = self._child.collect()

    def _collect(self, trace: int, output: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self.last_words = os.read(trace, _LAST_WORDS_BYTES)
        with contextlib.suppress(BlockingIOError):
            while self.printed <= MAX_OUTPUT_BYTES and self._read_output(output):
                pass


def _send(channel: socket.socket, data: memoryview) -> int:
    try:
        return channel.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(data)  # the child has ended, which is handled elsewhere


@contextlib.contextmanager
def _end_of(pid: int) -> Iterator[int | None]:
    """Give a descriptor that becomes readable when *pid* ends, or None if the system has none."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
