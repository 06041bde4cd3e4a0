"""A story: what happens to an engine, step by step, and everything that each step changes, as text.

The text is compared with a file that is read in review, so a change anywhere in scheduling, in what it
writes or in what is read for people shows as a difference in a story. Of prose only the numbers are
kept there: a story says what is, not how it is put. How it is put goes into a text of its own, the words of
the story. Random ids get numbers in the order in which they come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import SQLModel

from drive.checks import assert_memory_is_the_store, stored_world
from drive.loop import OK, Bench
from fakes.clock import START
from penstock.attempts.protocol import AttemptSpec
from penstock.clock import from_us, to_us
from penstock.errors import PenstockError
from penstock.execution.executor import Accepted, Claimed, Exited, Lost, Observation
from penstock.model.acts import AnyAct, Trigger, act_name
from penstock.model.outcome import Outcome
from penstock.model.spec import DagFileProblem, DagSpec, ParsedFile
from penstock.model.states import RUN_TERMINAL, TERMINAL
from penstock.model.views.plans import Plan
from penstock.scheduling.world.orders import FileGone, FileLoaded
from penstock.store.engine.records import SampleRecord

_CHANCE = re.compile(r"\b[0-9a-f]{12}-[0-9a-f]{8}\b|\b[0-9a-f]{64}\b|\b(?=\d*[a-f])[0-9a-f]{16}\b")
_SHARD = re.compile(r"attempts/[0-9a-f]+/")  # a folder named after the present moment
_UNTOLD = {"act", "edge", "meta"}
_START_US = to_us(START)


class Story:
    """A bench whose every step is written down."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.bench = Bench(folder, **settings)
        self.lines: list[str] = []
        self._worded: list[str] = []
        self._heard: dict[str, None] = {}
        self._known: set[str] = set()
        self._home = str(folder)
        self._rows: dict[str, dict[Any, dict[str, Any]]] = {}
        self._views: dict[str, Any] = {}
        self._named: dict[str, str] = {}
        self._launched = self._stopped = self._published = 0

    async def open(self) -> Story:
        """Start the engine; a new one over the same database when it is called again."""
        await self.bench.open()
        self._told("open")
        return self

    # -- steps -----------------------------------------------------------------------------------

    def load(self, *specs: DagSpec, source: str = "0") -> None:
        """Have the engine take over DAGs, those of one file together."""
        for file in dict.fromkeys(spec.file for spec in specs):
            dags = tuple(spec for spec in specs if spec.file == file)
            self.bench.loop.order(FileLoaded(ParsedFile(file=file, source_hash=source * 64, dags=dags)))
        self._tick(f"load {', '.join(spec.dag_id for spec in specs)}")

    def break_file(self, file: str, *dags: DagSpec) -> None:
        """Have a DAG file fail to load, some of it perhaps."""
        error = DagFileProblem(file=file, message="it is broken", line=3)
        self.bench.loop.order(
            FileLoaded(ParsedFile(file=file, source_hash="e" * 64, dags=dags, errors=(error,)))
        )
        self._tick(f"break {file}")

    def remove_file(self, file: str) -> None:
        """Remove a DAG file."""
        self.bench.loop.order(FileGone(file))
        self._tick(f"remove {file}")

    def act(self, act: AnyAct, *, stale: bool = False) -> None:
        """Plan an act and carry it out, as operators do who look first; with *stale* from an old plan."""
        what = f"act {self._wish(act)}"
        try:
            plan = self.bench.loop.plan(act)
            said = self._planned(plan)
            done = self.bench.act(act, expect="old" if stale else plan.fingerprint)
        except PenstockError as error:
            self._told(what, self._refused(error))
        else:
            self._told(what, *said, f"done {self._text(done)}")

    def ask(self, *acts: AnyAct) -> None:
        """Plan acts, and carry none of them out."""
        for act in acts:
            try:
                said = self._planned(self.bench.loop.plan(act))
            except PenstockError as error:
                said = [self._refused(error)]
            what = self._text(f"ask {self._wish(act)}", prose=False)
            self.lines += ["", f"> {what}", *(f"  {each}" for each in said)]
            self._wrote(what, list(self._heard))
        self._told("asked, and nothing has changed")

    def end(self, task: str, outcome: Outcome = OK, *, run: str | None = None) -> None:
        """Let the attempt of a task end, after it ran since its launch."""
        attempt_id = self._live(task, run)
        clock, executor = self.bench.clock, self.bench.executor
        now = clock.time.timestamp()
        ran = clock.seconds - executor.begun[attempt_id]
        self.see(task, Exited(outcome, now - ran, now, (clock.boot(), clock.seconds)), run=run)

    def lose(self, task: str, *, run: str | None = None, elsewhere: bool = False) -> None:
        """Let the supervisor of a task vanish."""
        self.see(task, Lost("its supervisor vanished", elsewhere), run=run)

    def see(self, task: str, seen: Observation, *, run: str | None = None) -> None:
        """Let the executor see something of a task's attempt."""
        self.bench.executor.seen[self._live(task, run)] = seen
        words = self._plain(seen)
        self._tick(f"see {task} {run or ''} {type(seen).__name__} {_json(words)}")

    def sample(self, task: str, rss: int, *, run: str | None = None) -> None:
        """Let the resources of a task's attempt be measured."""
        at_us = to_us(self.bench.clock.time)
        self.bench.loop.add_samples([SampleRecord(self._live(task, run), at_us, 12.5, rss, 3, 4, 2)])
        self._tick(f"sample {task} {rss}")

    def claim(self) -> None:
        """Let a supervisor claim every launch that waits for one."""
        executor = self.bench.executor
        for each, seen in executor.seen.items():
            if isinstance(seen, Accepted):
                executor.seen[each] = Claimed(4711, self.bench.clock.time.timestamp())
        self._tick("claim")

    def finish(self, outcome: Outcome = OK, *, most: int = 40) -> None:
        """Let everything that runs end, and what follows, until nothing runs."""
        for _ in range(most):
            live = sorted(self.bench.loop.world.attempts.items(), key=lambda each: each[1])
            if not live:
                return
            self.bench.clock.forward(1)
            now, executor = self.bench.clock.time.timestamp(), self.bench.executor
            for attempt_id, _ in live:
                executor.seen[attempt_id] = Exited(outcome, now - 1, now)
            self._tick("finish " + ", ".join(place[1] for _, place in live))
        raise AssertionError("it does not come to an end")

    def deliver(self, outcome: Outcome = OK) -> None:
        """Let every delivery of a callback that is under way end."""
        now = self.bench.clock.time.timestamp()
        ids = list(self.bench.loop.world.delivering)
        for attempt_id in ids:
            self.bench.executor.seen[attempt_id] = Exited(outcome, now, now)
        self.bench.loop._turn(ids)
        self._told(f"deliver {len(ids)} {_json(self._plain(msgspec.to_builtins(outcome)))}")

    def trigger(self, dag_id: str, **fields: Any) -> str:
        """Trigger a run and return its id."""
        before = {row.run_id for row in self.bench.engine.runs(dag_id)}
        self.act(Trigger(dag_id=dag_id, **fields))
        return next(row.run_id for row in self.bench.engine.runs(dag_id) if row.run_id not in before)

    def tell(self, name: str, view: Any) -> None:
        """Write down something else that is shown."""
        self._told(f"show {name}", self._text(view))

    def tick(self) -> None:
        """Let the engine look around, while no time passes."""
        self._tick("tick")

    def wait(self) -> None:
        """Sleep until the engine wants to be woken."""
        wake_us = self.bench.tick()
        assert wake_us is not None, "nothing is to come"
        self.forward(max(0.0, wake_us / 1e6 - self.bench.clock.time.timestamp()))

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.bench.clock.forward(seconds)
        self._tick(f"forward {seconds}")

    def step_clock(self, seconds: float) -> None:
        """Set the wall clock, while no time passes."""
        self.bench.clock.step(seconds)
        self._tick(f"step clock {seconds}")

    def look(self, why: bool = True) -> None:
        """Write down what is shown to people, where it differs from the last look."""
        self._heard.clear()
        for name, view in self._shown(why=why):
            now, before = self._plain(view), self._views.get(name)
            self._views[name] = now
            if isinstance(now, dict) and isinstance(before, dict):
                moved = {key: now.get(key) for key in {**before, **now} if now.get(key) != before.get(key)}
                if moved:
                    self.lines.append(f"  {_short(name)} ~ {self._text(_json(moved), prose=False)}")
            elif now not in (before, []):
                self.lines.append(f"  {_short(name)}: {self._text(_json(now), prose=False)}")
        self._wrote("look", [each for each in self._heard if each not in self._known])

    # -- what is written down --------------------------------------------------------------------

    def text(self) -> str:
        """Return the whole story."""
        return "\n".join(self.lines) + "\n"

    def words(self) -> str:
        """Return what was said in each step, and shown for the first time in each look, word for word."""
        return "\n".join(self._worded) + "\n"

    def _wrote(self, what: str, sentences: list[str]) -> None:
        if sentences:
            self._worded += ["", f"> {what}", *(f"  {each}" for each in sentences)]
        self._known.update(sentences)
        self._heard.clear()

    def _wish(self, act: AnyAct) -> str:
        values = {name: value for name, value in msgspec.to_builtins(act).items() if name != "act"}
        return f"{act_name(act)} {_json(self._plain(values))}"

    def _planned(self, plan: Plan) -> list[str]:
        cli = self._text(plan.cli, prose=False)
        said = [f"plan {self._text(plan.title)} {self._text(plan.counts)} {cli}"]
        said += [f"plan {self._text(item)}" for item in plan.items]
        return said + [f"note {self._text(note)}" for note in plan.notes]

    def _refused(self, error: PenstockError) -> str:
        return f"refused {type(error).__name__} {self._text(error.message)}"

    def _live(self, task: str, run: str | None) -> str:
        world = self.bench.loop.world
        for attempt_id, (pk, key) in world.attempts.items():
            if key == task and run in (None, world.runs[pk].record.run_id):
                return attempt_id
        raise AssertionError(f"{task} has no live attempt; live: {sorted(self.bench.live())}")

    def _tick(self, what: str) -> None:
        wake_us = self.bench.tick()
        self._told(what, *([] if wake_us is None else [f"wake {_moment(wake_us)}"]))

    def _told(self, what: str, *said: str) -> None:
        self.lines += ["", f"> {self._text(what, prose=False)}", *(f"  {each}" for each in said)]
        executor, changes = self.bench.executor, self.bench.changes
        for spec in list(executor.specs.values())[self._launched :]:
            self.lines.append(f"  launch {self._order(spec)}")
        for attempt_id, mode, reason in executor.stops[self._stopped :]:
            self.lines.append(f"  stop {self._text(attempt_id)} {mode} {self._text(reason)}")
        for change in changes[self._published :]:
            told = msgspec.to_builtins(change)
            told = {**told, "dags": sorted(told["dags"]), "runs": sorted(told["runs"])}
            self.lines.append(f"  notice {self._text(told)}")
        self._launched, self._stopped = len(executor.specs), len(executor.stops)
        self._published = len(changes)
        self._compare()
        self._wrote(self._text(what, prose=False), list(self._heard))
        assert_memory_is_the_store(self.bench, stored_world(self.bench))

    def _compare(self) -> None:
        now = self._read()
        for table, rows in now.items():
            before = self._rows.get(table, {})
            for key in [key for key in before if key not in rows]:
                self.lines.append(f"  - {table} {self._text(key)}")
            for key, row in rows.items():
                if table == "event" and key not in before:
                    self.lines.append(f"  {self._event(row)}")
                elif key not in before:
                    self.lines.append(f"  + {table} {self._text(row)}")
                elif before[key] != row:
                    moved = {
                        name: [before[key][name], new]
                        for name, new in row.items()
                        if new != before[key][name]
                    }
                    self.lines.append(f"  ~ {table} {self._text(key)} {self._text(moved)}")
        self._rows = now

    def _read(self) -> dict[str, dict[Any, dict[str, Any]]]:
        found: dict[str, dict[Any, dict[str, Any]]] = {}
        with self.bench.database.read() as connection:
            for table in SQLModel.metadata.sorted_tables:
                if table.name not in _UNTOLD:
                    keys = [column.name for column in table.primary_key]
                    # Attempt ids are made of chance: attempts come in the order of their making.
                    order = [sa.text("rowid")] if table.name == "attempt" else table.primary_key
                    rows = connection.execute(sa.select(table).order_by(*order)).mappings()
                    found[table.name] = {
                        "/".join(str(row[key]) for key in keys): {
                            name: _moment(value) if name.endswith("_us") and value is not None else value
                            for name, value in row.items()
                        }
                        for row in rows
                    }
        return found

    def _event(self, row: dict[str, Any]) -> str:
        where = "/".join(str(row[name]) for name in ("dag_id", "run_id", "task_id") if row[name])
        index = "" if row["map_index"] < 0 else f"[{row['map_index']}]"
        moved = f" {row['before']} > {row['after']}" if row["before"] or row["after"] else ""
        said = f" {self._without_prose(row['reason'])}" if row["reason"] else ""
        what = f"{row['seq']} {row['at_us']} {row['actor']} {row['kind']} {where}{index}{moved}{said}"
        return self._text(what, prose=False)

    def _order(self, spec: AttemptSpec) -> str:
        told = {name: getattr(spec, name) for name in spec.__slots__ if getattr(spec, name)}
        told.pop("argv")
        told["env"] = {name: value for name, value in spec.env.items() if name.startswith("PENSTOCK_")}
        return self._text(told)

    def _shown(self, *, why: bool) -> Iterator[tuple[str, Any]]:
        engine = self.bench.engine
        dags = engine.dags()
        status = msgspec.to_builtins(engine.status())
        yield "status", {**status, "pid": 0, "database_bytes": 0, "version": ""}
        for dag in dags:
            yield f"dag {dag.dag_id}", dag
            detail = msgspec.to_builtins(engine.dag(dag.dag_id))
            yield f"detail {dag.dag_id}", {**detail, "dag": None}
            yield f"next {dag.dag_id}", engine.next_points(dag.dag_id, 2)
            yield from _numbered(f"ledger {dag.dag_id}", reversed(engine.ledger(dag.dag_id)))
            hour = timedelta(hours=1)
            for point in engine.points(dag.dag_id, first=START - hour, last=START + hour):
                yield f"point {dag.dag_id} {point.logical_date:%H:%M}", point
            days = engine.days(dag.dag_id, first=START.date(), last=START.date() + timedelta(days=1))
            yield from _numbered(f"day {dag.dag_id}", days)
            yield from _numbered(f"callback {dag.dag_id}", reversed(engine.callbacks(dag.dag_id)))
            if why:
                yield f"why {dag.dag_id}", engine.why(dag.dag_id)
            for run in engine.runs(dag.dag_id):
                yield from self._run(dag.dag_id, run.run_id, why=why)
        if why:
            yield from _numbered("waiting", self.bench.loop.waits(20).waiting)
        for name in (
            "import_errors",
            "quarantine",
            "pools",
            "assets",
            "variables",
            "connections",
            "breakpoints",
            "questions",
        ):
            yield from _numbered(name, getattr(engine, name)())
        yield from _numbered("asset event", reversed(engine.asset_events()))
        for row in engine.backfills():
            yield f"backfill {row.backfill_id}", row
            yield from _numbered(f"slot {row.backfill_id}", engine.backfill(row.backfill_id).points)

    def _run(self, dag_id: str, run_id: str, *, why: bool) -> Iterator[tuple[str, Any]]:
        engine = self.bench.engine
        detail = engine.run(dag_id, run_id)
        yield f"run {dag_id} {run_id}", detail.run
        if why and detail.run.state not in RUN_TERMINAL:
            yield f"why {dag_id} {run_id}", engine.why(dag_id, run_id)
        for row in detail.tasks:
            name = f"{dag_id} {run_id} {row.task_id}{'' if row.map_index < 0 else f'[{row.map_index}]'}"
            yield f"task {name}", row
            if why and row.state not in TERMINAL:
                yield f"why {name}", engine.why(dag_id, run_id, row.task_id, row.map_index)
            if row.attempts:
                attempts = engine.attempts(dag_id, run_id, row.task_id, row.map_index)
                yield from _numbered(f"attempt {name}", attempts)
                for attempt in attempts:
                    yield from _numbered(f"sample {name}", engine.samples(attempt.attempt_id))

    # -- plain words -----------------------------------------------------------------------------

    def _text(self, value: Any, *, prose: bool = True) -> str:
        text = value if isinstance(value, str) else _json(self._plain(value))
        text = text.replace(self._home, "HOME")
        if prose and isinstance(value, str):
            text = self._without_prose(text)
        text = _SHARD.sub("attempts/…/", _short(text))
        return _CHANCE.sub(lambda found: self._name(found[0]), text)

    def _name(self, chance: str) -> str:
        return self._named.setdefault(chance, f"#{len(self._named) + 1}")

    def _without_prose(self, text: str) -> str:
        """Of words only the numbers: how something is put is not the matter of a story."""
        text = text.replace(self._home, "HOME")
        if " " not in text or re.fullmatch(r"\d\d [\d:.]+", text):
            return text
        self._heard[_short(_CHANCE.sub("#", _SHARD.sub("attempts/…/", text)))] = None
        return "…" + ",".join(re.findall(r"\d+", _CHANCE.sub("", _SHARD.sub("", text))))

    def _plain(self, value: Any) -> Any:
        """Make *value* plain: no prose, nothing empty, keys of mappings in their order."""
        if isinstance(value, msgspec.Struct):
            value = msgspec.to_builtins(value)
        elif hasattr(value, "__dataclass_fields__"):
            value = {name: getattr(value, name) for name in value.__dataclass_fields__}
        if isinstance(value, dict):
            plain = {str(name): self._plain(each) for name, each in value.items()}
            return {name: each for name, each in plain.items() if not _says_nothing(name, each)}
        if isinstance(value, frozenset | set):
            return sorted(self._plain(each) for each in value)
        if isinstance(value, list | tuple):
            return [self._plain(each) for each in value]
        if isinstance(value, str):
            if value.startswith(("{", "[")):
                return self._plain(json.loads(value))
            return self._without_prose(value)
        return value if isinstance(value, int | float | bool | None) else str(value)


def _numbered(name: str, views: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{name} {at}", view) for at, view in enumerate(views))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace('"', "")


def _short(text: str) -> str:
    return text.replace(f"{START:%Y-%m-}", "").replace("+00:00", "")


def _says_nothing(name: str, value: Any) -> bool:
    return value is None or value is False or value in ("", [], {}) or (name, value) == ("map_index", -1)


def _moment(us: int) -> str:
    """A moment as a date, and a length of time as seconds."""
    return (
        f"{from_us(us):%d %H:%M:%S.%f}".rstrip("0").rstrip(".") if us > _START_US // 2 else f"{us / 1e6:g}s"
    )
