"""What an attempt leaves behind when it ends, kept in memory until all of it is on the disk.

A disk that is full, broken or read-only at that moment mostly has room again soon. The supervisor keeps
its lock until then, so the attempt does not look lost, and tells the engine what it waits for.
"""

from __future__ import annotations

from penstock.attempts import files

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

    from penstock.supervisor.directory import AttemptFiles
    from penstock.supervisor.output import Output

PAUSE = 1.0
"""Seconds between tries."""
_BY_THE_TASK = frozenset({files.XCOM, files.VERDICT, files.RENDERED})


class Unwritten:
    """What must still be written to the attempt directory *folder*; ``problem`` says why it is not."""

    def __init__(self, folder: AttemptFiles) -> None:
        self.problem: str | None = None
        self._files = folder
        self._left: dict[str, bytes] = {}
        self._output: Output | None = None
        self._result: dict[str, Any] = {}

    def keep(self, name: str, data: str) -> None:
        """Take over a file that the task could not write itself."""
        if name in _BY_THE_TASK:
            self._left[name] = data.encode()

    def verdict(self) -> dict[str, Any] | None:
        """Return what the task reported about its end, or None. Raises OSError if it cannot be read now."""
        try:
            if files.VERDICT in self._left:
                return files.load(self._left[files.VERDICT])
            return self._files.read(files.VERDICT)
        except FileNotFoundError:
            return None
        except ValueError:
            return {"kind": "failed", "reason": "the task's verdict cannot be read"}
        except OSError as error:
            if self.waits(error):
                raise
            return {"kind": "failed", "reason": "the task's verdict cannot be read"}

    def xcom_bytes(self) -> int | None:
        """Return the size of what the task pushed, or None."""
        left = self._left.get(files.XCOM)
        return self._files.size(files.XCOM) if left is None else len(left)

    def conclude(self, output: Output | None, result: dict[str, Any]) -> None:
        """Take over the rest of the log, and the result that goes with it."""
        self._output = output
        self._result = result

    def write(self, *, durable: bool) -> bool:
        """Write everything; return False if the disk does not accept it yet.

        If the directory is gone it never will, so everything is dropped.
        """
        try:
            if self._output is not None:
                self._finish_log(self._output)
                self._result |= {"log_bytes": self._output.size(), "log_dropped": self._output.dropped}
            for name in list(self._left):
                self._files.leave(name, self._left[name])
                del self._left[name]
            self._publish(self._result, durable=durable)
        except OSError as error:
            return not self.waits(error)
        self.problem = None
        return True

    @staticmethod
    def _finish_log(output: Output) -> None:
        """Write the rest of the log, unless a task has put something else in its place."""
        try:
            output.catch_up()
        except OSError as error:
            if error.errno in files.DISK_ERRORS:
                raise
            output.give_up()

    def waits(self, error: OSError) -> bool:
        """Return whether *error* is from the disk and may pass; if so it becomes the ``problem``."""
        if error.errno not in files.DISK_ERRORS:
            return False
        self.problem = error.strerror or str(error)
        return True

    def _publish(self, result: dict[str, Any], *, durable: bool) -> None:
        try:
            self._files.publish(result, durable=durable)
        except OSError:
            if result.get("pushed"):
                raise
            # Space was reserved for a short one: the command's last line is in the log, too.
            self._files.publish({**result, "last_line": None}, durable=durable)
