"""What the acting verbs ask of the engine, who they say acts, and when they ask back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.cli.acting import commit
from penstock.errors import PlanStaleError, RefusedError
from penstock.model import acts
from penstock.model.backfills import BackfillState, Reprocess
from penstock.model.states import RunState, TaskState
from penstock.model.views.plans import Done

RUN = "scheduled__2026-08-21T06:00:00+00:00"


def new_york(day: int) -> datetime:
    """Midnight of a day of August 2026 in New York."""
    return datetime(2026, 8, day, 4, tzinfo=UTC)


ASKED: list[tuple[tuple[str, ...], acts.AnyAct]] = [
    (("pause", "hello"), acts.PauseSchedule(dag_id="hello")),
    (
        ("run-in-turn", "orders_daily", "latest", "join"),
        acts.RunInTurn(dag_id="orders_daily", run_id=RUN, task_id="join"),
    ),
    (("pause", "hello", "--why", "x"), acts.PauseSchedule(dag_id="hello", why="x")),
    (
        ("pause", "nyc_flights", "--freeze", "--until", "2026-08-30"),
        acts.Freeze(dag_id="nyc_flights", until=new_york(30)),
    ),
    (("unpause", "hello"), acts.UnpauseSchedule(dag_id="hello")),
    (("unpause", "hello", "--freeze"), acts.Unfreeze(dag_id="hello")),
    (("hold", "orders_daily", "latest"), acts.Hold(dag_id="orders_daily", run_id=RUN)),
    (
        ("hold", "orders_daily", "2026-08-21", "fx", "--why", "y"),
        acts.Hold(dag_id="orders_daily", run_id=RUN, task_id="fx", why="y"),
    ),
    (("release", "orders_daily", RUN, "fx"), acts.Release(dag_id="orders_daily", run_id=RUN, task_id="fx")),
    (("retry", "orders_daily", RUN), acts.Retry(dag_id="orders_daily", run_id=RUN)),
    (
        ("clear", "orders_daily", RUN, "join", "fx", "--upstream", "--downstream", "--past", "--future"),
        acts.Clear(
            dag_id="orders_daily",
            run_id=RUN,
            tasks=("join", "fx"),
            upstream=True,
            downstream=True,
            past=True,
            future=True,
        ),
    ),
    (
        ("clear", "orders_daily", RUN, "--only-failed"),
        acts.Clear(dag_id="orders_daily", run_id=RUN, only_failed=True),
    ),
    (
        ("mark", "skipped", "orders_daily", "latest", "join"),
        acts.Mark(dag_id="orders_daily", run_id=RUN, tasks=("join",), state="skipped"),
    ),
    (("cancel", "nyc_flights", "latest"), acts.Cancel(dag_id="nyc_flights", run_id=RUN)),
    (
        ("cancel", "nyc_flights", RUN, "mart"),
        acts.Cancel(dag_id="nyc_flights", run_id=RUN, task_id="mart"),
    ),
    (
        ("trigger", "nyc_flights", "--logical-date", "2026-08-30", "--conf", '{"day": 3}'),
        acts.Trigger(dag_id="nyc_flights", logical_date=new_york(30), conf={"day": 3}),
    ),
    (
        ("trigger", "hello", "--logical-date", "none", "--run-id", "mine"),
        acts.Trigger(dag_id="hello", logical_date=None, run_id="mine"),
    ),
    (
        (
            "backfill", "create", "user_snapshots", "--from", "2026-08-01", "--to", "2026-08-03",
            "--reprocess", "failed", "--max-active-runs", "2", "--backwards", "--conf", '{"a": 1}',
        ),
        acts.CreateBackfill(
            dag_id="user_snapshots",
            from_date=new_york(1),
            to_date=new_york(3),
            reprocess=Reprocess.FAILED,
            max_active_runs=2,
            backwards=True,
            conf={"a": 1},
        ),
    ),
    (("backfill", "pause", "1"), acts.PauseBackfill(backfill_id=1)),
    (("backfill", "resume", "1"), acts.ResumeBackfill(backfill_id=1)),
    (("backfill", "cancel", "1"), acts.CancelBackfill(backfill_id=1)),
    (("backfill", "resize", "1", "4"), acts.ResizeBackfill(backfill_id=1, max_active_runs=4)),
    (("pools", "set", "warehouse", "1"), acts.SetPool(name="warehouse", slots=1)),
    (("workers", "drain", "web3-1"), acts.DrainWorker(name="web3-1")),
    (("workers", "undrain", "web3-1"), acts.UndrainWorker(name="web3-1")),
]  # fmt: skip


@pytest.mark.parametrize(("command", "act"), ASKED, ids=[" ".join(command) for command, _ in ASKED])
def test_a_verb_asks_for_its_act(
    say: Say, engine: FakeEngine, command: tuple[str, ...], act: acts.AnyAct
) -> None:
    answer = say(*command, "--json")
    assert answer.code == 0, answer.err
    assert engine.acts == [act]
    assert "error" not in answer.document
    assert "@" in engine.committed[0].actor
    assert engine.committed[0].act_id


def test_trigger_stands_for_now_and_says_run_and_state(say: Say, engine: FakeEngine) -> None:
    before = datetime.now(UTC)
    answer = say("trigger", "hello", "--json")
    assert answer.document["state"] == "queued"
    assert ("hello", answer.document["run_id"]) in engine.world.runs
    [act] = engine.acts
    assert isinstance(act, acts.Trigger)
    assert act.logical_date is not None
    assert before <= act.logical_date <= datetime.now(UTC)


def test_a_span_is_counted_from_now(say: Say, engine: FakeEngine) -> None:
    assert say("pause", "hello", "--until", "1d2h30m").code == 0
    [act] = engine.acts
    assert isinstance(act, acts.PauseSchedule)
    assert act.until is not None
    left = act.until - datetime.now(UTC)
    assert timedelta(days=1, hours=2, minutes=29) < left <= timedelta(days=1, hours=2, minutes=30)


@pytest.mark.parametrize(
    "command",
    [
        ("retry", "orders_daily", RUN),
        ("clear", "orders_daily", "latest", "join"),
        ("mark", "success", "orders_daily", RUN, "join"),
        ("cancel", "nyc_flights", RUN),
        ("trigger", "hello"),
        ("backfill", "create", "user_snapshots", "--from", "2026-08-01", "--to", "2026-08-03"),
    ],
    ids=" ".join,
)
def test_a_dry_run_prints_the_plan_and_touches_nothing(
    say: Say, engine: FakeEngine, command: tuple[str, ...]
) -> None:
    engine.read_only = True
    answer = say(*command, "--dry-run", "--json")
    assert answer.code == 0, answer.err
    assert {"act", "title", "items", "fingerprint"} <= set(answer.document)
    assert answer.document["items"]
    people = say(*command, "--dry-run")
    assert people.out.startswith(answer.document["title"])
    assert "nothing was changed" in people.err
    assert engine.acts == []


def test_a_dry_backfill_lists_its_points(say: Say) -> None:
    answer = say(
        "backfill",
        "create",
        "user_snapshots",
        "--from",
        "2026-08-01",
        "--to",
        "2026-08-03",
        "--dry-run",
        "--json",
    )
    dates = [item["logical_date"] for item in answer.document["items"]]
    assert [date[:10] for date in dates] == ["2026-08-01", "2026-08-02", "2026-08-03"]


@pytest.mark.parametrize("command", [command for command, _ in ASKED], ids=" ".join)
def test_without_an_engine_an_act_ends_with_3_and_names_the_way_out(
    alone: Say, command: tuple[str, ...]
) -> None:
    answer = alone(*command)
    assert answer.code == 3
    assert "penstock up -d" in answer.err
    assert answer.out == ""
    assert alone(*command, "--json").document["error"]["kind"] == "EngineNotRunningError"


def test_a_refusal_is_told_and_ends_with_1(say: Say, engine: FakeEngine) -> None:
    engine.refuse = RefusedError("a backfill of nyc_flights is running already")
    answer = say("backfill", "create", "user_snapshots", "--from", "2026-08-01", "--to", "2026-08-03")
    assert answer.code == 1
    assert "running already" in answer.err


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (("trigger", "hello", "--conf", "[1]"), "JSON object"),
        (("trigger", "hello", "--conf", "{"), "not JSON"),
        (("trigger", "hello", "--logical-date", "yesterdayish"), "2013-01-05"),
        (("mark", "done", "hello", "latest", "a"), "success"),
        (("backfill", "create", "hello", "--from", "2026-08-01"), "--to"),
        (("pause",), "DAG"),
    ],
)
def test_wrong_use_ends_with_2_and_says_how_it_is_done(
    say: Say, engine: FakeEngine, command: tuple[str, ...], hint: str
) -> None:
    answer = say(*command)
    assert answer.code == 2
    assert hint in answer.err
    assert "--help" in answer.err
    assert engine.acts == []


class Terminal:
    """A person at the keyboard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
        self.asked: list[str] = []
        self.answer = answer
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        monkeypatch.setattr("click.confirm", self.confirm)

    def confirm(self, text: str, **rest: Any) -> bool:
        import click

        self.asked.append(text)
        if not self.answer:
            raise click.Abort
        return True


class _Moving(FakeEngine):
    """Its world moves between the look and the commit, as often as there are steps."""

    steps: tuple[str, ...] = ()

    def commit(
        self, act: acts.AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> Done:
        """Move, then commit."""
        if self.steps:
            name, *self.steps = self.steps  # type: ignore[assignment]
            self.set_task("orders_daily", RUN, name, state=TaskState.SUCCESS)
            raise PlanStaleError
        return super().commit(act, expect=expect, actor=actor, act_id=act_id)


@pytest.mark.parametrize("steps", [("join",), ("join", "publish"), ("join", "publish", "load_dim")])
def test_what_makes_work_shows_the_difference_and_asks_once(
    steps: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.cli.acting.ASK_ABOVE", 1)
    engine = _Moving()
    engine.steps = steps
    person = Terminal(monkeypatch, answer=True)
    done = commit(_Session(engine), acts.Retry(dag_id="orders_daily", run_id=RUN))  # type: ignore[arg-type]
    assert done.act == "retry"
    assert len(person.asked) == 2, "first the whole list, then once what changed"
    assert "changed since this was shown: join is no longer changed" in capsys.readouterr().err


class _Session:
    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine
        self.collected = None

    def engine(self) -> FakeEngine:
        """Return the engine that is asked."""
        return self._engine


def test_many_dags_are_each_told_what_to_be(say: Say, engine: FakeEngine) -> None:
    assert say("pause", "hello", "nyc_flights").code == 0
    assert say("pause", "hello", "orders_daily", "--json").out.startswith("[")
    assert engine.acts == [
        acts.PauseSchedule(dag_id=name) for name in ("hello", "nyc_flights", "hello", "orders_daily")
    ]


def test_none_of_many_dags_is_touched_when_one_is_unknown(say: Say, engine: FakeEngine) -> None:
    answer = say("unpause", "hello", "helo")
    assert answer.code != 0
    assert "helo" in answer.err
    assert engine.acts == []


@pytest.mark.parametrize("agreed", [True, False])
def test_a_person_is_asked_before_much_is_touched(
    say: Say, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, agreed: bool
) -> None:
    person = Terminal(monkeypatch, agreed)
    answer = say("clear", "orders_daily", RUN, "--past")
    assert len(person.asked) == 1
    assert person.asked[0].startswith("Clear ")
    assert (answer.code, len(engine.acts)) == ((0, 1) if agreed else (130, 0))


def test_nobody_is_asked_about_little_or_after_yes(
    say: Say, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Terminal(monkeypatch, answer=False)
    assert say("clear", "orders_daily", RUN, "join").code == 0
    assert engine.committed[0].expect
    assert say("clear", "orders_daily", RUN, "--past", "--yes").code == 0
    assert person.asked == []
    assert len(engine.acts) == 2


def _end_run(engine: FakeEngine, state: RunState, task: TaskState) -> None:
    """End the run that is about to be triggered, as soon as somebody listens."""
    while not engine._listeners:
        threading.Event().wait(0.01)
    [run_id] = [key[1] for key in engine.world.runs if key[0] == "hello" and key[1].startswith("mine")]
    for name in "abcd":
        engine.set_task("hello", run_id, name, state=task)
    detail = engine.world.runs["hello", run_id]
    engine.world.runs["hello", run_id] = replace(detail, run=replace(detail.run, state=state))
    engine.notify(("hello", run_id))


@pytest.mark.parametrize(
    ("state", "task", "code"),
    [
        (RunState.SUCCESS, TaskState.SUCCESS, 0),
        (RunState.FAILED, TaskState.FAILED, 1),
        (RunState.CANCELLED, TaskState.CANCELLED, 1),
    ],
)
def test_trigger_waits_for_the_end_and_tells_it(
    say: Say, engine: FakeEngine, state: RunState, task: TaskState, code: int
) -> None:
    ender = threading.Thread(target=_end_run, args=(engine, state, task))
    ender.start()
    answer = say("trigger", "hello", "--run-id", "mine", "--wait", "--json")
    ender.join(10)
    assert answer.code == code
    assert answer.document["run_id"] == "mine"
    assert answer.document["state"] == state.value
    assert [row["state"] for row in answer.document["tasks"]] == [task.value] * 4
    assert f"a {task.value}" in answer.err


def test_an_engine_that_goes_ends_the_waiting_with_3(say: Say, engine: FakeEngine) -> None:
    def vanish() -> None:
        while not engine._listeners:
            threading.Event().wait(0.01)
        engine.stop()

    leaver = threading.Thread(target=vanish)
    leaver.start()
    answer = say("trigger", "hello", "--wait")
    leaver.join(10)
    assert answer.code == 3


@pytest.mark.parametrize(("state", "code"), [("success", 0), ("failed", 1), ("cancelled", 1)])
def test_a_backfill_is_waited_for(say: Say, engine: FakeEngine, state: str, code: int) -> None:
    def end() -> None:
        while not engine._listeners:
            threading.Event().wait(0.01)
        newest = max(engine.world.backfills)
        row = engine.world.backfills[newest]
        engine.world.backfills[newest] = replace(row, state=BackfillState(state))
        engine.notify(all=True)

    ender = threading.Thread(target=end)
    ender.start()
    answer = say(
        "backfill", "create", "hello", "--from", "2026-08-01", "--to", "2026-08-03", "--wait", "--json"
    )
    ender.join(10)
    assert answer.code == code, answer.err
    assert answer.document["state"] == state
