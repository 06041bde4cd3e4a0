"""`penstock runbook`: recording, looking, and doing it again with a preview."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.cli.acting import actor
from penstock.cli.root import SECTIONS
from penstock.cli.spoken import acts_of
from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.model import acts
from penstock.model.runbooks import VERBS
from penstock.model.views.events import EventRow

DAG = "orders_daily"
RUN = "scheduled__2026-08-21T06:00:00+00:00"
BOOK = """# Look before loading
penstock hold {dag} {run} --why look
penstock clear {dag} {run} join --downstream
penstock release {dag} {run}
"""


def test_every_command_that_acts_may_stand_in_one() -> None:
    assert set(SECTIONS["Act"]) - {"runbook"} <= VERBS


@pytest.fixture
def _book(engine: FakeEngine) -> None:
    engine.keep_runbook("look", BOOK)


def did(engine: FakeEngine, seq: int, command: str, who: str) -> None:
    engine.world.events.append(
        EventRow(
            seq=seq,
            at=datetime.now(UTC),
            actor=who,
            kind="act_hold",
            dag_id=DAG,
            run_id=RUN,
            after=command,
            reason=f"did {seq}",
        )
    )


def test_what_is_done_in_between_is_recorded(say: Say, engine: FakeEngine) -> None:
    newest = max((event.seq for event in engine.world.events), default=0)
    did(engine, newest + 1, "penstock pause before", actor())
    assert say("runbook", "record", "roll").code == 0
    assert engine.world.runbooks["roll"].recording is not None
    assert "being recorded" in say("runbook", "list").out
    assert say("runbook", "run", "roll", "--yes").code == 2
    did(engine, newest + 2, f"penstock hold {DAG} {RUN} --why x", f"{actor().partition('@')[0]} (console)")
    did(engine, newest + 3, f"penstock hold {DAG} {RUN}", "somebody@else")
    assert say("runbook", "record", "roll", "--stop").code == 0
    row = say("runbook", "show", "roll", "--json").document
    assert row["steps"] == ["penstock hold {dag} {run} --why x"]
    assert (row["recording"], row["params"]) == (None, ["dag", "run"])
    assert say("runbook", "record", "roll", "--stop").code == 2
    assert say("runbook", "record", "roll").code == 1
    assert say("runbook", "record", "since", "--since", "1h", "--as-recorded").code == 0
    assert engine.world.runbooks["since"].steps == (
        "penstock pause before",
        f"penstock hold {DAG} {RUN} --why x",
    )


@pytest.mark.usefixtures("_book")
def test_a_preview_shows_each_plan_and_changes_nothing(say: Say, engine: FakeEngine) -> None:
    said = say("runbook", "run", "look", f"dag={DAG}", "run=latest", "--dry-run")
    assert said.code == 0
    for text in (f"$ penstock hold {DAG} latest --why look", f"Hold {RUN}", "Clear ", f"Release {RUN}"):
        assert text in said.out
    assert engine.acts == []
    steps = say("runbook", "run", "look", f"dag={DAG}", "run=latest", "--dry-run", "--json").document["steps"]
    assert [(step["state"], step["plans"][0]["act"]) for step in steps] == [
        ("planned", "hold"),
        ("planned", "clear"),
        ("planned", "release"),
    ]


@pytest.mark.usefixtures("_book")
def test_it_is_done_in_order_under_the_runbooks_name(say: Say, engine: FakeEngine) -> None:
    said = say("runbook", "run", "look", f"dag={DAG}", "run=latest", "--yes", "--json")
    assert (said.code, [step["state"] for step in said.document["steps"]]) == (0, ["done"] * 3)
    assert engine.acts == [
        acts.Hold(dag_id=DAG, run_id=RUN, why="look"),
        acts.Clear(dag_id=DAG, run_id=RUN, tasks=("join",), downstream=True),
        acts.Release(dag_id=DAG, run_id=RUN),
    ]
    assert {each.actor for each in engine.committed} == {f"{actor()} runbook look"}
    assert all(each.expect for each in engine.committed)


@pytest.mark.usefixtures("_book")
def test_the_first_refusal_ends_it_and_what_is_left_is_said(say: Say, engine: FakeEngine) -> None:
    plan = engine.plan

    def refuse(act: acts.AnyAct) -> Any:
        if isinstance(act, acts.Clear):
            raise RefusedError("not now")
        return plan(act)

    engine.plan = refuse  # type: ignore[method-assign]
    said = say("runbook", "run", "look", f"dag={DAG}", "run=latest", "--yes")
    assert said.code == 1
    assert "line 3 was refused: not now; 1 of 3 steps done, 2 not done" in said.err
    assert f"line 4: penstock release {DAG} latest" in said.err
    assert len(engine.acts) == 1
    steps = say("runbook", "run", "look", f"dag={DAG}", "run=latest", "--yes", "--json").document["steps"]
    assert [step["state"] for step in steps] == ["done", "refused", "not done"]


@pytest.mark.usefixtures("_book")
@pytest.mark.parametrize(
    "words",
    [
        ("look", "--yes"),
        ("look", f"dag={DAG}", "--yes"),
        ("look", f"dag={DAG}", "run=latest", "date=x", "--yes"),
        ("look", "nonsense", "--yes"),
        ("look", f"dag={DAG}", "run=latest"),
    ],
)
def test_what_is_missing_or_odd_is_said_first(say: Say, engine: FakeEngine, words: tuple[str, ...]) -> None:
    assert say("runbook", "run", *words).code == 2
    assert engine.acts == []


def test_an_unknown_one_is_said(say: Say) -> None:
    assert "there is no runbook 'nope'" in say("runbook", "show", "nope").err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("pause", "hello", "flaky"), ["hello", "flaky"]),
        (("trigger", "hello", "--wait"), ["hello"]),
        (("breakpoint", "set", "hello", "a"), ["hello"]),
        (("backfill", "create", "flaky", "--from", "2026-07-01", "--to", "2026-07-02"), ["flaky"]),
    ],
)
def test_a_command_is_read_without_being_done(
    engine: FakeEngine, words: tuple[str, ...], expected: list[str]
) -> None:
    assert [getattr(act, "dag_id", None) for act in acts_of(engine, words)] == expected
    assert engine.acts == []


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("down",),
        ("up", "-d"),
        ("pause",),
        ("pause", "hello", "--nonsense"),
        ("pools", "list"),
        ("failures",),
        ("pause", "--help"),
        ("clear", DAG, RUN, "--dry-run"),
    ],
)
def test_what_is_no_act_is_refused(engine: FakeEngine, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        acts_of(engine, words)


def test_what_does_not_exist_is_said_as_by_the_command(engine: FakeEngine) -> None:
    with pytest.raises(UnknownError):
        acts_of(engine, ("hold", "no_such_dag", "latest"))
