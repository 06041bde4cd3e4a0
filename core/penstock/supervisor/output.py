"""What a command prints, on its way from the pipe into its log: masked, capped, indexed by time.

Works on chunks as they arrive; nothing is done per line.
"""

from __future__ import annotations

import os
import struct
import time
from binascii import a2b_base64

from penstock.attempts import log_tail
from penstock.attempts.files import (
    HIDE_END,
    HIDE_START,
    LOG,
    LOG_INDEX,
    MAX_HIDE_BYTES,
    MAX_XCOM_BYTES,
)
from penstock.supervisor.log_file import APPENDED, LogFile
from penstock.supervisor.masking import Masker

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Sequence

_INDEX_EVERY = 1.0
"""Seconds between entries of the time index."""


class Output:
    """The log of one attempt.

    With *listens* the output itself may say what to hide from there on (`files.HIDE_START`).
    ``written`` and ``dropped`` count bytes. Of an output larger than *cap* the beginning and the end are
    kept, with a line between (see `log_tail`). A full disk never stops the attempt: see `LogFile`.
    """

    __slots__ = (
        "_ended", "_file", "_folder", "_head", "_index", "_indexed_at", "_last", "_line_ended", "_listens",
        "_masker", "_note", "_tail", "_tail_room", "_tail_times", "_unheard", "dropped", "written",
    )  # fmt: skip

    def __init__(
        self,
        folder: str,
        *,
        cap: int,
        masks: Sequence[str] = (),
        masker: Masker | None = None,
        listens: bool = False,
    ) -> None:
        self._folder = folder
        self._tail_room = log_tail.room_of(cap)
        self._head = cap - self._tail_room
        self._tail: log_tail.Tail | None = None
        self._tail_times: list[tuple[int, int]] = []
        self._masker = masker or Masker()
        self._masker.add(masks)
        self._listens = listens
        self._unheard = b""
        self._index = -1
        self._indexed_at = 0.0
        self._last = b""
        self._line_ended = False
        self.written = 0
        self.dropped = 0
        self._ended = False
        self._note: str | None = None
        self._file = LogFile(f"{folder}/{LOG}")

    def log(self) -> int:
        """Return the log's descriptor, for a process that writes to it directly. Raises OSError."""
        return self._file.handle()

    @property
    def waiting(self) -> bool:
        """Whether something waits for disk space."""
        return self._file.waiting

    def hide(self, values: Sequence[str]) -> None:
        """Mask *values* too, from now on."""
        self._masker.add(values)

    def feed(self, chunk: bytes) -> None:
        """Take what the command printed."""
        if self._listens and (self._unheard or HIDE_START[:1] in chunk):
            chunk = self._listen(chunk)
        self._show(chunk)

    def _show(self, chunk: bytes) -> None:
        if self._masker.active:
            chunk = self._masker.feed(chunk)
        if chunk:
            self._keep(chunk)
        elif self.waiting:
            self._file.catch_up()

    def _listen(self, chunk: bytes) -> bytes:
        """Take out values to hide; return what is left to show, and keep an unfinished value for later."""
        text = self._unheard + chunk
        self._unheard = b""
        while (start := text.find(HIDE_START)) >= 0:
            end = text.find(HIDE_END, start + len(HIDE_START))
            if end < 0:
                if len(text) - start <= MAX_HIDE_BYTES:
                    self._unheard = text[start:]
                    return text[:start]
                break
            self._show(text[:start])
            self._learn(text[start + len(HIDE_START) : end])
            text = text[end + len(HIDE_END) :]
        for size in range(min(len(HIDE_START) - 1, len(text)), 0, -1):
            if HIDE_START.startswith(text[-size:]):
                self._unheard = text[-size:]
                return text[:-size]
        return text

    def _learn(self, coded: bytes) -> None:
        try:
            value = a2b_base64(coded).decode(errors="surrogateescape")
        except ValueError:
            return
        self._masker.add([value])

    def flush(self) -> None:
        """Write what was kept because it could have been the start of a value to hide."""
        if self._unheard:
            held, self._unheard = self._unheard, b""
            self._show(held)
        rest = self._masker.end()
        if rest:
            self._keep(rest)

    def end(self, note: str | None = None) -> None:
        """Flush, append the end of a long output, add *note* as a line of its own, and close.

        `catch_up` writes what the disk does not accept now.
        """
        self.flush()
        self._ended, self._note = True, note
        try:
            self.catch_up()
        except OSError:
            pass  # it waits

    def catch_up(self) -> None:
        """Write what waits for disk space; raise the disk's OSError if there still is none."""
        self._write_what_waits()
        if not self._ended or self._file.closed:
            return
        if self._tail is not None:
            lost = self.dropped - self._file.lost
            self._join_tail()
            if lost:
                self._add_to_note(f"{lost} bytes dropped: the disk took {self.written} in total")
        if self._note:
            start = "\n" if self.written and not self._line_ended else ""
            lines = self._note.split("\n")
            self._file.write((start + "".join(f"[penstock] {line}\n" for line in lines)).encode())
            self._note = None
            self._write_what_waits()
        self.close()

    def give_up(self) -> None:
        """Drop what waits for disk space."""
        self._file.give_up()
        self.dropped = max(self.dropped, self._file.lost)
        self._note = None
        self.close()

    def _write_what_waits(self) -> None:
        if self.waiting and not self._file.catch_up() and self._file.problem is not None:
            raise self._file.problem

    def _add_to_note(self, line: str) -> None:
        self._note = f"{self._note}\n{line}" if self._note else line

    def close(self) -> None:
        """Close the files; doing it twice is harmless."""
        if self._tail is not None:
            self._tail.close()
        self._file.close()
        if self._index >= 0:
            os.close(self._index)
            self._index = -1

    def size(self) -> int:
        """Return the log's size in bytes."""
        if not self._file.made and not self.written:
            return 0
        try:
            return os.stat(f"{self._folder}/{LOG}").st_size
        except OSError:
            return self.written if self._file.made else 0

    @property
    def last_line_complete(self) -> bool:
        """Whether `last_line` is the whole line, not one cut at `MAX_XCOM_BYTES`."""
        return len(self._last) < MAX_XCOM_BYTES

    def last_line(self) -> str:
        """Return the last line printed, masked, without the white space at its end; "" when none."""
        return self._last.decode(errors="backslashreplace").rstrip()

    def _keep(self, chunk: bytes) -> None:
        self._remember_last(chunk)
        room = 0 if self._tail is not None else max(self._head - self.written, 0)
        first, rest = (chunk, b"") if len(chunk) <= room else (chunk[:room], chunk[room:])
        if first:
            if (now := time.monotonic()) - self._indexed_at >= _INDEX_EVERY or self._index < 0:
                self._indexed_at = now
                self._write_time(self.written, time.time_ns() // 1000)
            done = self._file.write(first)
            self.written += done
            self.dropped += len(first) - done
        if rest:
            self._keep_last(rest)

    def _keep_last(self, chunk: bytes) -> None:
        try:
            if self._tail is None and self._tail_room:
                self._tail = log_tail.Tail(self._folder, self._tail_room)
            if self._tail is not None:
                self._mark_tail(self._tail.total)
                self._tail.feed(chunk)
                return
        except OSError:
            pass
        self.dropped += len(chunk)

    def _join_tail(self) -> None:
        assert self._tail is not None
        self._tail.close()
        kept, left_out = log_tail.join(self._folder)
        self.written += kept
        self.dropped += left_out
        end = self.size()
        first = end - kept
        for position, moment in self._tail_times:
            self._write_time(max(end - self._tail.total + position, first), moment)
        self._tail = None

    def _remember_last(self, chunk: bytes) -> None:
        start = chunk.rfind(b"\n", 0, len(chunk) - 1) + 1
        if start or self._line_ended:
            self._last = chunk[start:][:MAX_XCOM_BYTES]
        elif len(self._last) < MAX_XCOM_BYTES:
            self._last = (self._last + chunk)[:MAX_XCOM_BYTES]
        self._line_ended = chunk.endswith(b"\n")

    def _mark_tail(self, position: int) -> None:
        """Remember when the byte at *position* of the tail arrived, as long as the tail has it."""
        now = time.monotonic()
        if self._tail_times and now - self._indexed_at < _INDEX_EVERY:
            return
        self._indexed_at = now
        times = self._tail_times
        times.append((position, time.time_ns() // 1000))
        while len(times) > 1 and times[1][0] <= position - self._tail_room:
            del times[0]

    def _write_time(self, offset: int, moment: int) -> None:
        try:
            if self._index < 0:
                self._index = os.open(f"{self._folder}/{LOG_INDEX}", APPENDED, 0o600)
            os.write(self._index, struct.pack("<QQ", offset, moment))
        except OSError:
            pass  # a full disk loses the times, not the attempt
