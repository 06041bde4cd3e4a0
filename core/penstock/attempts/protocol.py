"""The files through which engine, supervisor and task child exchange data, and why they are so.

Stdlib only: supervisors and task children import this and nothing else of ours.

One directory per attempt, ``attempts/<7 hex>/<attempt_id>/``, mode 0700, never reused::

    spec     JSON `AttemptSpec`, the order: complete before anybody looks at it. The supervisor has a
             flock on it, the lock, for as long as it is responsible for the attempt. Below the order
             is room for its report: while the task runs JSON {pid, start_ticks, boot_id, at} of
             the task's process, the leader of its own session; at the end JSON `Result`
    claim    made by link(2) of a complete file, so exactly one writer wins: a supervisor
             ("claimed") or the engine ("revoked"). Decides run-or-never-run exactly once.
    phase    a second name of the spec, given before the spawn: from here on the command may have run
    stop     JSON {mode, reason}: an order for adopted supervisors too
    log      what the task printed, masked and capped by the supervisor: it only grows; none if nothing
    log.tail the latest output while the log is full, until it is appended at the end (see `log_tail`)
    log.idx  pairs of little-endian uint64 (offset, microseconds since 1970), sparse
    verdict  JSON `Verdict`, written by the task child when it has more to say than an exit code
    xcom     JSON {values: {key: value}, covered: {key: value}}, written by the task child; those that hold
             a secret are in the second once more, as people may see them. With them goes a command's
             last line as "return_value", when the result says that it is ``pushed``
    deferral JSON, written by the task child that defers: the trigger's ``class`` and ``kwargs``, the
             ``method`` and ``method_kwargs`` to go on with, the ``path`` to import from, and ``who``
    fired    JSON, beside a deferral, made by link(2) by a triggerer: {event}, {end, xcoms} or {error}, with
             the ``log`` of the trigger. Its first writer wins; the next attempt of the task reads it
    trying   beside a deferral while its trigger begins: how often a triggerer began it and died soon
    wanted   JSON {ids: [attempt_id, ...]}, in the directory of a triggerer: whose triggers it has to run
    rendered JSON {fields: {name: value}}, written by the task child: its template fields, for people
    remote   JSON {executor, worker}: the attempt runs there, and its host has all other files. Those that
             are here are copies: of the log as far as somebody read it, of everything once it has ended
    result   the spec by another name, given once its last line is the whole `Result`; then the lock
             is released

Creating a file costs more than writing it, so an attempt that prints nothing has one, the spec: the log is
made for its first byte, the claim is one file with a name in many directories, phase and result are names of
the spec.

Readers probe in the order result, claim, lock, result again.

    no claim                          accepted, or free to be revoked
    claim = revoked                   never started
    claim, no phase, lock free        never started: revoked, relaunched free of charge
    claim, phase, lock free           lost
    claim, lock held                  running
    result                            ended

Every record carries ``"v": 1``. Readers accept versions they know and refuse others by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from penstock.attempts.files import (
    CLAIM,
    DEFERRAL,
    FIRED,
    HARD_XCOM_BYTES,
    KEEP_RENDERED,
    LOG,
    LOG_INDEX,
    MARK,
    MAX_RECORD_BYTES,
    MAX_XCOM_BYTES,
    PHASE,
    REMOTE,
    RENDERED,
    RESULT,
    SPEC,
    STOP,
    VERDICT,
    VERSION,
    WANTED,
    XCOM,
    attempt_path,
    dump_fields,
    load,
)

__all__ = [
    "CLAIM",
    "DEFERRAL",
    "FIRED",
    "HARD_XCOM_BYTES",
    "KEEP_RENDERED",
    "LOG",
    "LOG_INDEX",
    "MARK",
    "MAX_RECORD_BYTES",
    "MAX_XCOM_BYTES",
    "PHASE",
    "REMOTE",
    "RENDERED",
    "RESULT",
    "SPEC",
    "STOP",
    "VERDICT",
    "VERSION",
    "WANTED",
    "XCOM",
    "AttemptSpec",
    "Result",
    "Verdict",
    "attempt_path",
    "dump",
    "load",
]


@dataclass(frozen=True, slots=True)
class AttemptSpec:
    """Everything a supervisor needs to run one attempt.

    ``argv`` is started in its own session with exactly ``env`` (except values of secrets:
    ``secrets`` maps an environment name to a reference resolved just before the start).
    ``time_limit`` and ``grace`` are seconds of the monotonic clock. ``xcom_sources`` is for the task
    child only: task id (with ``[map_index]`` when mapped) to the attempt id whose ``xcom`` file
    holds its values. So is ``context``, plain JSON with these keys (times are ISO strings in UTC
    or None)::

        dag_id run_id task_id map_index try_number max_tries run_type timezone
        logical_date data_interval_start data_interval_end run_after run_start
        conf params max_map_length keep_rendered
        file          the DAG file's path, as tracebacks should name it
        source        the pinned copy of it that is executed
        dags_folder   goes to the end of sys.path, with the file's own folder
        socket        the engine's socket, for a sensor that asks about other DAGs
        first_poke_at seconds since 1970 since when a sensor waits; None at its first poke
        pokes         how often it has poked before
        triggering    asset events that made the run: name, uri, extra, aliases, at, source
        values        the file with the store's variables and connections
        resumes       the directory of the attempt that deferred, if this one goes on from there
        reply         what a person answered to the question of that attempt
        root          of all attempt directories, for a triggerer

    With ``passed`` it also gets the variables of the engine's environment that ``pass_env`` names. An order
    has only their names: the supervisor gets the values from the engine (see
    `penstock.supervisor.environment`). A Python task asks for others when it needs them (see `talk`).

    ``masks`` and ``lent`` (environment variables that such a child gets as PENSTOCK_SECRET_<name>) come
    from version 0.1 and are obeyed.
    """

    attempt_id: str
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    cwd: str | None = None
    time_limit: float | None = None
    grace: float = 60.0
    umask: int | None = None
    """The umask of the task; None: the one that the supervisor was started with."""
    log_max_bytes: int = 256 << 20
    log_direct: bool = False
    masks: tuple[str, ...] = ()
    """Exact values to hide in the log, longest first."""
    skip_on_exit_code: tuple[int, ...] = ()
    push_last_line: bool = False
    secrets: dict[str, str] = field(default_factory=dict)
    lent: tuple[str, ...] = ()
    passed: bool = False
    lease: float | None = None
    """Seconds after which it ends unless somebody renews it; None: never. See `penstock.supervisor.lease`."""
    context: dict[str, Any] = field(default_factory=dict)
    xcom_sources: dict[str, str] = field(default_factory=dict)
    placement: dict[str, Any] = field(default_factory=dict)
    """Where it is to run, if not on this machine: ``executor``, ``queue``, ``resources``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a task child reports beyond its exit code.

    ``kind``: ``success``, ``skipped``, ``rescheduled`` (with ``next_poke_at``, seconds since
    1970 UTC), ``deferred`` (with ``trigger``, for people, ``resume_by``, seconds since 1970 UTC or None, and
    what a person is asked as ``question``), ``failed`` (retries allowed) or ``fail_without_retry``. ``skips``
    are ids of tasks that a branch or short circuit skips. ``assets`` are objects {name, uri, extra, aliases}:
    what the task reports about assets that it changed. ``mapped_length`` is the length of what the task
    returned, if others are mapped over it (for one instance of several: 1 or 0, whether it returned
    anything); ``rendered_map_index`` is the label of a mapped instance.
    """

    kind: str
    reason: str | None = None
    next_poke_at: float | None = None
    trigger: str | None = None
    resume_by: float | None = None
    question: dict[str, Any] | None = None
    retry_delay: float | None = None
    skips: tuple[str, ...] = ()
    assets: tuple[dict[str, Any], ...] = ()
    mapped_length: int | None = None
    rendered_map_index: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one attempt, written by its supervisor.

    ``kind`` is the value of an `OutcomeKind`. ``start``/``end`` are seconds since 1970, both by the clock as
    it was set at the end; ``steady`` is the end on the steady clock of ``boot_id``, and ``duration`` is
    monotonic. CPU seconds and peak RSS are what the kernel measured for the task and the descendants
    it waited for.
    """

    attempt_id: str
    kind: str
    exit_code: int | None = None
    signal: int | None = None
    sent_by: str | None = None
    reason: str | None = None
    start: float | None = None
    end: float | None = None
    steady: float | None = None
    boot_id: str | None = None
    duration: float | None = None
    killed_after: float | None = None
    """Seconds between SIGTERM and SIGKILL, if the end was ordered and SIGKILL was needed."""
    cpu_seconds: float | None = None
    peak_rss: int | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None
    log_bytes: int = 0
    log_dropped: int = 0
    survivors: int = 0
    last_line: str | None = None
    pushed: bool = False
    """Whether ``last_line`` is the command's ``return_value``."""
    verdict: dict[str, Any] | None = None
    xcom_bytes: int | None = None
    """Size of the ``xcom`` file if there is one."""


def dump(record: AttemptSpec | Verdict | Result | dict[str, Any]) -> bytes:
    """Return *record* as one line of JSON with its version."""
    if isinstance(record, dict):
        return dump_fields(record)
    # Not `asdict`: it copies every value deeply, which costs more than the encoding.
    return dump_fields({name: getattr(record, name) for name in record.__slots__})
