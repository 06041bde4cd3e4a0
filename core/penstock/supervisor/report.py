"""The report below the order while the task runs: its process, and any problem with it."""

from __future__ import annotations

from penstock import process
from penstock.attempts.files import dump_fields

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

    from penstock.supervisor.directory import AttemptFiles

NOTE_MAX = 300
"""Characters of a note: there is little space for the report."""


class Report:
    """The report of an attempt that runs. ``news`` is set when it has changed."""

    __slots__ = ("_fields", "_files", "news")

    def __init__(self, folder: AttemptFiles) -> None:
        self.news = False
        self._files = folder
        self._fields: dict[str, Any] = {}

    def process(self, pid: int, at: float) -> None:
        """Record that the attempt is process *pid* since *at* (seconds since 1970)."""
        ticks = process.start_ticks(pid)
        self._fields |= {"pid": pid, "start_ticks": ticks, "boot_id": process.boot_id(), "at": at}
        self._write()

    def say(self, note: str, *, kill_at: float | None = None) -> None:
        """Record a problem with it, and when SIGKILL follows (seconds since 1970)."""
        said = {"note": note[:NOTE_MAX].encode(errors="replace").decode(), "kill_at": kill_at}
        if self._fields.get("note") != said["note"]:
            self._fields |= said
            self.news = True
            self._write()

    def _write(self) -> None:
        try:
            self._files.record_child(dump_fields(self._fields))
        except OSError:
            pass  # a full disk: the mark in its environment still identifies the process
