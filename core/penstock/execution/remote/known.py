"""What an engine knows of an attempt on another host, and what follows from that. Pure.

The host has the truth; here is the last that was heard of it. Silence is never a state: only after the
lease, the grace and some seconds more, all by the engine's own steady clock, has the host ended it for sure.
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock.execution.executor import Accepted, Claimed, Lost, Observation, Unreachable
from penstock.execution.remote.config import Lease
from penstock.execution.remote.protocol import Seen

MARGIN = 30.0
"""Seconds after lease and grace at which an attempt without contact is lost."""
SILENT = 10.0
"""Seconds without an answer after which there is "no contact": an answer may be late."""


@dataclass(slots=True)
class Known:
    """One attempt. ``contact`` is when its lease was last renewed, on the steady clock."""

    attempt_id: str
    grace: float
    contact: float
    contact_at: float
    """The same in seconds since 1970, for people."""
    sent: bool = False
    """Whether anybody but this engine may have heard of it."""
    taken: bool = False
    """Whether its submission was answered."""
    adopted: bool = False
    """Whether an engine before this one submitted it."""
    worker: str | None = None
    """The worker on which it has begun."""
    given: str | None = None
    """The worker that was to begin it, and may have."""
    begun: float | None = None
    """When it was last heard that it has begun, on the steady clock."""
    seen: Seen | None = None
    order: tuple[str, str] | None = None
    """A stop that was not passed on yet: mode and reason."""
    revoke: bool = False
    """Whether its start is to be taken away."""
    ended: Observation | None = None
    """Its end, once everything of it is here."""
    pulling: bool = False
    trouble: str | None = None
    """Why what it left could not be fetched, the last time."""

    def hear(self, seen: Seen, mono: float, now: float) -> bool:
        """Take what was *seen*; return whether that is news to the engine."""
        before = self.seen
        self.seen = seen
        if seen.kind not in ("absent", "unreachable"):
            self.contact, self.contact_at = mono, now
            self.given = seen.worker or self.given
        if seen.kind in ("claimed", "exited", "lost"):
            self.worker, self.begun = seen.worker or self.worker, mono
        return before is None or _telling(before) != _telling(seen)

    def is_overtaken(self, seen: Seen, asked: float | None) -> bool:
        """Whether *seen* is an older answer than what was heard: less than that it has begun.

        *asked* is when it was asked for, on the steady clock; None: nobody asked. Answers come by several
        ways, and some wait for a slow worker. Believed, it would be a host that has lost what it was running.
        """
        if self.begun is None or seen.kind not in ("absent", "accepted"):
            return False
        waits_with_nobody = seen.kind == "accepted" and seen.worker is None
        return asked is None or asked <= self.begun or waits_with_nobody


def _telling(seen: Seen) -> tuple[object, ...]:
    return (seen.kind, seen.worker, seen.waiting, seen.pid, seen.note, seen.kill_at)


def verdict(known: Known, lease: Lease, mono: float, whom: str) -> Observation:
    """Return what the engine is told about an attempt. *whom* names the executor, for people."""
    if known.ended is not None:
        return known.ended
    silent = mono - known.contact
    seen = known.seen
    if is_lost(known, lease, mono):
        host = f"worker {known.worker or known.given}"
        return Lost(f"there has been no contact with {host} for {silent:.0f} s, longer than its lease")
    out_of_contact = Unreachable(known.contact_at, known.worker or known.given or whom)
    if seen is None:
        if known.adopted:
            return out_of_contact
        return Accepted(f"{whom} has not taken it yet")
    match seen.kind:
        case "accepted":
            return Accepted(seen.waiting or f"it waits for a free slot of {whom}")
        case "claimed" if silent <= SILENT:
            return Claimed(seen.pid, seen.at, seen.note, seen.kill_at, known.worker)
        case "absent" if not known.adopted:
            return Accepted(f"{whom} does not know it: its start is being taken back")
    return out_of_contact


def is_lost(known: Known, lease: Lease, mono: float) -> bool:
    """Whether its host has ended an attempt for sure, because nobody renewed its lease.

    One that no worker is known to have may still be waiting somewhere: only its start fence can decide.
    """
    if lease.on_partition == "keep" or known.ended is not None:
        return False
    if known.worker is None and known.given is None:
        return False
    if known.seen is not None and known.seen.kind in ("exited", "lost") and known.pulling:
        return False
    return mono - known.contact > lease.seconds + known.grace + MARGIN


def must_fence(known: Known) -> bool:
    """Whether nobody has heard of an attempt that somebody should know, so that its start is taken away.

    A worker that was to begin it and says that it does not know it never will: in the end the fence says so.
    """
    if known.ended is not None or not known.sent:
        return False
    return known.revoke or (known.seen is not None and known.seen.kind == "absent" and known.worker is None)


def can_be_told(known: Known) -> bool:
    """Whether there is somebody to bring an order to stop to: until then it is kept here.

    A client that has just started knows no attempt, and drops an order for one that nobody is known to have.
    """
    if known.worker is not None or known.given is not None:
        return True
    return known.seen is not None and known.seen.kind != "unreachable"
