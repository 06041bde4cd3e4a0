"""Killing things under load, and the audit that follows.

Every task appends to a ledger when it begins and when it ends, so what really happened is known
without asking the engine. The audit compares the two.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drive.instance import Instance, with_suppressed_kill
from drive.waiting import wait_for
from penstock.errors import EngineError
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL

TASKS = 12
CONFIG = "parallelism = 8\nlaunch_deadline = 10\nattempts_per_supervisor = 4\nstop_grace = 2\n"

_DAG = """
from penstock import DAG, BashOperator

with DAG("load", schedule=None, max_active_runs=50, max_active_tasks=50):
    for number in range({tasks}):
        code = (0, 0, 0, 3)[number % 4]
        nap = (number * 7 % 5) / 50
        BashOperator(
            task_id=f"t{{number}}",
            bash_command=f'echo "start $PENSTOCK_ATTEMPT" >> {ledger}; sleep {{nap}}; '
            f'echo "end $PENSTOCK_ATTEMPT {{code}}" >> {ledger}; exit {{code}}',
            retries=1 if number % 3 == 0 else 0,
            retry_delay=0.05,
        )
"""


@dataclass
class Audit:
    """What the ledger and the store say of each attempt, compared."""

    attempts: int = 0
    lost: int = 0
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why attempts were lost."""
    dropped: int = 0
    """Attempts whose run an operator dropped from quarantine."""
    leftovers: list[tuple[int, str]] = field(default_factory=list)
    integrity: str = ""
    illegal: list[str] = field(default_factory=list)

    def assert_clean(self, *, lost_allowed: bool) -> None:
        """Fail unless every promise was kept."""
        assert self.doubled == [], "executed twice"
        assert self.wrong == [], "a recorded status is not the true one"
        assert self.unrecorded == [], "executed, but unknown to the store or never ended there"
        assert self.leftovers == [], "processes outlived their attempt"
        assert self.integrity == "ok"
        assert self.illegal == [], "the event trail does not replay to the present state"
        assert "" not in self.reasons, "lost without a reason"
        if not lost_allowed:
            assert self.lost == 0, f"lost although no supervisor was hurt: {dict(self.reasons)}"


class Chaos:
    """A home under load."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        home: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.ledger = folder / "ledger"
        self.ledger.touch()
        self.instance = Instance(home or folder / "home", CONFIG, environment)
        self.instance.write_dag("load", _DAG.format(tasks=TASKS, ledger=self.ledger))
        self.runs: list[str] = []

    def trigger(self, runs: int) -> None:
        """Start runs, as far as the engine lives to answer."""
        for _ in range(runs):
            try:
                with self.instance.client() as engine:
                    done = engine.commit(Trigger(dag_id="load"), actor="chaos")
            except EngineError:
                return
            assert done.run_id is not None
            self.runs.append(done.run_id)

    def kill_engine(self) -> None:
        """Load it, kill it at a random moment, and start a new one."""
        self.trigger(2)
        time.sleep(self.random.uniform(0, 0.3))  # the moment is the experiment, nothing waits for it
        self.instance.kill()
        self.instance.start()

    def kill_engine_at(self, failpoint: str) -> bool:
        """Let it kill itself at a named point under load; return whether it got there."""
        self.instance.kill()
        self.instance.start(failpoint=failpoint)
        if not self.instance.dead:
            self.trigger(2)
        deadline = time.monotonic() + 5
        while not self.instance.dead and time.monotonic() < deadline:
            time.sleep(0.01)
        reached = self.instance.dead
        self.instance.kill()
        self.instance.start()
        return reached

    def kill_supervisor(self) -> None:
        """Load it and kill one supervisor at a random moment."""
        self.trigger(2)
        time.sleep(self.random.uniform(0, 0.3))  # as above
        victims = self.instance.supervisors()
        if victims:
            with_suppressed_kill(self.random.choice(victims))

    def settle(self, limit: float = 120.0) -> None:
        """Wait until every run has ended."""

        def ended() -> bool:
            with self.instance.client() as engine:
                rows = engine.runs("load", limit=1000)
            return all(row.state in RUN_TERMINAL for row in rows)

        wait_for(ended, limit, "runs do not come to an end")

    def audit(self) -> Audit:
        """Compare ledger and store."""
        started: Counter[str] = Counter()
        codes: dict[str, int] = {}
        for line in self.ledger.read_text().splitlines():
            word, attempt, *rest = line.split()
            if word == "start":
                started[attempt] += 1
            else:
                codes[attempt] = int(rest[0])
        found = Audit(leftovers=self.instance.leftovers())
        store = sqlite3.connect(f"file:{self.instance.settings.database}?mode=ro", uri=True)
        try:
            found.integrity = store.execute("PRAGMA integrity_check").fetchone()[0]
            rows = store.execute(
                "SELECT attempt_id, json_extract(outcome, '$.kind'),"
                " json_extract(outcome, '$.exit_code'), json_extract(outcome, '$.reason'), end_us"
                " FROM attempt"
            ).fetchall()
            found.illegal = replay(store)
        finally:
            store.close()
        found.attempts = len(rows)
        known = {row[0] for row in rows}
        for attempt, kind, code, reason, end_us in rows:
            if end_us is None:
                found.unrecorded.append(f"{attempt} never ended")
            if kind == "lost" and (reason or "").startswith("dropped from quarantine by chaos"):
                found.dropped += 1
            elif kind == "lost":
                found.lost += 1
                found.reasons[reason or ""] += 1
            elif kind == "revoked" and started[attempt]:
                found.wrong.append(f"{attempt} ran although it was revoked")
            elif kind == "exit_code" and codes.get(attempt) != code:
                found.wrong.append(f"{attempt} recorded {code}, truly {codes.get(attempt)}")
        found.doubled = [attempt for attempt, count in started.items() if count > 1]
        found.unrecorded += [attempt for attempt in started if attempt not in known]
        return found

    def close(self) -> None:
        """Kill what is left."""
        self.instance.close()


def replay(store: sqlite3.Connection) -> list[str]:
    """Return the task instances whose events do not lead to the state they are in."""
    state: dict[tuple[str, str, str, int], str] = {}
    problems = []
    for dag_id, run_id, task_id, map_index, before, after in store.execute(
        "SELECT dag_id, run_id, task_id, map_index, before, after FROM event"
        " WHERE task_id IS NOT NULL AND before IS NOT NULL AND kind NOT LIKE 'pause%' ORDER BY seq"
    ):
        key = (dag_id, run_id, task_id, map_index)
        if state.get(key, "pending") != before:
            problems.append(f"{key}: {state.get(key)} then {before} -> {after}")
        state[key] = after
    for *names, now in store.execute(
        "SELECT run.dag_id, run.run_id, task_id, map_index, task_instance.state FROM task_instance"
        " JOIN run ON run.id = run_pk"
    ):
        key = tuple(names)
        if state.get(key, "pending") != now:
            problems.append(f"{key}: events say {state.get(key)}, row {now}")
    return problems
