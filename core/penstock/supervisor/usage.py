"""What the kernel measured for a command and the descendants it waited for."""

from __future__ import annotations

from penstock import process

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

_own_peak = 0
"""Our own peak in bytes, when it was last looked up."""


def fields_of(usage: Any, *, exact: bool) -> dict[str, Any]:
    """Return the fields of a result that wait(2)'s *usage* gives: seconds and bytes.

    A spawned process begins in our own memory, and the kernel counts that too: a peak that is no higher
    says nothing about the command, unless it is *exact*. A fork has its own from the start.
    """
    global _own_peak  # noqa: PLW0603 - the kernel's figure is one for all, and only grows
    peak = usage.ru_maxrss * (1024 if process.LINUX else 1)
    if not exact and peak > _own_peak:
        _own_peak = process.own_peak_rss()
    return {
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 6),
        "peak_rss": peak if exact or peak > _own_peak else None,
        "read_bytes": usage.ru_inblock * 512,
        "write_bytes": usage.ru_oublock * 512,
    }
