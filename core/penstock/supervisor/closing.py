"""What is recorded when an attempt has ended: how it ended, and the end of its output."""

from __future__ import annotations

import time

from penstock import process
from penstock.attempts import files
from penstock.supervisor.conclusion import begun, conclude

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

    from penstock.supervisor.ending import Ending
    from penstock.supervisor.output import Output

_LAST_LINE_MAX = 1000


def how_it_ended(
    status: int, ending: Ending, verdict: dict[str, Any] | None, spec: dict[str, Any]
) -> dict[str, Any]:
    """Return the result's fields about the end itself, from wait(2)'s *status* and what had been ordered."""
    skips = spec.get("skip_on_exit_code", ())
    ended = conclude(status, ordered=ending.ordered, reason=ending.reason, verdict=verdict, skip_codes=skips)
    if ended["kind"] == "signal" and ended["signal"] == 9 and process.out_of_memory_kills() > 0:
        ended["reason"] = "probably killed by the kernel because memory ran out"
    return {**ended, "verdict": verdict, "killed_after": ending.killed_after}


def end_output(output: Output, ended: dict[str, Any], *, push: bool, note: str | None) -> dict[str, Any]:
    """Flush *output*, with *note* as its last line; return the result's fields about it except its size.

    With *push* the last line becomes the ``return_value`` of an attempt that *ended* well.
    """
    output.flush()
    pushed = push and ended["kind"] == "exit_code" and ended.get("exit_code") == 0
    if pushed and not output.last_line_complete:
        pushed = False
        note = f"the last line is longer than {files.MAX_XCOM_BYTES} bytes: not kept as XCom"
    output.end(note)
    return {
        "pushed": pushed,
        "last_line": output.last_line()[: None if pushed else _LAST_LINE_MAX],
    }


def when(start: float, began: float) -> dict[str, Any]:
    """Return the result's times: it ends now, and began at *began* on the steady clock.

    *start* is what the wall clock showed then.
    """
    end, steady = time.time(), process.steady()
    return {
        "start": begun(start, end, steady - began),
        "end": end,
        "steady": steady,
        "boot_id": process.boot_id(),
    }
