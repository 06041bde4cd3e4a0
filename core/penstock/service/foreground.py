"""`penstock test`: one run in the foreground, by the engine's own rules and without an engine.

It is a private engine over a temporary folder, with the same loop, store and supervisors, so that a test
follows the same rules as production. Waits between tries are cut to a second.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import msgspec

from penstock.api.local import LocalEngine
from penstock.clock import SystemClock
from penstock.errors import DagFileError, PenstockError, UnknownError, UsageError
from penstock.execution.configured import executor_of
from penstock.execution.executor import KEEP_RENDERED, Accepted, Archive, Claimed, Executor
from penstock.ids import instance_key
from penstock.loading.keep import keep_source
from penstock.loading.parse import parse_file_sync
from penstock.loading.reading import read_source
from penstock.model.acts import Answer, Trigger
from penstock.model.expansion import sources
from penstock.model.outcome import describe
from penstock.model.questions import Given
from penstock.model.spec import DagSpec, ParsedFile, PoolSpec, TaskSpec
from penstock.model.states import RUN_TERMINAL
from penstock.model.structure import Structure
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runs import RunDetail, TaskRow
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.orders import FileLoaded
from penstock.service.daemon import prepare_home
from penstock.service.environment import task_environment
from penstock.service.notices import Notices
from penstock.service.server import Server
from penstock.service.trusted import require_config
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.values_file import seed_values
from penstock.store.engine.working_set import WorkingSet

RETRY_AFTER = 1.0
"""The longest wait between two tries, in seconds."""
_FOLLOW_EVERY = 0.2
_LOOK, _LOOKS = 0.05, 200
_LOG_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class TestReport:
    """How a test run ended; ``tasks`` are JSON-able, in topological order."""

    __test__ = False  # not a test class, whatever its name

    dag_id: str
    run_id: str
    state: str
    tasks: list[dict[str, Any]]


def run_test(
    file: Path,
    dag_id: str | None,
    *,
    task: str | None,
    logical_date: datetime | None,
    conf: dict[str, Any],
    log: TextIO,
    settings: Settings,
    answers: Sequence[Given] = (),
) -> TestReport:
    """Run a DAG of *file* once, or only *task* of it; the tasks' output goes to *log* as it comes.

    A task that asks a person gets what *answers* say, or else its defaults.

    Raises `DagFileError` if the file does not load, `UsageError` if it makes several DAGs and none is
    named, `UnknownError` for a DAG or task that it does not make.
    """
    require_config(settings)
    source = read_source(file)
    parsed = parse_file_sync(file, settings=settings, source=source)
    spec = _prepared(_chosen(parsed, file, dag_id), task)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="penstock-test-"))
    mask = os.umask(0o077) if settings.umask is None else settings.umask
    if settings.umask is None:
        os.umask(mask)
    private = replace(settings, home=folder, allow_root=True, umask=mask & 0o077)
    environment = {**task_environment(private, os.environ), "PENSTOCK_HOME": str(settings.home)}
    environment[KEEP_RENDERED] = "1"
    try:
        prepare_home(private)
        _lend_values(settings, private)
        keep_source(private, source)
        others = [_prepared(other, None) for other in parsed.dags if other.dag_id != spec.dag_id]
        ready = ParsedFile(file=str(file), source_hash=parsed.source_hash, dags=(spec, *others))
        when = logical_date or datetime.now(UTC)
        if when.tzinfo is None:
            when = when.replace(tzinfo=ZoneInfo(spec.timezone))
        act = Trigger(dag_id=spec.dag_id, logical_date=when, conf=conf)
        return asyncio.run(_run(ready, act, private, environment, log, answers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lend_values(settings: Settings, private: Settings) -> None:
    """Give the private engine the variables and connections in the instance's store."""
    try:
        data = settings.values_file.read_bytes()
    except FileNotFoundError:
        return
    database = Database.open(private.database)
    try:
        seed_values(database, data)
    finally:
        database.close()


def _chosen(parsed: ParsedFile, file: Path, dag_id: str | None) -> DagSpec:
    if parsed.errors:
        first = parsed.errors[0]
        raise DagFileError(first.message, first.file, first.line)
    made = {spec.dag_id: spec for spec in parsed.dags}
    if dag_id is not None:
        if dag_id not in made:
            raise UnknownError(f"{file} makes no DAG {dag_id!r}; it makes: {', '.join(made) or 'none'}")
        return made[dag_id]
    if len(made) != 1:
        raise UsageError(f"{file} makes {len(made)} DAGs; name one of: {', '.join(made) or '(none)'}")
    return next(iter(made.values()))


def _prepared(spec: DagSpec, task: str | None) -> DagSpec:
    """Return the spec to run: one task alone if asked, all of it here, its pools made."""
    tasks = spec.tasks
    if task is not None:
        only = spec.task(task)
        if only is None:
            names = ", ".join(each.task_id for each in spec.tasks)
            raise UnknownError(f"DAG {spec.dag_id!r} has no task {task!r}; it has: {names}")
        _refuse_mapped(spec, only)
        tasks = (msgspec.structs.replace(only, upstream=(), depends_on_past=False),)
    declared = {pool.name for pool in spec.pools} | {"default_pool"}
    missing = sorted({each.pool for each in tasks} - declared)
    return msgspec.structs.replace(
        spec,
        tasks=tuple(_here_and_soon(each) for each in tasks),
        pools=(*spec.pools, *(PoolSpec(name=name, slots=128) for name in missing)),
        paused_upon_creation=True,  # only triggered runs
    )


def _refuse_mapped(spec: DagSpec, task: TaskSpec) -> None:
    expand = Structure(0, spec, "").mapping.get(task.task_id)
    names = sorted(set(sources(expand))) if expand is not None else []
    if names:
        raise UsageError(
            f"{task.task_id} is mapped over what {', '.join(names)} returns, so it cannot run alone: "
            "test the whole DAG"
        )


def _here_and_soon(task: TaskSpec) -> TaskSpec:
    """Return a task as it is tried: on this machine, whatever executor it names, and with short waits."""
    longest = RETRY_AFTER if task.max_retry_delay is None else min(RETRY_AFTER, task.max_retry_delay)
    return msgspec.structs.replace(task, max_retry_delay=longest, executor="local", queue=None, resources={})


async def _run(
    parsed: ParsedFile,
    act: Trigger,
    settings: Settings,
    environment: dict[str, str],
    log: TextIO,
    answers: Sequence[Given],
) -> TestReport:
    database = Database.open(settings.database)
    clock = SystemClock()
    executor = executor_of(settings)
    notices = Notices()
    loop = Loop(database, executor, settings, clock, environment=environment, publish=notices.publish)
    engine = LocalEngine(database, settings, executor, loop, since=clock.now())
    server = Server(engine, notices, settings)  # tasks may ask, and trigger the file's other DAGs
    await loop.recover()
    await server.start()
    work = asyncio.create_task(loop.run())
    try:
        loop.order(FileLoaded(parsed))
        done = await loop.commit_async(act, expect=None, actor="test", act_id=None)
        assert done.run_id is not None
        follow = _Follow(engine, log)
        while True:
            detail = engine.run(act.dag_id, done.run_id)
            follow.show(detail)
            for stuck in engine.quarantine():  # nobody can free it here, so the test would never end
                raise PenstockError(f"{stuck.kind} {stuck.id} cannot go on: {stuck.reason}")
            for asked in engine.questions():
                await loop.commit_async(_answer(asked, answers), expect=None, actor="test", act_id=None)
            rest = loop.world.runs or loop.world.callbacks  # runs that it triggered also finish
            if detail.run.state in RUN_TERMINAL and not rest:
                break
            await loop.moved(_FOLLOW_EVERY)
        for row in engine.callbacks(act.dag_id, done.run_id)[::-1]:
            follow.show_callback(row)
        return _report(database, executor, parsed.dags[0], detail)
    finally:
        await server.close()
        loop.stop()
        await work
        await _end_triggerer(loop.world.triggers.triggerer, executor)
        await executor.close()
        database.close()


async def _end_triggerer(attempt_id: str | None, executor: Executor) -> None:
    """End the process that runs triggers, before its folder goes."""
    if attempt_id is None:
        return
    executor.stop(attempt_id, "term", "the test is over")
    for _ in range(_LOOKS):
        if not isinstance(executor.observe([attempt_id])[attempt_id], Accepted | Claimed):
            return
        await asyncio.sleep(_LOOK)


def _answer(asked: QuestionRow, answers: Sequence[Given]) -> Answer:
    """Return what a task that asks is answered; raise `UsageError` if nobody said."""
    key = instance_key(asked.task_id, asked.map_index)
    given = [each for each in answers if each.task in (key, asked.task_id)]
    chosen = tuple(option for each in given for option in each.chosen) or asked.question.defaults
    if chosen is None and not given:
        options = " or ".join(asked.question.options)
        raise UsageError(
            f"{key} asks a person: {asked.question.subject}. Say --answer {key}=OPTION: {options}"
        )
    return Answer(
        dag_id=asked.dag_id,
        run_id=asked.run_id,
        task_id=key,
        chosen=chosen or (),
        params={name: value for each in given for name, value in each.params.items()},
        anyway=True,
    )


class _Follow:
    """Writes what the tasks print, line by line, each with its task's name."""

    def __init__(self, engine: LocalEngine, log: TextIO) -> None:
        self._engine = engine
        self._log = log
        self._offsets: dict[str, int] = {}
        self._rest: dict[str, bytes] = {}

    def show(self, detail: RunDetail) -> None:
        """Write what is new."""
        for row in detail.tasks:
            if row.attempts == 0:
                continue
            key = instance_key(row.task_id, row.map_index)
            for attempt in self._engine.attempts(
                detail.run.dag_id, detail.run.run_id, row.task_id, row.map_index
            ):
                self._copy(key, attempt.attempt_id, ended=attempt.end is not None)

    def show_callback(self, row: CallbackRow) -> None:
        """Write what a callback printed."""
        if row.attempt_id is not None:
            name = f"{row.task_id} {row.kind}" if row.task_id else row.kind
            self._copy(name, row.attempt_id, ended=True)

    def _copy(self, task_id: str, attempt_id: str, *, ended: bool) -> None:
        while True:
            offset = self._offsets.get(attempt_id, 0)
            if offset < 0:
                return
            chunk = self._engine.read_log(attempt_id, offset, _LOG_BLOCK)
            self._offsets[attempt_id] = chunk.next_offset
            self._write(task_id, attempt_id, chunk.data)
            if not chunk.data:
                break
        if ended:
            self._write(task_id, attempt_id, b"\n" if self._rest.get(attempt_id) else b"")
            self._offsets[attempt_id] = -1

    def _write(self, task_id: str, attempt_id: str, data: bytes) -> None:
        *lines, rest = (self._rest.get(attempt_id, b"") + data).split(b"\n")
        self._rest[attempt_id] = rest
        for line in lines:
            print(f"{task_id} | {line.decode(errors='replace')}", file=self._log, flush=True)


def _report(database: Database, archive: Archive, spec: DagSpec, detail: RunDetail) -> TestReport:
    xcoms = WorkingSet(database).xcoms(detail.run.dag_id, detail.run.run_id)
    return TestReport(
        dag_id=detail.run.dag_id,
        run_id=detail.run.run_id,
        state=detail.run.state.value,
        tasks=[
            _row(row, xcoms.get(instance_key(row.task_id, row.map_index), {}), _rendered(archive, spec, row))
            for row in detail.tasks
        ],
    )


def _rendered(archive: Archive, spec: DagSpec, row: TaskRow) -> dict[str, Any]:
    """Return the template fields of a task's last attempt, as they were when it executed."""
    task = spec.task(row.task_id)
    if row.attempt_id is None or task is None:
        return {}
    if task.command is not None:  # started unchanged, so nothing was rendered
        return {"bash_command": task.command.argv[-1]} if task.command.argv[1:2] == ("-c",) else {}
    return archive.rendered(row.attempt_id)


def _row(row: TaskRow, xcoms: dict[str, Any], rendered: dict[str, Any]) -> dict[str, Any]:
    return {
        "task_id": row.task_id,
        "map_index": row.map_index,
        "rendered_map_index": row.rendered_map_index,
        "state": row.state.value,
        "try_number": row.try_number,
        "outcome": None if row.outcome is None else describe(row.outcome),
        "reason": row.reason,
        "start": None if row.start is None else row.start.isoformat(),
        "end": None if row.end is None else row.end.isoformat(),
        "xcoms": xcoms,
        "rendered": rendered,
    }
