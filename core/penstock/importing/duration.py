"""Durations as `timeout` and systemd write them. All are in seconds."""

from __future__ import annotations

import re

_TIMEOUT = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)", re.ASCII)
_UNITS = {
    **dict.fromkeys(["usec", "us", "µs"], 0.000001),
    **dict.fromkeys(["msec", "ms"], 0.001),
    **dict.fromkeys(["seconds", "second", "sec", "s", ""], 1.0),
    **dict.fromkeys(["minutes", "minute", "min", "m"], 60.0),
    **dict.fromkeys(["hours", "hour", "hr", "h"], 3600.0),
    **dict.fromkeys(["days", "day", "d"], 86400.0),
    **dict.fromkeys(["weeks", "week", "w"], 604800.0),
    **dict.fromkeys(["months", "month", "M"], 2629800.0),
    **dict.fromkeys(["years", "year", "y"], 31557600.0),
}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([^\W\d]*)\s*")


def timeout_seconds(word: str) -> float | None:
    """Return the seconds of ``90``, ``1.5h`` or ``2d``; None for anything else, and for 0 (no limit)."""
    found = _TIMEOUT.fullmatch(word)
    if found is None:
        return None
    return float(found[1]) * _UNITS[found[2]] or None


def systemd_seconds(text: str) -> float:
    """Return the seconds of a time span such as ``1h 30min``; raise ValueError in plain words."""
    text, at, total = text.strip(), 0, 0.0
    while at < len(text):
        found = _SPAN.match(text, at)
        if found is None or found[2] not in _UNITS:
            break
        total += float(found[1]) * _UNITS[found[2]]
        at = found.end()
    if not text or at < len(text):
        raise ValueError(f"{text!r} is not a time span such as 90, 15min or 1h 30min")
    return total
