"""Who is the engine of this home, whether or not it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.holder import Holder
    from penstock.settings import Settings


def holder(settings: Settings) -> Holder | None:
    """Return who holds the home's locks, whatever is left of its socket; None when it is free."""
    from penstock.holder import holder_of

    return holder_of(settings.run_folder)


def silence(found: Holder) -> str:
    """Return what to say of an engine that holds the home and does not answer, and what to do."""
    if found.pid is None:
        return (
            "an engine runs for this home and does not answer; whose process it is cannot be told from here"
        )
    if found.stopped:
        return (
            f"the engine, pid {found.pid}, is stopped (SIGSTOP or a debugger) and answers nobody: "
            f"`kill -CONT {found.pid}` lets it go on, `penstock down` ends it"
        )
    return (
        f"the engine, pid {found.pid}, does not answer: it may just be starting, or be very busy; "
        "see engine.log, and `penstock down` ends it"
    )
