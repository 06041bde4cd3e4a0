"""Limits for templates: text, memory and time, so that a template cannot use up the machine.

Single operations that would make something huge are refused before they run; everything else is checked
now and then during rendering. Only the rendering is limited, not the task.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterable, Iterator

from penstock.authoring.exceptions import TemplateLimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

MOST_TEXT = 16 << 20
"""Characters (or items) that a template may make, at once or in total."""
MOST_MEMORY = 1 << 30
"""Bytes by which the process may grow while one template is rendered."""
MOST_SECONDS = 60.0
"""CPU seconds that one template may take."""
_MOST_BITS = 1 << 20
_LOOK = 0.05
"""CPU seconds between two checks."""
_WIDE = re.compile(r"%[-+ #0]*(\d*\.)?\d{8,}|\{[^{}]*:[^{}]*\d{8,}")
"""A width or precision of eight digits, in either kind of format."""
_WIDTH_GIVEN = re.compile(r"%[-+ #0]*(\d*\.)?\*|\{[^{}]*:[^{}]*\{")
"""A width that comes from an argument."""
_WIDTHS = frozenset({"center", "ljust", "rjust", "zfill"})


def refuse_huge(operator: str, left: Any, right: Any) -> None:
    """Raise `TemplateLimitError` when ``left operator right`` would be huge."""
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        if right > 0 and left.bit_length() * right > _MOST_BITS:
            raise TemplateLimitError(f"a power of more than {_MOST_BITS} bits")
    elif operator == "*":
        for many, one in ((left, right), (right, left)):
            if isinstance(many, str | bytes | list | tuple) and isinstance(one, int):
                _refuse_long(len(many) * one, "repeating something")
        whole = isinstance(left, int) and isinstance(right, int)
        if whole and left.bit_length() + right.bit_length() > _MOST_BITS:
            raise TemplateLimitError(f"a product of more than {_MOST_BITS} bits")
    elif operator == "%" and isinstance(left, str | bytes):
        _refuse_wide(left, right)


def refuse_huge_call(called: Any, args: tuple[Any, ...], values: Iterable[Any] = ()) -> None:
    """Raise `TemplateLimitError` if a method of a string would make a huge one."""
    called = getattr(called, "__wrapped__", called)  # the sandbox wraps `str.format`
    text: Any = getattr(called, "__self__", None)
    if not isinstance(text, str | bytes):
        return
    name = getattr(called, "__name__", "")
    if name in _WIDTHS and args and isinstance(args[0], int):
        _refuse_long(args[0], name)
    elif name == "expandtabs" and args and isinstance(args[0], int):
        _refuse_long(len(text) * args[0], name)
    elif name == "replace" and len(args) >= 2 and hasattr(args[1], "__len__"):
        _refuse_long(len(text) + text.count(args[0]) * len(args[1]), name)
    elif name in ("format", "format_map"):
        _refuse_wide(text, (*args, *values))


def refuse_huge_filter(name: str, args: tuple[Any, ...]) -> None:
    """Raise `TemplateLimitError` if a Jinja filter would make a huge string."""
    if name in ("center", "indent", "wordwrap", "batch", "slice", "tojson"):
        for each in args:
            if isinstance(each, int):
                _refuse_long(each, f"the filter {name!r}")
    elif name == "format" and args and isinstance(args[0], str):
        _refuse_wide(args[0], args[1:])


def counted(pieces: Iterable[Any]) -> Iterator[Any]:
    """Yield the pieces of a string; raise `TemplateLimitError` when they are too many."""
    length = 0
    for piece in pieces:
        length += len(piece) if isinstance(piece, str) else 0
        _refuse_long(length, "what it makes")
        yield piece


class watched:  # noqa: N801 - used like a function
    """``with watched():`` limits the block to `MOST_SECONDS` of CPU time and `MOST_MEMORY` of growth.

    Works only in the main thread, with a CPU timer whose old handler is restored afterwards.
    """

    def __enter__(self) -> None:
        self._began, self._size = time.process_time(), _memory()
        self._timer: tuple[float, float] | None = None
        try:
            self._handler = signal.signal(signal.SIGPROF, self._look)
        except ValueError:  # another thread
            return
        self._timer = signal.setitimer(signal.ITIMER_PROF, _LOOK, _LOOK)

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            signal.setitimer(signal.ITIMER_PROF, *self._timer)
            signal.signal(signal.SIGPROF, self._handler)

    def _look(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if time.process_time() - self._began > MOST_SECONDS:
            raise TemplateLimitError(f"more than {MOST_SECONDS:g} s of CPU time")
        if _memory() - self._size > MOST_MEMORY:
            raise TemplateLimitError(f"more than {MOST_MEMORY >> 20} MiB of memory")


def _refuse_long(length: int, what: str) -> None:
    if length > MOST_TEXT:
        raise TemplateLimitError(f"{what} gives more than {MOST_TEXT >> 20} million characters or items")


def _refuse_wide(text: Any, given: Any) -> None:
    """Refuse a format with a huge width, whether it is written there or *given* as an argument."""
    plain = text if isinstance(text, str) else text.decode("latin-1")
    if _WIDE.search(plain):
        raise TemplateLimitError("a format with a width of eight digits or more")
    if _WIDTH_GIVEN.search(plain):
        for each in given if isinstance(given, tuple | list) else (given,):
            if isinstance(each, int) and not isinstance(each, bool):
                _refuse_long(each, "a format whose width may be given")


def _memory() -> int:
    """Return the memory of this process in bytes; its peak where the current value is not available."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - in every task's process
            return int(file.read().split()[1]) * 4096
    except (OSError, ValueError, IndexError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
