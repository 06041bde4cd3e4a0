"""What is said over Dask: to our part of the scheduler, and to a worker. All of it is data, no code travels.

Each message is one struct as MessagePack, in one call of Dask's; `Refused` is an answer that every call may
get.
"""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.errors import RefusedError
from penstock.execution.dask.versions import Versions
from penstock.execution.remote.protocol import (
    ANSWERS,
    Abandon,
    Answer,
    Drain,
    Forget,
    Hello,
    Log,
    Manifest,
    Observe,
    Order,
    Pull,
    Read,
    Request,
    Revoke,
    Sample,
    Seen,
    Stop,
    Undrain,
)

OPERATION = "penstock"
"""The name of the handler that takes these messages, in the scheduler and in each worker."""
FORWARD = "penstock_forward"
"""The name of the scheduler's handler that carries a call to a worker."""
WORKERS = "penstock-workers"
"""The topic on which each `Report` is passed on to clients; no bytes: look for yourself."""


def topic_of(instance: str) -> str:
    """Return the topic of Dask's events on which workers say something to the clients of an instance."""
    return f"penstock-{instance}"


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One worker as it says itself. ``identity`` is its attempt root's, and outlives the process."""

    name: str
    identity: str
    host: str
    address: str
    slots: int
    holds: tuple[str, ...] = ()
    """The attempts that have its slots."""
    draining: bool = False
    draining_since: float | None = None
    queues: tuple[str, ...] = ()
    resources: dict[str, float] = msgspec.field(default_factory=dict)
    taken: dict[str, float] = msgspec.field(default_factory=dict)
    """How much of each resource its attempts have."""
    version: str = ""
    pid: int = 0
    rss: int | None = None
    load: float | None = None
    since: float = 0.0
    """When it began, by its own clock."""
    note: str | None = None
    """Why it takes nothing new, besides draining."""
    number: int = 0
    """Counts what it says of itself: of two facts from one ``since`` the higher one is the newer."""

    def is_older_than(self, other: Facts) -> bool:
        """Whether the same process of a worker has said *other* later."""
        return (self.identity, self.since) == (other.identity, other.since) and self.number < other.number


class Sighting(msgspec.Struct, frozen=True):
    """A worker's facts, and how many seconds ago it said them."""

    facts: Facts
    age: float
    gone: bool = False
    """Whether Dask has lost it, or it said good-bye."""


# --- to the scheduler ------------------------------------------------------------------------------


class Join(msgspec.Struct, frozen=True, tag="join"):
    """Answered with `Welcome`, or `Refused` when the versions do not fit or the name is another's."""

    versions: Versions
    worker: str | None = None
    identity: str | None = None


class Claim(msgspec.Struct, frozen=True, tag="claim"):
    """Claims starts, each under the name that goes with it; answered with `Winners`."""

    starts: dict[str, str]


class Who(msgspec.Struct, frozen=True, tag="who"):
    """Whose the start of each is; answered with `Winners`."""

    ids: list[str]


class Report(msgspec.Struct, frozen=True, tag="report"):
    """A worker's facts, each second and at each change."""

    facts: Facts


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """A worker ends in order."""

    name: str


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Answered with `Sightings`."""


ToScheduler = Join | Claim | Who | Report | Leave | Look


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """``boot`` tells this run of the scheduler from any other; ``age`` is how many seconds ago it began."""

    versions: Versions
    boot: str
    age: float = 0.0


class Winners(msgspec.Struct, frozen=True, tag="winners"):
    """Whose the starts are; None: offered, and free. Unknown ones are left out."""

    who: dict[str, str | None]


class Sightings(msgspec.Struct, frozen=True, tag="sightings"):
    """All workers that this run of the scheduler has seen."""

    boot: str
    workers: list[Sighting]


class Taken(msgspec.Struct, frozen=True, tag="taken"):
    """It is done."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """It is not done, and why."""

    reason: str


FromScheduler = Welcome | Winners | Sightings | Taken | Refused


# --- to a worker -----------------------------------------------------------------------------------


class Take(Request, frozen=True, kw_only=True, tag="take"):
    """Start these when there is room; their starts were offered. Answered with `Took`."""

    orders: list[Order]


class Took(msgspec.Struct, frozen=True):
    """``declined``: why the worker does not start an attempt; the start of that is still free."""

    declined: dict[str, str] = msgspec.field(default_factory=dict)


class Part(Request, frozen=True, kw_only=True, tag="part"):
    """A part of a bundle; after the last one the worker checks and unpacks it.

    ``missing``: the engine has no such bundle any more.
    """

    hash: str
    offset: int
    data: bytes
    last: bool
    missing: bool = False


class Quit(Request, frozen=True, kw_only=True, tag="quit"):
    """End the attempts of this worker, all instances', and take none: `penstock cluster stop --now`."""

    reason: str


class Call(msgspec.Struct, frozen=True):
    """A request to a worker on behalf of an instance."""

    instance: str
    request: (
        Observe | Stop | Revoke | Abandon | Sample | Log | Pull | Read | Forget | Hello
        | Drain | Undrain | Answer | Take | Part | Quit
    )  # fmt: skip


class Back(msgspec.Struct, frozen=True):
    """A worker's answer: the struct that belongs to the request, or why not."""

    answer: msgspec.Raw = msgspec.Raw(b"\x80")
    error: str | None = None


# --- what a worker says by itself ------------------------------------------------------------------


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """What attempts are that may have changed on this worker, and what it is itself by now.

    ``left`` is what those left that have ended, if it is little: it saves asking for it.
    """

    facts: Facts
    seen: dict[str, Seen]
    left: dict[str, Manifest]


class Needs(msgspec.Struct, frozen=True, tag="needs"):
    """The worker lacks a bundle."""

    worker: str
    hash: str


class Declined(msgspec.Struct, frozen=True, tag="declined"):
    """The worker does not start an attempt that it was given, and why; its start is still free."""

    worker: str
    attempt: str
    reason: str


class NotOurs(msgspec.Struct, frozen=True, tag="not_ours"):
    """The worker does not start these: the fence says that their starts are somebody else's, or nobody's."""

    worker: str
    ids: list[str]


class Asks(msgspec.Struct, frozen=True, tag="asks"):
    """A task asks its engine; answered with `Answer` to this worker, with this number."""

    worker: str
    number: int
    attempt: str | None
    line: str


Event = Moved | Needs | Declined | NotOurs | Asks

_encoder = msgspec.msgpack.Encoder()
_kinds: dict[Any, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (ToScheduler, FromScheduler, Call, Back, Event)
}
_answers: dict[type[Request], msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(answer) for kind, answer in ANSWERS.items()
}
_answers[Take] = msgspec.msgpack.Decoder(Took)


def pack(message: msgspec.Struct) -> bytes:
    """Return *message* as it travels."""
    return _encoder.encode(message)


def unpack(data: bytes, kind: Any) -> Any:
    """Return the message of *kind*, one of the unions here, in *data*; raise `msgspec.MsgspecError`."""
    return _kinds[kind].decode(data)


def back(answer: msgspec.Struct | None, error: str | None = None) -> bytes:
    """Return a worker's answer as it travels."""
    return pack(Back(msgspec.Raw(b"\x80" if answer is None else _encoder.encode(answer)), error))


def answer_in(data: bytes, request: Request) -> Any:
    """Return the worker's answer to *request*; raise `RefusedError` with its reason if it has none."""
    found: Back = unpack(data, Back)
    if found.error is not None:
        raise RefusedError(found.error)
    decoder = _answers.get(type(request))
    return None if decoder is None else decoder.decode(found.answer)
