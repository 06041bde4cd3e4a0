"""Finds the engine of this home, whether or not it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.holder import Holder
    from penstock.settings import Settings


def holder(settings: Settings) -> Holder | None:
    """Return the holder of the home's locks, even without a socket; None if there is none."""
    from penstock.holder import holder_of

    return holder_of(settings.run_folder)


def silence(found: Holder) -> str:
    """Return a message about an engine that runs for the home but does not answer, and what to do."""
    if found.pid is None:
        return "an engine runs for this home and does not answer; its process is not visible from here"
    if found.stopped:
        return (
            f"the engine, pid {found.pid}, is stopped (SIGSTOP or a debugger) and does not answer: "
            f"`kill -CONT {found.pid}` resumes it, `penstock down` ends it"
        )
    return (
        f"the engine, pid {found.pid}, does not answer: it may be starting, or very busy; "
        "see engine.log, or end it with `penstock down`"
    )
