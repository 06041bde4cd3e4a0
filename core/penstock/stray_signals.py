"""Signals that nobody meant for us: a ``kill`` with the wrong number must not end what others rely on.

Supervisors and warm parents *block* every signal: one call, nothing is lost by it, a fork or a spawn lets
go of it with one more, and a fault of the program's own still ends it, because the kernel does not ask then.
The engine *handles* them: a handler, unlike an ignored or a blocked signal, does not pass to what it starts.
"""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Iterable

ALL = frozenset(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
"""Every signal that a process may block or handle, those without a name (real-time ones) included."""

_FAULTS = frozenset(
    {
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGSEGV,
        signal.SIGSYS,
        signal.SIGTRAP,
    }
)
_NO_HARM = frozenset({signal.SIGCHLD, signal.SIGCONT, signal.SIGPIPE, signal.SIGURG, signal.SIGWINCH})
"""What does nothing by itself, or is ignored by Python, which resets it in what it starts."""


def block(*, but: Iterable[int] = ()) -> None:
    """Let no signal reach this process except *but*, whatever it was started with."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ALL - frozenset(but))


def let_through() -> None:
    """Undo `block`: signals reach this process again, as they reach one that was just started."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def disregard(*, but: Iterable[int] = ()) -> None:
    """Have every signal except *but* do nothing to this process; what it starts gets the defaults.

    Faults keep their meaning: SIGABRT must end this process and leave a core file.
    """
    for number in ALL - _FAULTS - _NO_HARM - frozenset(but):
        signal.signal(number, _do_nothing)


def _do_nothing(number: int, frame: object) -> None:
    pass
