"""How long a search takes through a log of 172 MB: words, patterns, and with more hits than are kept.

It is the console's own search (`LogPane` reads the same way), without the drawing.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Report, Scale, median
from penstock_tui.view.log_patterns import ERRORS, Sought, wanted
from penstock_tui.view.log_pieces import up
from penstock_tui.view.log_search import BLOCK, Matches, scan, stretch

_BYTES = 172_000_000
_SOUGHT = {
    "a word that is not there": "needle",
    "a word in every line": "batch",
    "a word in any case": "orders",
    "a pattern with a word": r"~batch \d+7 ",
    "one of two words": "~(refused|timed out) by",
    "a pattern without a word, few hits": r"~\d{9}",
    "a pattern without a word, many hits": r"~[a-f]\d",
    "a pattern that is in every line": r"~\d\d:\d\d",
    "a number with its unit, in every line": r"~\d+ ms",
    "the end of lines": "~[0-9]$",
    "a number at the end of lines": r"~\d+$",
    "anything but digits at the end": "~[^0-9]$",
    "the beginning of lines": r"~^\d{4}-",
    "the beginning of few lines": r"~^\s+at ",
    "a whole word": r"~\b[A-Z]{8}\b",
    "long lines": "~.{200}",
}


def measure(scale: Scale) -> Report:
    """Measure it."""
    size = scale.count(_BYTES, least=1 << 20)
    report = Report("log_search", f"a search through a log of {size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        path = Path(folder) / "log"
        lines = _write(path, size)
        patterns: dict[str, Sought] = {"error lines": ERRORS}
        for name, text in _SOUGHT.items():
            what = wanted(text)
            if isinstance(what, str):
                raise TypeError(what)
            patterns[name] = what.in_bytes
        took: dict[str, list[float]] = {}
        hits: dict[str, int] = {}
        plain: list[float] = []
        for _ in range(scale.rounds):
            plain.append(_read(path))
            for name, pattern in patterns.items():
                seconds, hits[name] = _search(path, pattern)
                took.setdefault(name, []).append(seconds)
    report.figures = {
        "lines": lines,
        "seconds": {name: median(values) for name, values in took.items()},
        "hits": hits,
    }
    report.floor = {"name": "reading the file", "s": median(plain)}
    slowest = max(median(values) for values in took.values())
    report.ratios["wall"] = slowest / median(plain)
    report.budget("the slowest search, s", slowest, 2.0, 1.0)
    return report


def _write(path: Path, size: int) -> int:
    """Write lines as an engine of orders prints them; return how many."""
    count, written = 0, 0
    with path.open("wb") as file:
        while written < size:
            block = bytearray()
            for number in range(count, count + 10_000):
                what = b"ERROR refused by peer" if number % 5000 == 4999 else b"INFO read"
                at = b"06:%02d:%02d" % (number // 60 % 60, number % 60)
                block += b"2026-07-12T%s.%03d %s batch %07d of orders, took %d ms, hash %08x\n" % (
                    at, number % 1000, what, number, number * 7919 % 977, number * 2654435761 % (1 << 32),
                )  # fmt: skip
            count += 10_000
            written += file.write(block)
    return count


def _read(path: Path) -> float:
    begun = time.monotonic()
    with path.open("rb") as file:
        while file.read(BLOCK):
            pass
    return time.monotonic() - begun


def _search(path: Path, pattern: Sought) -> tuple[float, int]:
    """Return the seconds and hits of a search from the end of the log to its beginning."""
    begun = time.monotonic()
    matches = Matches(path.stat().st_size)
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while matches.covered:
            first = max(0, up(matches.covered - BLOCK))
            offset, limit = stretch(first, matches.covered)
            data = os.pread(handle, limit, offset)
            found = scan(data, offset, first, matches.covered, pattern, count=matches.full)
            matches.add_before(found)
            matches.covered = first
    finally:
        os.close(handle)
    return time.monotonic() - begun, matches.total
