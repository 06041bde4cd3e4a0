"""Puts subjects into quarantine and takes them out."""

from __future__ import annotations

from penstock.model.spec import DagSpec, encode_spec, spec_hash
from penstock.model.subject import Subject
from penstock.scheduling.world.world import World
from penstock.store.engine.gate import Gate
from penstock.store.engine.records import QuarantineRecord


def put(
    world: World,
    gate: Gate,
    subject: Subject,
    reason: str,
    *,
    place: str,
    retry_us: int | None = None,
    version: str | None = None,
    act: str | None = None,
) -> None:
    """Put *subject* into quarantine, or replace its reason."""
    record = QuarantineRecord(
        subject.id,
        subject.kind,
        subject.dag_id,
        subject.run_id,
        reason,
        place,
        gate.now_us,
        retry_us,
        version,
        act,
    )
    gate.put(record)
    gate.note(
        "quarantined",
        dag_id=record.dag_id,
        run_id=record.run_id,
        reason=f"{record.kind} {record.id}: {reason}",
    )
    world.quarantine[record.id] = record
    world.out.add(record.id)


def release(world: World, gate: Gate, subject_id: str, reason: str) -> None:
    """Take something out of quarantine. Its records are read with the next reading of the world."""
    record = world.quarantine.pop(subject_id)
    world.out.discard(subject_id)
    gate.drop(record)
    gate.note("released", dag_id=record.dag_id, run_id=record.run_id, reason=f"{subject_id}: {reason}")


def version_hashes(spec: DagSpec, source_hash: str) -> str:
    """Return what identifies a version of a DAG: both of its hashes, in full."""
    return f"{spec_hash(encode_spec(spec))}-{source_hash}"
