"""What the console says when it ends by a fault: why, and in which file the rest is.

It may be the only thing that is ever known of it, so it needs no colours, no width and no file that can be
written.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

LOG = "console.log"
_MOST = 1_000_000
"""Bytes of the file, after which a new one begins; the one before is kept."""


class LastWords:
    """Writes faults into *log*, the file ``console.log`` of an instance; None: there is no place for one."""

    def __init__(self, log: Path | None = None) -> None:
        self._log = log

    def of(self, error: BaseException, *, circumstances: str = "") -> str:
        """Write *error* down; return lines that say what happened, and where the details are."""
        details = "".join(traceback.format_exception(error))
        head = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, Python {platform.python_version()}"
        kept = self._keep(f"{head}{f', {circumstances}' if circumstances else ''}\n{details}\n")
        said = [f"penstock console: it failed: {type(error).__name__}: {error}"]
        where = traceback.extract_tb(error.__traceback__)
        if where:
            said.append(f"  in {where[-1].filename}, line {where[-1].lineno}")
        said += [f"  details: {kept}" if kept is not None else details.rstrip()]
        said.append("  nothing of the engine is stopped by it; `penstock` opens the console again")
        return "\n".join(said) + "\n"

    def _keep(self, text: str) -> Path | None:
        if self._log is None:
            return None
        with contextlib.suppress(OSError):
            with contextlib.suppress(FileNotFoundError):
                if self._log.stat().st_size > _MOST:
                    self._log.replace(self._log.with_suffix(".log.1"))
            handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return self._log
        return None


def tell(text: str) -> None:
    """Write *text* where the terminal shows it, whatever it can show."""
    stream = sys.__stderr__
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        stream.write(
            text.encode(stream.encoding or "ascii", "backslashreplace").decode(stream.encoding or "ascii")
        )
        stream.flush()
