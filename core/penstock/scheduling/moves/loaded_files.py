"""Applies what the loader found: new versions, broken files, DAGs that are gone.

Runs keep the version they started with; only runs created from now on get the new one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from msgspec.structs import replace as replaced

from penstock.clock import from_us, to_us
from penstock.model.one_spec import kept
from penstock.model.pauses import PauseKind
from penstock.model.spec import (
    DagFileProblem,
    DagSpec,
    ParsedFile,
    ScheduleSpec,
    encode_spec,
    spec_hash,
)
from penstock.model.structure import Structure
from penstock.model.subject import about_dag
from penstock.scheduling.moves.assets import forget_others
from penstock.scheduling.moves.pools import put_pool
from penstock.scheduling.moves.quarantine import release, version_hashes
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import (
    DagRecord,
    ImportErrorRecord,
    PauseRecord,
    PoolRecord,
    VersionRecord,
)
from penstock.timetable.doubts import early_first_run
from penstock.timetable.due import Skip, close


def take_file(tick: Tick, parsed: ParsedFile) -> None:
    """Apply one file's DAGs, or its error; with an error, the last good version stays live.

    What is in quarantine stays there until the file changes.
    """
    if _stays_out(tick, f"file:{parsed.file}", parsed.source_hash, parsed):
        return
    problems = list(parsed.errors)
    for spec in parsed.dags:
        with about_dag(spec.dag_id):
            problem = _useless(spec, parsed.source_hash)
            if problem is None and not _stays_out(
                tick, spec.dag_id, version_hashes(spec, parsed.source_hash), parsed
            ):
                problem = _take_dag(tick, spec, parsed.source_hash)
        if problem is not None:
            problems.append(problem)
    if not parsed.errors:
        made = {spec.dag_id for spec in parsed.dags}
        for entry in tick.world.made_by(parsed.file):
            if entry.dag_id not in made:
                _set_missing(tick, entry.facts, missing=True)
    if problems:
        _keep_error(tick, parsed.file, problems)
    else:
        tick.gate.drop_import_error(parsed.file)


def drop_file(tick: Tick, file: str) -> None:
    """Record that a file is gone: its DAGs are missing, and it has no error any more."""
    tick.gate.drop_import_error(file)
    for entry in tick.world.made_by(file):
        if not entry.facts.missing:
            _set_missing(tick, entry.facts, missing=True)


def _stays_out(tick: Tick, subject_id: str, version: str, parsed: ParsedFile) -> bool:
    """Whether something stays in quarantine because it is unchanged; otherwise take it back."""
    record = tick.world.quarantine.get(subject_id)
    if record is None:
        return tick.world.quarantine_reason(subject_id) is not None
    if record.version == version:
        tick.world.parked[subject_id] = parsed
        return True
    release(tick.world, tick.gate, subject_id, "its file has changed")
    tick.reread = True
    return False


def _useless(spec: DagSpec, source_hash: str) -> DagFileProblem | None:
    """Return why the scheduler cannot use a DAG, or None."""
    try:
        Structure(0, spec, source_hash).checked()
    except ValueError as error:
        return DagFileProblem(file=spec.file, message=f"DAG {spec.dag_id!r}: {error}", line=spec.line)
    return None


def _keep_error(tick: Tick, file: str, problems: list[DagFileProblem]) -> None:
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    tick.gate.put(ImportErrorRecord(file, first.message + more, first.line, first.detail, tick.now_us))
    tick.gate.note("import_error", reason=f"{file}:{first.line or '?'}: {first.message}"[:500])


def _set_missing(tick: Tick, facts: DagRecord, *, missing: bool) -> None:
    changed = replace(facts, missing=missing)
    tick.gate.put(changed)
    tick.world.put_dag(changed)
    tick.gate.note("dag_missing" if missing else "dag_back", dag_id=facts.dag_id, reason=facts.file)


def _take_dag(tick: Tick, spec: DagSpec, source_hash: str) -> DagFileProblem | None:
    standing = tick.world.dags.get(spec.dag_id)
    if standing is not None and _made_elsewhere(standing.facts, spec):
        text = f"DAG {spec.dag_id!r} is already made by {standing.facts.file}; rename one of them"
        return DagFileProblem(file=spec.file, message=text, line=spec.line)
    encoded = encode_spec(spec)
    name = spec_hash(encoded)
    for pool in spec.pools:
        if pool.name not in tick.world.pools:
            fields = (pool.name, pool.slots, pool.description, pool.include_deferred)
            put_pool(tick, PoolRecord(*fields))
    if standing is None:
        version_id = _keep_version(tick, spec, encoded, name, source_hash)
        if spec.dag_id in tick.world.unread:
            _mend(tick, spec, version_id)
        else:
            _first_seen(tick, spec, version_id)
        return None
    current = standing.structure
    same = current.source_hash == source_hash and spec_hash(encode_spec(current.spec)) == name
    if same and standing.facts.file == spec.file and not standing.facts.missing:
        return None
    version_id = current.id if same else _keep_version(tick, spec, encoded, name, source_hash)
    _change(tick, spec, version_id)
    return None


def _made_elsewhere(facts: DagRecord, spec: DagSpec) -> bool:
    return facts.file != spec.file and not facts.missing and Path(facts.file).exists()


def _first_seen(tick: Tick, spec: DagSpec, version_id: int) -> None:
    facts = DagRecord(spec.dag_id, spec.file, version_id, False, tick.now_us, None, None, None)  # noqa: FBT003
    tick.gate.add(facts)
    tick.world.put_dag(facts)
    tick.gate.note("dag_new", dag_id=spec.dag_id, reason=spec.file)
    early = early_first_run(spec, from_us(tick.now_us))
    if early is not None:
        tick.gate.note("first_run", dag_id=spec.dag_id, reason=early)
    if spec.paused_upon_creation is not False or spec.catchup_unsaid:
        pause = PauseRecord(
            PauseKind.SCHEDULE,
            spec.dag_id,
            "",
            "",
            "engine",
            tick.now_us,
            "catchup is on because Airflow 2 has it so: look how many runs that starts"
            if spec.catchup_unsaid
            else "new DAGs start with their schedule paused",
        )
        tick.world.pauses[pause.key] = pause
        tick.gate.add(pause)


def _mend(tick: Tick, spec: DagSpec, version_id: int) -> None:
    """Replace the unreadable row of a DAG."""
    facts = tick.world.unread.pop(spec.dag_id)
    if facts is None:
        facts = DagRecord(spec.dag_id, spec.file, version_id, False, tick.now_us, None, None, None)  # noqa: FBT003
        tick.gate.drop(facts)
        tick.gate.add(facts)
    else:
        facts = replace(facts, file=spec.file, version_id=version_id, missing=False)
        tick.gate.put(facts)
    tick.world.put_dag(facts)
    tick.gate.note("dag_changed", dag_id=spec.dag_id, reason=f"loaded again from {spec.file}")


def _change(tick: Tick, spec: DagSpec, version_id: int) -> None:
    standing = tick.world.dag(spec.dag_id)
    facts = replace(standing.facts, file=spec.file, version_id=version_id, missing=False)
    old = standing.structure.spec
    moved = (_lasting(old.schedule), old.start_date, old.timezone) != (
        _lasting(spec.schedule),
        spec.start_date,
        spec.timezone,
    )
    if moved:
        ending = close(
            old, cursor=standing.cursor, first_seen=from_us(facts.first_seen_us), now=from_us(tick.now_us)
        )
        for skip in ending.decisions:
            assert isinstance(skip, Skip), "a schedule that ends only skips"
            tick.ledger.record_skip(
                standing, skip.first.logical_date, skip.last.logical_date, skip.count, skip.reason
            )
        if ending.cursor is not None:
            cursor = ending.cursor
            facts = replace(
                facts,
                cursor_us=to_us(cursor.run_after),
                cursor_start_us=to_us(cursor.data_interval_start),
                cursor_end_us=to_us(cursor.data_interval_end),
            )
    tick.gate.put(facts)
    tick.world.put_dag(facts)
    forget_others(tick, tick.world.dag(spec.dag_id))
    tick.gate.note("dag_changed", dag_id=spec.dag_id, reason=spec.file)


def _lasting(schedule: ScheduleSpec) -> ScheduleSpec:
    """Return what of a schedule makes it another one: a list that goes on has other points at every load."""
    return replaced(schedule, points=(), goes_on=False) if schedule.kind == "listed" else schedule


def _keep_version(tick: Tick, spec: DagSpec, encoded: bytes, name: str, source_hash: str) -> int:
    standing = tick.world.reads.version_id(spec.dag_id, name, source_hash)
    version_id = _next_version(tick.world) if standing is None else standing
    record = VersionRecord(
        id=version_id,
        dag_id=spec.dag_id,
        spec_hash=name,
        source_hash=source_hash,
        file=spec.file,
        spec=encoded.decode(),
        created_us=tick.now_us,
    )
    if standing is None:
        tick.gate.add(record)
    else:
        try:
            tick.world.structure(standing)
        except ValueError:
            tick.gate.put(record)  # its row was damaged; here is what it was
        else:
            return version_id
    tick.world.versions.put(version_id, kept(encoded, spec), source_hash)
    return version_id


def _next_version(world: World) -> int:
    return max(world.reads.next_key("version"), world.versions.newest + 1)
