"""Tasks that ask people: what they leave behind, and how they go on with an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drive.tasks import MIDNIGHT, Ran, Runs, read_record
from penstock import (
    DAG,
    ApprovalOperator,
    EmptyOperator,
    HITLBranchOperator,
    HITLEntryOperator,
    HITLOperator,
    Param,
)
from penstock.attempts import files
from penstock.errors import DagFileError


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


def answered(runs: Runs, dag: DAG, task_id: str, *chosen: str, by: str | None = "ada", **params: Any) -> Ran:
    """Let a task ask, and go on with an answer."""
    asked = runs.here(dag, task_id)
    assert asked.kind == "deferred", asked.ending.error
    reply = {"chosen": list(chosen), "params": params, "by": by, "at": MIDNIGHT}
    return again(runs, dag, task_id, reply)


def again(runs: Runs, dag: DAG, task_id: str, reply: dict[str, Any] | None) -> Ran:
    """Let a task go on that has asked."""
    folder = files.attempt_path(runs.root, runs.sources[task_id])
    return runs.here(dag, task_id, resumes=str(folder), **({} if reply is None else {"reply": reply}))


def test_what_is_asked(runs: Runs) -> None:
    with DAG("d", schedule=None, params={"day": "monday"}) as dag:
        HITLOperator(
            task_id="ask", subject="Which on {{ params.day }}?", body="The *body*", options=["a", "b"],
            defaults="a", multiple=True,
            assigned_users=[{"id": "1", "name": "ada"}, "bob"],
            params={"n": Param(3, type="integer", description="how many"), "must": Param(type="string")},
            response_timeout=60,
        )  # fmt: skip
    ran = runs.here(dag, "ask", conf={"must": "x"})
    assert ran.ending.question == {
        "subject": "Which on monday?",
        "body": "The *body*",
        "options": ["a", "b"],
        "defaults": ["a"],
        "multiple": True,
        "assigned": [{"id": "1", "name": "ada"}, {"id": "bob", "name": "bob"}],
        "params": {
            "n": {"type": "integer", "description": "how many", "default": 3},
            "must": {"type": "string"},
        },
    }
    assert ran.ending.trigger == "an answer: Which on monday?"
    assert ran.ending.resume_by is not None
    folder = files.attempt_path(runs.root, runs.sources["ask"])
    assert (read_record(folder, files.DEFERRAL) or {})["method"] == "execute_complete"


def test_it_goes_on_with_the_answer(runs: Runs) -> None:
    with DAG("d", schedule=None) as dag:
        HITLEntryOperator(task_id="ask", subject="Fill in", params={"n": 1})
    ran = answered(runs, dag, "ask", "OK", n=7)
    value = ran.xcoms["return_value"]
    assert (value["chosen_options"], value["params_input"]) == (["OK"], {"n": 7})
    assert value["responded_by_user"] == {"id": "ada", "name": "ada"}


def test_without_an_answer_in_time_it_fails_by_name(runs: Runs) -> None:
    with DAG("d", schedule=None) as dag:
        HITLOperator(task_id="ask", subject="s", options=["a"])
    assert runs.here(dag, "ask").kind == "deferred"
    ran = again(runs, dag, "ask", None)
    assert (ran.kind, ran.ending.reason) == ("failed", "HITLTimeoutError: nobody has answered in time")


@pytest.mark.parametrize(
    ("more", "said", "skips"),
    [
        ({}, "Approve", ()),
        ({}, "Reject", ("next",)),
        ({"ignore_downstream_trigger_rules": True}, "Reject", ("last", "next")),
    ],
)
def test_an_approval_goes_on_or_skips_what_follows(
    runs: Runs, more: dict[str, Any], said: str, skips: tuple[str, ...]
) -> None:
    with DAG("d", schedule=None) as dag:
        ask = ApprovalOperator(task_id="ask", subject="Go?", **more)
        ask >> EmptyOperator(task_id="next") >> EmptyOperator(task_id="last")
        ask >> EmptyOperator(task_id="clean").as_teardown()
    ran = answered(runs, dag, "ask", said)
    assert (ran.kind, tuple(ran.ending.skips)) == ("success", skips)


def test_a_rejection_may_fail_the_task(runs: Runs) -> None:
    with DAG("d", schedule=None) as dag:
        ApprovalOperator(task_id="ask", subject="Go?", fail_on_reject=True)
    ran = answered(runs, dag, "ask", "Reject")
    assert (ran.kind, ran.ending.reason) == ("failed", "HITLRejectException: rejected by ada")


def test_a_branch_is_chosen(runs: Runs) -> None:
    with DAG("d", schedule=None) as dag:
        ask = HITLBranchOperator(
            task_id="ask", subject="Where to?", options=["Left", "right", "b"], multiple=True,
            options_mapping={"Left": "a"},
        )  # fmt: skip
        ask >> [EmptyOperator(task_id=name) for name in ("a", "b", "right")]
    assert tuple(answered(runs, dag, "ask", "Left", "b").ending.skips) == ("right",)


def test_who_wants_to_know_is_told_and_may_fail(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []

    def tell(context: Any) -> None:
        told.append(context["task"].subject)
        told.append(HITLOperator.generate_link_to_ui_from_context(context=context, base_url="http://x"))

    def broken(context: Any) -> None:
        raise OSError("no network")

    with DAG("d", schedule=None) as dag:
        HITLOperator(task_id="ask", subject="Say {{ ds }}", options=["a"], notifiers=[broken, tell])
    assert runs.here(dag, "ask").kind == "deferred"
    assert told == ["Say 2026-01-15", f"penstock answer d manual__{MIDNIGHT} ask"]
    assert "OSError: no network" in capsys.readouterr().out


def test_a_question_that_is_too_large_is_refused(runs: Runs) -> None:
    with DAG("d", schedule=None) as dag:
        HITLOperator(task_id="ask", subject="s", options=["a"], body="x" * 70_000)
    assert "more than 65,536: shorten its body" in (runs.here(dag, "ask").ending.reason or "")


REFUSED: list[tuple[type[HITLOperator], dict[str, Any], str]] = [
    (HITLOperator, {"options": []}, "options cannot be empty"),
    (HITLOperator, {"options": ["a", "a"]}, "options must differ"),
    (HITLOperator, {"options": ["a,b"]}, "cannot have a comma"),
    (HITLOperator, {"options": [1]}, "options must be a list of strings"),
    (HITLOperator, {"options": ["a"], "subject": ""}, "subject must be a string that says something"),
    (HITLOperator, {"options": ["a"], "defaults": "b"}, "'b' is not one of the options"),
    (
        HITLOperator,
        {"options": ["a", "b"], "defaults": ["a", "b"]},
        "defaults must be one option unless multiple",
    ),
    (HITLOperator, {"options": ["a"], "params": {"_options": 1}}, "cannot be called '_options'"),
    (HITLOperator, {"options": ["a"], "assigned_users": [{"name": "x"}]}, "each with an id and a name"),
    (HITLOperator, {"options": ["a"], "notifiers": 3}, "notifiers"),
    (ApprovalOperator, {"options": ["a"]}, "takes no options"),
    (ApprovalOperator, {"multiple": True}, "takes no multiple"),
    (HITLBranchOperator, {"options": ["a"], "options_mapping": {"b": "t"}}, "'b' is not one of the options"),
    (HITLBranchOperator, {"options": ["a"], "options_mapping": {"a": 1}}, "must lead to the id of a task"),
]


@pytest.mark.parametrize(("kind", "given", "words"), REFUSED)
def test_what_nobody_could_answer_is_refused_when_it_is_written(
    kind: type[HITLOperator], given: dict[str, Any], words: str
) -> None:
    with DAG("d", schedule=None), pytest.raises(DagFileError, match=words):
        kind(task_id="ask", **{"subject": "s", **given})
