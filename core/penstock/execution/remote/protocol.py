"""What an engine and the client process of a remote executor say to each other.

One JSON object a line, both ways, over a socket pair. ``op`` says what it is. The engine's requests carry
an ``id``, and exactly one `Reply` answers each. The client sends events by itself. Between the client and a
worker the same structs travel, one call a request, so this table is the whole language::

    request      its answer     what is asked
    Hello        Greeting       first of all: who asks, and how the executor is set
    Submit       Submitted      run these; an id is never executed twice, however often it is submitted
    Observe      Observed       the facts about these; passing through, it renews the lease of each
    Stop         Done           end it: an order, not an answer
    Revoke       Seen           take its start away from everybody else; what it is then
    Abandon      Seen           end what is left of it on its host, though its directory is gone
    Sample       Sampled        what these use now
    Log          Piece          a part of what it printed so far
    Pull         Manifest       what it left behind, once it has ended
    Read         Piece          a part of one file of that
    Forget       Done           delete what its host keeps of these
    Drain        Done           start nothing more on this worker; it stops nothing
    Undrain      Done           use it again
    Bundle       Done           the code that `NeedBundle` asked for
    Answer       Done           the engine's line for an `Ask`
    Close        Done           nothing more is coming; attempts go on

    event        when
    Hint         these may have changed: look, unless what they are came along
    Workers      the workers, whenever one of them has changed
    Scheduler    contact with the scheduler came or went
    NeedBundle   a host lacks this code
    Ask          a task asks the engine something: one line of its wire

An unknown event or field is ignored; an unknown request is answered with an error. Times are seconds since
1970 by the clock of the machine that names them, sizes are bytes; bytes travel as base64.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from penstock.attempts.protocol import AttemptSpec
from penstock.decoding import decoder
from penstock.execution.remote.config import OnPartition

VERSION = 1
"""Raised if an older peer could misunderstand; new fields with a default do not raise it."""
PIECE = 1 << 20
"""The most bytes of a log or a file in one answer."""
INLINE = 16 << 10
"""A file of at most so many bytes travels in its manifest."""
DEFAULT_QUEUE = "default"
"""The queue of orders that name none, and of workers that were started without one."""
MAX_LINE = 64 << 20
"""A longer line ends the connection."""


class Left(msgspec.Struct, frozen=True):
    """Files of an earlier attempt that a task goes on from: their text by name."""

    attempt: str
    files: dict[str, str]


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One launch. ``spec`` has placeholders in place of paths (`penstock.execution.remote.orders`)."""

    spec: AttemptSpec
    queue: str | None = None
    resources: dict[str, float] = msgspec.field(default_factory=dict)
    """What it needs besides a slot, by the names of the workers' ``--resource``."""
    lease: float = 600.0
    """Seconds after the last renewal at which its host ends it, by that host's monotonic clock."""
    on_partition: OnPartition = "kill"
    bundle: str | None = None
    """The hash of its code; None if it needs none."""
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    """Values by reference, for ``secrets = "engine"``. They live in memory only, on every host."""
    resumes: Left | None = None
    """To be laid into the worker's root before the start, and forgotten with the attempt."""


# --- requests --------------------------------------------------------------------------------------


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="op"):
    """What every request has."""

    id: int = 0


class Hello(Request, frozen=True, kw_only=True, tag="hello"):
    """``config`` is ``[executors.NAME]`` with its defaults; ``instance`` identifies the home for good.

    ``home`` and ``run_folder`` are this machine's, for files of the client's own. ``environment`` are
    variables for every task (``pass_env``), ``hidden`` further values that no log may show; both are
    empty when secrets are resolved at the worker.
    """

    version: int
    executor: str
    instance: str
    home: str
    config: dict[str, Any]
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    shown: tuple[str, ...] = ()
    """Names in ``environment`` whose values are not secret."""
    hidden: tuple[str, ...] = ()


class Submit(Request, frozen=True, kw_only=True, tag="submit"):
    """Each of ``orders`` is committed by the engine."""

    orders: list[Order]


class Observe(Request, frozen=True, kw_only=True, tag="observe"):
    """``known`` names the worker of those that were claimed when they were last seen."""

    ids: list[str]
    known: dict[str, str] = msgspec.field(default_factory=dict)


class Stop(Request, frozen=True, kw_only=True, tag="stop"):
    """``term``: SIGTERM, the grace, SIGKILL; ``kill``: no grace. One that is not claimed never starts."""

    attempt: str
    mode: Literal["term", "kill"]
    reason: str
    worker: str | None = None


class Revoke(Request, frozen=True, kw_only=True, tag="revoke"):
    """The answer is an error if the fence cannot be asked now: then nothing is known."""

    attempt: str


class Abandon(Request, frozen=True, kw_only=True, tag="abandon"):
    """Answered with absent (nothing runs), lost (something did) or unreachable (not known now)."""

    attempt: str
    worker: str | None = None


class Sample(Request, frozen=True, kw_only=True, tag="sample"):
    """Those that are not claimed, and those whose host does not answer, are left out of the answer."""

    ids: list[str]
    known: dict[str, str] = msgspec.field(default_factory=dict)


class Log(Request, frozen=True, kw_only=True, tag="log"):
    """At most `PIECE` bytes of a log from *offset*; a negative offset counts from the end."""

    attempt: str
    offset: int
    limit: int
    worker: str | None = None


class Pull(Request, frozen=True, kw_only=True, tag="pull"):
    """The attempt has ended, or is lost with its supervisor."""

    attempt: str
    worker: str | None = None


class Read(Request, frozen=True, kw_only=True, tag="read"):
    """At most `PIECE` bytes of the file *name* of a `Manifest`."""

    attempt: str
    name: str
    offset: int
    limit: int
    worker: str | None = None


class Forget(Request, frozen=True, kw_only=True, tag="forget"):
    """What is kept of these is not needed any more. Their start fences stay taken."""

    ids: list[str]
    known: dict[str, str] = msgspec.field(default_factory=dict)


class Drain(Request, frozen=True, kw_only=True, tag="drain"):
    """Stays until `Undrain`, also when the worker or the scheduler restarts."""

    worker: str


class Undrain(Request, frozen=True, kw_only=True, tag="undrain"):
    """Takes `Drain` back."""

    worker: str


class Bundle(Request, frozen=True, kw_only=True, tag="bundle"):
    """``path`` is a file of this machine; None if the engine does not have that code any more."""

    hash: str
    path: str | None


class Answer(Request, frozen=True, kw_only=True, tag="answer"):
    """``line`` is one line of the engine's wire, as it answers on its socket, without the line's end."""

    ask: int
    line: str


class Close(Request, frozen=True, kw_only=True, tag="close"):
    """The client ends after its answer."""


AnyRequest = (
    Hello | Submit | Observe | Stop | Revoke | Abandon | Sample | Log | Pull | Read | Forget
    | Drain | Undrain | Bundle | Answer | Close
)  # fmt: skip


# --- answers ---------------------------------------------------------------------------------------


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """The client speaks this version."""

    version: int
    program: str


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """``refused``: why an attempt can never run there, by id (its order is invalid); all others are taken."""

    refused: dict[str, str] = msgspec.field(default_factory=dict)


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one attempt is.

    ``absent``: neither the scheduler nor any known host has heard of it. ``accepted``: it waits, ``waiting``
    says for what. ``claimed``: a supervisor has it. ``exited``: its result can be pulled; ``revoked`` with
    it: it never started and never will. ``lost``: its supervisor vanished (``reason``), and what there is
    can be pulled. ``unreachable``: no contact with its host since ``since``; this is not a state.
    """

    kind: Literal["absent", "accepted", "claimed", "exited", "lost", "unreachable"]
    worker: str | None = None
    waiting: str | None = None
    pid: int | None = None
    at: float | None = None
    note: str | None = None
    kill_at: float | None = None
    reason: str | None = None
    since: float | None = None
    revoked: bool = False


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """``seen`` has each id that was asked for. All but absent and unreachable are renewed."""

    seen: dict[str, Seen]


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """As `penstock.execution.executor.Usage`."""

    cpu_percent: float
    cpu_seconds: float
    rss: int
    read_bytes: int
    write_bytes: int
    processes: int


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """What each attempt uses."""

    usage: dict[str, Use]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file: ``offset`` is where ``data`` begins, ``size`` how long the file is now."""

    data: bytes
    offset: int
    size: int
    written_us: int | None = None
    """Of a log: when its first byte was written, by the host's clock."""


class LeftFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file that an attempt left; ``data`` are its bytes if they are at most `INLINE`, else it is read."""

    name: str
    size: int
    sha256: str
    data: bytes | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt left, all of it complete: log, log.idx, xcom, rendered, deferral and such.

    ``result`` is the result's own line, as JSON; None if it has none (lost). ``now`` is the host's clock,
    ``boot_id`` its boot: by both the engine sets times right. ``dags`` is where the host keeps its code:
    a deferral's ``path`` names it.
    """

    files: list[LeftFile]
    result: str | None
    now: float
    boot_id: str | None = None
    dags: str | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It is done."""


ANSWERS: dict[type[Request], type[msgspec.Struct]] = {
    Hello: Greeting,
    Submit: Submitted,
    Observe: Observed,
    Stop: Done,
    Revoke: Seen,
    Abandon: Seen,
    Sample: Sampled,
    Log: Piece,
    Pull: Manifest,
    Read: Piece,
    Forget: Done,
    Drain: Done,
    Undrain: Done,
    Bundle: Done,
    Answer: Done,
    Close: Done,
}
"""The answer of each request."""


# --- what the client sends -------------------------------------------------------------------------


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="reply"):
    """The answer to request ``re``, or in words why there is none."""

    re: int
    answer: msgspec.Raw = msgspec.Raw(b"{}")
    error: str | None = None


class Hint(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="hint", omit_defaults=True):
    """These attempts may have changed. What came along of ``ids`` need not be asked for."""

    ids: list[str]
    seen: dict[str, Seen] = msgspec.field(default_factory=dict)
    """What their worker has just seen them to be."""
    left: dict[str, Manifest] = msgspec.field(default_factory=dict)
    """What those left that have ended, if it is little: each file with its bytes."""


class WorkerFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One worker. ``name`` is unique in its executor and stays when the worker restarts on its host."""

    name: str
    host: str
    slots: int
    used: int
    state: Literal["ready", "draining", "unreachable"]
    since: float
    """When it got into this state."""
    queues: tuple[str, ...] = (DEFAULT_QUEUE,)
    """The queues that it serves, and no other."""
    resources: dict[str, float] = msgspec.field(default_factory=dict)
    """How much of each it has in all."""
    version: str = ""
    pid: int | None = None
    rss: int | None = None
    load: float | None = None
    """The load of its host, over the last minute."""
    contact: float | None = None
    """When it was last heard of."""
    note: str | None = None
    """A problem with it."""


class Workers(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="workers"):
    """All workers that are known; it replaces what was said before."""

    workers: list[WorkerFacts]


class Scheduler(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="scheduler"):
    """Whether the scheduler answers, since when, and what is wrong and mends it."""

    connected: bool
    since: float
    problem: str | None = None


class NeedBundle(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="need_bundle"):
    """A host lacks this code; answered with `Bundle`."""

    hash: str


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="ask"):
    """A task of *attempt* asks the engine ``line``, without the line's end; answered with `Answer`."""

    ask: int
    worker: str
    attempt: str | None
    line: str


AnyEvent = Hint | Workers | Scheduler | NeedBundle | Ask
_Words = Reply | AnyEvent


# --- lines -----------------------------------------------------------------------------------------

_encoder = msgspec.json.Encoder()


def line(message: msgspec.Struct) -> bytes:
    """Return *message* as one line."""
    return _encoder.encode(message) + b"\n"


def reply(to: Request, answer: msgspec.Struct | None = None, error: str | None = None) -> bytes:
    """Return the line that answers *to*."""
    raw = msgspec.Raw(b"{}") if answer is None else msgspec.Raw(_encoder.encode(answer))
    return line(Reply(re=to.id, answer=raw, error=error))


def request_in(data: bytes) -> AnyRequest:
    """Return the request in a line; raise `msgspec.MsgspecError` if it is not one."""
    return decoder(AnyRequest).decode(data)  # type: ignore[arg-type]


def said_in(data: bytes) -> Reply | AnyEvent:
    """Return what the client said in a line; raise `msgspec.MsgspecError` if it is nothing known."""
    return decoder(_Words).decode(data)  # type: ignore[arg-type]


def answer_in(said: Reply, to: Request) -> Any:
    """Return the answer to *to* as its own type; raise `msgspec.MsgspecError` if it is not one."""
    return decoder(ANSWERS[type(to)]).decode(said.answer)
