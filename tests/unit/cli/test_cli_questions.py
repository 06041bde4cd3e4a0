"""`penstock questions` and `penstock answer`: what they ask of the engine, and what they print."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.model import acts
from penstock.model.questions import Person, Question
from penstock.model.views.questions import QuestionRow

DAG = "orders_daily"
RUN = "scheduled__2026-08-21T06:00:00+00:00"
NOON = datetime(2026, 8, 21, 12, tzinfo=UTC)
ASKED = QuestionRow(
    dag_id=DAG, run_id=RUN, task_id="load", attempt_id="a1", try_number=1, asked=NOON, open=True,
    question=Question(
        subject="Load it?", options=("Approve", "Reject"), body="12 rows differ", defaults=("Reject",),
        params={"n": {"type": "integer", "default": 3}}, assigned=(Person(id="1", name="ada"),),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def asked(engine: FakeEngine) -> None:
    engine.world.questions.append(ASKED)


def test_what_waits_is_listed(say: Say) -> None:
    shown = say("questions").out
    for word in ("QUESTION", DAG, "Load it?", "Approve / Reject", "ada"):
        assert word in shown
    [row] = say("questions", "--json").document["questions"]
    assert (row["task_id"], row["question"]["options"], row["reply"]) == ("load", ["Approve", "Reject"], None)
    assert say("questions", DAG, "latest", "--json").document["questions"] == [row]
    assert say("questions", DAG, "latest", "join", "--json").document["questions"] == []


def test_one_is_shown_whole(say: Say) -> None:
    shown = say("questions", DAG, "latest", "load").out
    for word in ("12 rows differ", "defaults", "Reject", '{"type": "integer", "default": 3}', "waits"):
        assert word in shown


def test_it_is_answered_and_gone_from_the_list(say: Say, engine: FakeEngine) -> None:
    done = say("answer", DAG, "latest", "load", "Approve", "--params", '{"n": 5}', "--anyway")
    assert (done.code, done.err) == (0, "")
    assert engine.acts == [
        acts.Answer(dag_id=DAG, run_id=RUN, task_id="load", chosen=("Approve",), params={"n": 5}, anyway=True)
    ]
    assert say("questions").out.strip() == "nothing waits for an answer"
    assert "Approve by" in say("questions", "--all").out


def test_a_preview_changes_nothing(say: Say, engine: FakeEngine) -> None:
    assert "Answer load: Approve" in say("answer", DAG, "latest", "load", "Approve", "--dry-run").out
    assert engine.acts == []
