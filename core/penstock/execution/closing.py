"""What is left to read and to write when an attempt has ended: its verdict, and the end of its output."""

from __future__ import annotations

from penstock import process
from penstock.execution import records
from penstock.execution.conclusion import conclude

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

    from penstock.execution.attempt_files import AttemptFiles
    from penstock.execution.ending import Ending
    from penstock.execution.output import Output

_LAST_LINE_MAX = 1000


def verdict_in(files: AttemptFiles) -> dict[str, Any] | None:
    """Return what a task child had to say beyond its exit code; None when that is nothing."""
    try:
        return files.read(records.VERDICT)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {"kind": "failed", "reason": "the task's verdict cannot be read"}


def how_it_ended(
    status: int, ending: Ending, verdict: dict[str, Any] | None, spec: dict[str, Any]
) -> dict[str, Any]:
    """Return what a result says of the end itself, from wait(2)'s *status* and what had been ordered."""
    skips = spec.get("skip_on_exit_code", ())
    ended = conclude(status, asked=ending.asked, reason=ending.reason, verdict=verdict, skip_codes=skips)
    if ended["kind"] == "signal" and ended["signal"] == 9 and process.out_of_memory_kills() > 0:
        ended["reason"] = "probably killed by the kernel because memory ran out"
    return {**ended, "verdict": verdict, "killed_after": ending.killed_after}


def end_output(output: Output, ended: dict[str, Any], *, push: bool, note: str | None) -> dict[str, Any]:
    """Flush and close *output*, with *note* as its last line; return what a result says of it.

    With *push* the last line becomes the ``return_value`` of an attempt that *ended* well.
    """
    output.flush()
    pushed = push and ended["kind"] == "exit_code" and ended.get("exit_code") == 0
    if pushed and not output.last_line_complete:
        pushed = False
        note = f"the last line is longer than {records.MAX_XCOM_BYTES} bytes: not kept as XCom"
    output.end(note)
    return {
        "log_bytes": output.size(),
        "log_dropped": output.dropped,
        "pushed": pushed,
        "last_line": output.last_line()[: None if pushed else _LAST_LINE_MAX],
    }
