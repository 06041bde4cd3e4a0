"""`Bench` runs the real loop over a real database, one tick at a time, with no process and no waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fakes.clock import FakeClock
from fakes.executor import ScriptedExecutor
from penstock.api.local import LocalEngine
from penstock.clock import to_us
from penstock.execution.executor import Exited, Lost
from penstock.model.acts import AnyAct, Trigger
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec, ParsedFile
from penstock.model.states import RunState, TaskState
from penstock.model.views.plans import Done
from penstock.model.views.runs import RunDetail
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.orders import FileLoaded
from penstock.settings import Settings
from penstock.store.database import Database

OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
BAD = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1)


class Bench:
    """A loop over a scripted executor. Call `open` first, inside an event loop."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.settings = Settings(home=folder, dags_folder=folder / "dags", **settings)  # type: ignore[arg-type]
        self.clock = FakeClock()
        self.executor = ScriptedExecutor(self.clock)
        self.database = Database.open(self.settings.database)
        self.changes: list[object] = []

    async def open(self) -> Bench:
        """Start the loop (without running it)."""
        self.loop = Loop(
            self.database,
            self.executor,
            self.settings,
            self.clock,
            environment={},
            publish=self.changes.append,
        )
        await self.loop.recover()
        self.engine = LocalEngine(self.database, self.settings, self.executor, self.loop, clock=self.clock)
        return self

    def load(self, *specs: DagSpec, paused: bool = False) -> None:
        """Have the engine take over DAGs, each from a file of its own."""
        import msgspec

        for spec in specs:
            ready = msgspec.structs.replace(spec, paused_upon_creation=paused)
            self.loop.order(FileLoaded(ParsedFile(file=spec.file, source_hash="0" * 64, dags=(ready,))))
        self.tick()

    def tick(self) -> int | None:
        """One tick that looks at every live attempt; return when time alone brings the next."""
        return self.loop._turn([*self.loop.world.attempts, *self.loop.world.triggers.watched])

    def act(self, act: AnyAct, *, expect: str | None = None, act_id: str | None = None) -> Done:
        """Carry out an act as an operator."""
        return self.loop.commit(act, expect=expect, actor="tester", act_id=act_id)

    def trigger(self, dag_id: str, **fields: object) -> str:
        """Trigger a run and return its id."""
        done = self.act(Trigger(dag_id=dag_id, **fields))  # type: ignore[arg-type]
        assert done.run_id is not None
        return done.run_id

    def live(self) -> dict[str, str]:
        """Return live attempts: ``run/task`` -> attempt id."""
        found = {}
        for attempt_id, (pk, task_id) in self.loop.world.attempts.items():
            found[f"{self.loop.world.runs[pk].record.run_id}/{task_id}"] = attempt_id
        return found

    def running(self) -> list[str]:
        """Return ids of tasks with a live attempt, sorted."""
        return sorted(task_id for _, task_id in self.loop.world.attempts.values())

    def end(
        self, task_id: str, outcome: Outcome = OK, *, run_id: str | None = None, dag_id: str | None = None
    ) -> None:
        """Let the live attempt of a task end and tick."""
        for attempt_id, (pk, name) in list(self.loop.world.attempts.items()):
            run = self.loop.world.runs[pk].record
            if name == task_id and run_id in (None, run.run_id) and dag_id in (None, run.dag_id):
                at = self.clock.time.timestamp()
                self.executor.seen[attempt_id] = Exited(outcome, at, at)
                self.tick()
                return
        raise AssertionError(f"{task_id} has no live attempt; live: {sorted(self.live())}")

    def lose(self, task_id: str) -> None:
        """Let the supervisor of a task vanish and tick."""
        for attempt_id, (_, name) in list(self.loop.world.attempts.items()):
            if name == task_id:
                self.executor.seen[attempt_id] = Lost("its supervisor vanished")
        self.tick()

    def finish(self, choose: Callable[[str], Outcome] = lambda _: OK, *, most: int = 500) -> None:
        """Let everything that runs end, again and again, until nothing runs."""
        for _ in range(most):
            if not self.loop.world.attempts:
                return
            for attempt_id, (_, name) in list(self.loop.world.attempts.items()):
                at = self.clock.time.timestamp()
                self.executor.seen[attempt_id] = Exited(choose(name), at, at)
            self.tick()
        raise AssertionError("it does not come to an end")

    def run(self, dag_id: str, run_id: str) -> RunDetail:
        """Return a run as the store has it."""
        return self.engine.run(dag_id, run_id)

    def states(self, dag_id: str, run_id: str) -> dict[str, TaskState]:
        """Return the task states of a run as the store has them."""
        return {row.task_id: row.state for row in self.run(dag_id, run_id).tasks}

    def run_state(self, dag_id: str, run_id: str) -> RunState:
        """Return a run's state as the store has it."""
        return self.run(dag_id, run_id).run.state

    async def restart(self) -> None:
        """Kill the engine's memory and start a new one over the same database."""
        self.database.close()
        await self.open()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


@asynccontextmanager
async def opened(folder: Path, **settings: object) -> AsyncIterator[Bench]:
    """Give a bench at work in *folder*, and let go of its database at the end."""
    bench = await Bench(folder, **settings).open()
    yield bench
    bench.close()


def at(text: str) -> int:
    """Return microseconds of an ISO moment."""
    return to_us(datetime.fromisoformat(text))
