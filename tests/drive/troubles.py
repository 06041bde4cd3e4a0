"""Everything at once: engines killed, clocks set, disks filled and rows spoiled under one load.

Beside the load a DAG beats every few seconds: none of its points may be missed or doubled.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from drive.chaos import Chaos
from drive.waiting import wait_for
from fakes.small_disk import SmallDisk
from fakes.stepped_clock import SteppedClock
from penstock.errors import EngineError
from penstock.model.acts import QuarantineDrop, Trigger
from penstock.model.states import RUN_TERMINAL, RunState
from penstock.model.views.points import LedgerPoint

BEAT = timedelta(seconds=5)
MOST_SECONDS = 60.0
"""More than any attempt of the load can take, less than any clock step adds."""
_BEATING = """
from datetime import timedelta
from penstock import DAG, EmptyOperator

with DAG("beat", schedule=timedelta(seconds=5), catchup="all", is_paused_upon_creation=False):
    EmptyOperator(task_id="beat")
"""
_VICTIM = """
from penstock import DAG, BashOperator

with DAG("victim", schedule=None):
    first = BashOperator(task_id="first", bash_command="sleep 1")
    first >> BashOperator(task_id="second", bash_command="true")
"""
SPOILS = (
    "UPDATE run SET conf = '{{' WHERE id = {run}",
    "UPDATE run SET version_id = 999999 WHERE id = {run}",
    "UPDATE task_instance SET outcome = 'nonsense' WHERE run_pk = {run}",
    "UPDATE run SET run_type = 'nonsense' WHERE id = {run}",
)
"""Ways in which the rows of a run can be unreadable."""


class Troubles(Chaos):
    """A home under load, on a disk and a clock that are not to be trusted."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.disk = SmallDisk(folder / "disk", 256)
        self.clock = SteppedClock(folder)
        super().__init__(folder, seed, home=self.disk.folder / "home", environment=self.clock.environment)
        self.instance.write_dag("beat", _BEATING)
        self.instance.write_dag("victim", _VICTIM)
        self.done: Counter[str] = Counter()
        self.spoiled: list[str] = []

    def one(self, number: int) -> None:
        """Let one trouble happen: each kind in turn, at a moment chosen by chance."""
        kinds = (self.kill_engine, self.step_clock, self.fill_disk, self.spoil_row)
        trouble = kinds[number % len(kinds)]
        trouble()
        self.done[trouble.__name__] += 1

    def step_clock(self) -> None:
        """Set the wall clock under load; it wanders within ten minutes."""
        self.trigger(2)
        back = self.random.random() < (0.5 if abs(self.clock.offset) < 600 else self.clock.offset > 0)
        self.clock.step((-1 if back else 1) * self.random.randint(70, 200))

    def fill_disk(self) -> None:
        """Leave no room for a moment, under load."""
        self.trigger(2)
        with self.disk.full():
            time.sleep(self.random.uniform(0.2, 1.5))  # the moment is the experiment, nothing waits for it

    def spoil_row(self) -> None:
        """Make a row of an unfinished run unreadable while no engine runs."""
        run_id = self._victim()
        self.instance.kill()
        if run_id is not None:
            store = sqlite3.connect(self.instance.settings.database, isolation_level=None)
            try:
                found = store.execute(
                    "SELECT id FROM run WHERE dag_id = 'victim' AND run_id = ?"
                    " AND state IN ('queued', 'running')",
                    (run_id,),
                ).fetchone()
                if found:
                    store.execute(self.random.choice(SPOILS).format(run=found[0]))
                    self.spoiled.append(run_id)
            finally:
                store.close()
        self.instance.start()

    def _victim(self) -> str | None:
        try:
            with self.instance.client() as engine:
                return engine.commit(Trigger(dag_id="victim"), actor="chaos").run_id
        except EngineError:
            return None

    def settle_all(self) -> int:
        """Drop all that is in quarantine and wait until every run has ended; return how much was dropped."""
        with self.instance.client() as engine:
            found = engine.quarantine()
            for each in found:
                engine.commit(QuarantineDrop(subject=each.id), actor="chaos")
        self.settle()
        wait_for(self._victims_ended, 60, "the runs that were spoiled do not come to an end")
        return len(found)

    def _victims_ended(self) -> bool:
        with self.instance.client() as engine:
            return all(row.state in RUN_TERMINAL for row in engine.runs("victim", limit=2000))

    def beats(self) -> list[LedgerPoint]:
        """Return every point of the beating DAG up to its newest record; wait until that has ended."""
        with self.instance.client() as engine:
            newest = engine.ledger("beat", limit=1)[0]
            oldest = engine.ledger("beat", limit=100_000)[-1]
            wait_for(
                lambda: all(row.state in RUN_TERMINAL for row in engine.runs("beat", limit=5000)[5:]),
                60,
                "the beats do not end",
            )
            found: list[LedgerPoint] = []
            first = oldest.first
            while first <= newest.last:
                page = engine.points("beat", first=first, last=newest.last)
                found += page
                if not page:
                    break
                first = page[-1].logical_date + BEAT / 2
        return found

    def odd_durations(self) -> list[str]:
        """Return the attempts of which the store says that they took what only a clock step can add."""
        store = sqlite3.connect(f"file:{self.instance.settings.database}?mode=ro", uri=True)
        try:
            rows = store.execute(
                "SELECT attempt_id, json_extract(outcome, '$.duration') FROM attempt"
                " WHERE outcome IS NOT NULL"
            ).fetchall()
        finally:
            store.close()
        return [
            f"{name}: {took} s" for name, took in rows if took is not None and not 0 <= took < MOST_SECONDS
        ]

    def close(self) -> None:
        """Kill what is left, and take the disk away."""
        super().close()
        self.disk.close()


def check_beats(points: list[LedgerPoint]) -> None:
    """Fail unless the points follow each other without a gap, each with a run of its own that succeeded."""
    assert points
    dates = [point.logical_date for point in points]
    assert dates == [dates[0] + BEAT * number for number in range(len(dates))], (
        "a point is missing or doubled"
    )
    assert {point.state for point in points} <= {"ran", "ran_late"}
    runs = [point.run_id for point in points]
    assert len(set(runs)) == len(runs)
    done = [point for point in points if point.run_state in RUN_TERMINAL]
    assert {point.run_state for point in done} == {RunState.SUCCESS}
