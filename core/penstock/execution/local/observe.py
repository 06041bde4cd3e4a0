"""Turns the facts of an attempt directory into answers of the executor port."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from penstock import process
from penstock.attempts import files
from penstock.bounds import LONGEST_SECONDS
from penstock.execution.executor import Absent, Accepted, Claimed, Exited, Lost, Observation, Unreachable
from penstock.execution.local.directory import Facts, Stage
from penstock.model.outcome import AssetChange, Outcome, OutcomeKind
from penstock.model.partitions import is_key
from penstock.model.questions import question_in


def observation(folder: str, facts: Facts) -> Observation:
    """Return the observation for *facts* about the attempt in *folder*."""
    match facts.stage:
        case Stage.ABSENT:
            return Absent()
        case Stage.ACCEPTED:
            return Accepted()
        case Stage.CLAIMED:
            child = facts.child
            return Claimed(
                pid=_number(child, "pid"),
                at=_moment(child, "at"),
                note=_label(child.get("note")),
                kill_at=_moment(child, "kill_at"),
            )
        case Stage.REVOKED:
            return _revoked("revoked before a supervisor claimed it")
        case Stage.UNSTARTED:
            return _revoked("its supervisor ended before the start")
        case Stage.LOST:
            return Lost(facts.reason or _why_lost(facts.claim))
        case Stage.UNREADABLE:
            return Unreachable(time.time())
        case Stage.ENDED:
            return _exited(folder, facts.result)


def outcome_of(result: Mapping[str, Any], xcoms: dict[str, Any] | None = None) -> Outcome:
    """Return the outcome in a `Result` record; raise ValueError if the record is invalid."""
    verdict = result.get("verdict") or {}
    kind = OutcomeKind(result["kind"])
    return Outcome(
        kind=kind,
        exit_code=result.get("exit_code"),
        signal=result.get("signal"),
        sent_by=result.get("sent_by"),
        reason=result.get("reason"),
        fail_without_retry=kind is OutcomeKind.EXIT_CODE and verdict.get("kind") == "fail_without_retry",
        duration=result.get("duration"),
        cpu_seconds=result.get("cpu_seconds"),
        peak_rss=result.get("peak_rss"),
        read_bytes=result.get("read_bytes"),
        write_bytes=result.get("write_bytes"),
        log_bytes=result.get("log_bytes"),
        log_dropped=result.get("log_dropped"),
        survivors=result.get("survivors"),
        killed_after=result.get("killed_after"),
        retry_delay=_delay(verdict.get("retry_delay")),
        next_poke_at=verdict.get("next_poke_at") if kind is OutcomeKind.RESCHEDULED else None,
        trigger=_label(verdict.get("trigger")) if kind is OutcomeKind.DEFERRED else None,
        resume_by=_moment(verdict, "resume_by") if kind is OutcomeKind.DEFERRED else None,
        question=_question(verdict.get("question")) if kind is OutcomeKind.DEFERRED else None,
        skips=tuple(verdict.get("skips") or ()),
        assets=tuple(_changes(verdict.get("assets"))),
        mapped_length=_count(verdict.get("mapped_length")),
        rendered_map_index=_label(verdict.get("rendered_map_index")),
        xcoms=xcoms,
    )


def _question(value: Any) -> dict[str, Any] | None:
    """Return what a task asks a person, if it is a question that people can answer."""
    return value if isinstance(value, dict) and question_in(value) is not None else None


def _delay(value: Any) -> float | None:
    """Return a wait in seconds, if it is one that a task could have said."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST_SECONDS
    return float(value) if fits else None


def read_xcoms(folder: str, result: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the attempt pushed, as people may see it.

    None when that is nothing, too large to travel, or unreadable.
    """
    values: Any = {}
    size = result.get("xcom_bytes")
    if size:
        if size > files.MAX_XCOM_BYTES:
            return None
        try:
            record = files.read(f"{folder}/{files.XCOM}")
            values = {**record["values"], **record.get("covered", {})}
        except (OSError, ValueError, KeyError, TypeError):
            return None
    if result.get("pushed"):
        values = {**values, "return_value": result.get("last_line")}
    return values if values and isinstance(values, dict) else None


def _exited(folder: str, result: Mapping[str, Any]) -> Observation:
    try:
        outcome = outcome_of(result, read_xcoms(folder, result))
    except (KeyError, ValueError) as error:
        return Lost(f"its result is invalid: {error!r}")
    return Exited(outcome, _moment(result, "start"), _moment(result, "end"), _steady(result))


def _steady(result: Mapping[str, Any]) -> tuple[str, float] | None:
    seconds, boot = _moment(result, "steady"), result.get("boot_id")
    return None if seconds is None or not isinstance(boot, str) else (boot, seconds)


def _changes(said: Any) -> Iterator[AssetChange]:
    """Yield a verdict's records of assets; invalid ones are left out, and a success stays one."""
    for one in said if isinstance(said, list) else ():
        match one:
            case {"name": str(name), "uri": str(uri), "extra": dict(extra), "aliases": list(aliases)}:
                keys = one.get("partition_keys")
                yield AssetChange(
                    name=name,
                    uri=uri,
                    extra=extra,
                    aliases=tuple(map(str, aliases)),
                    partition_keys=tuple(filter(is_key, keys)) if isinstance(keys, list) else (),
                )


def _revoked(reason: str) -> Exited:
    return Exited(Outcome(kind=OutcomeKind.REVOKED, reason=reason), start=None, end=None)


def _why_lost(claim: Mapping[str, Any]) -> str:
    if claim.get("boot_id") not in (None, process.boot_id()):
        return "the machine restarted while it ran"
    return f"its supervisor (process {claim.get('pid', 'unknown')}) died while it ran"


def _number(record: Mapping[str, Any], key: str) -> int | None:
    value = record.get(key)
    return value if isinstance(value, int) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else None


def _label(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _moment(record: Mapping[str, Any], key: str) -> float | None:
    value = record.get(key)
    return float(value) if isinstance(value, int | float) else None
