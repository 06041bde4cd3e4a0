"""What a log of a gigabyte costs the console: how long until its end is there, and how much memory."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from benchmarks.figures import Report, Scale, median
from benchmarks.instance import Instance, dag_file
from benchmarks.terminal import Terminal
from benchmarks.usage import memory
from penstock.execution.configured import archive_of

_BODY = "BashOperator(task_id='only', bash_command='echo the first line')"
_END = "the very last line"
_TAIL = 4 << 20


def measure(scale: Scale) -> Report:
    """Measure it."""
    size = max(_TAIL * 2, round((1 << 30) * scale.size))
    report = Report(
        "large_log", f"the console opens a log of {size >> 20} MiB at its end, beside one of 4 lines"
    )
    took: dict[str, list[float]] = {"a_small": [], "b_large": []}
    grown: dict[str, float] = {}
    with Instance({name: dag_file(name, _BODY) for name in took}) as instance:
        for name in took:
            instance.run(name)
            _write_log(instance, 0 if name == "a_small" else size)
        command = [sys.executable, "-m", "penstock_tui"]
        for name, key in (("a_small", "\x1b[H"), ("b_large", "\x1b[F")):
            with Terminal(command, instance.environment()) as terminal:
                terminal.until("b_large")
                terminal.press(key)
                terminal.quiet()
                before = memory(terminal.pid)[0]
                for number in range(scale.rounds + 1):
                    terminal.press("l")
                    begun = time.monotonic()
                    terminal.until(_END)
                    if number:
                        took[name].append((time.monotonic() - begun) * 1e3)
                    terminal.quiet()
                    grown[name] = memory(terminal.pid)[0] - before
                    terminal.press("\x1b")
                    terminal.until("owner")
    small, large = median(took["a_small"]), median(took["b_large"])
    report.figures = {"large_ms": large, "grown_mib": grown["b_large"]}
    report.floor = {"name": "a log of 4 lines", "ms": small, "grown_mib": grown["a_small"]}
    report.ratios["wall"] = large / small
    report.budget("console grows by, MiB", grown["b_large"], 30.0, None)
    return report


def _write_log(instance: Instance, size: int) -> None:
    """Make the newest log *size* bytes long: a hole, which costs no disk, and then lines."""
    path = Path(archive_of(instance.settings).log_file(instance.newest_attempt()) or "")
    with path.open("r+b") as stream:
        if size:
            stream.seek(size - _TAIL, os.SEEK_SET)
            line = b"a line of a log that nobody will ever read, as most of them are\n"
            stream.write(b"\n" + line * (_TAIL // len(line)))
        else:
            stream.seek(0, os.SEEK_END)
        stream.write(f"\n\n{_END}\n".encode())
