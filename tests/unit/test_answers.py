"""Answers to questions: which options and params are meant, what is refused, and who may answer."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import UsageError
from penstock.model.questions import (
    Person,
    Question,
    chosen_of,
    defaults_of,
    filled_in,
    may_answer,
    question_in,
)

APPROVE = Question(subject="Go?", options=("Approve", "Reject"))
MANY = Question(subject="Which?", options=("a", "b", "c"), multiple=True)
ONE = Question(subject="Fill in", options=("OK",))
CASES = Question(subject="Case", options=("x", "X"))
FORM = Question(
    subject="Fill in",
    options=("OK",),
    params={"n": {"type": "integer", "minimum": 1}, "name": {"type": "string", "default": "ada"}},
)

CHOSEN: list[tuple[Question, tuple[str, ...], tuple[str, ...]]] = [
    (APPROVE, ("Approve",), ("Approve",)),
    (APPROVE, ("approve",), ("Approve",)),
    (APPROVE, ("Reject", "reject"), ("Reject",)),
    (MANY, ("c", "a"), ("a", "c")),
    (ONE, (), ("OK",)),
    (CASES, ("X",), ("X",)),
]
NO_CHOICE: list[tuple[Question, tuple[str, ...], str]] = [
    (APPROVE, (), "choose one of 'Approve', 'Reject'"),
    (APPROVE, ("Maybe",), "'Maybe' is not one of the options: 'Approve', 'Reject'"),
    (APPROVE, ("Approve", "Reject"), "only one option can be chosen, not 2"),
    (MANY, (), "choose one of"),
]
FILLED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"n": 3}, {"n": 3, "name": "ada"}),
    ({"n": 3, "name": "bob"}, {"n": 3, "name": "bob"}),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "param n: is required"),
    ({"n": 0}, "param n: 0 is less than the minimum of 1"),
    ({"n": 1, "other": 2}, "the question has no param 'other'; it has: n, name"),
]


@pytest.mark.parametrize(("question", "given", "wanted"), CHOSEN)
def test_what_is_chosen(question: Question, given: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    assert chosen_of(question, given) == wanted


@pytest.mark.parametrize(("question", "given", "words"), NO_CHOICE)
def test_what_is_no_choice(question: Question, given: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen_of(question, given)


@pytest.mark.parametrize(("given", "wanted"), FILLED)
def test_params_are_filled_in_over_the_defaults(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert filled_in(FORM, given) == wanted


@pytest.mark.parametrize(("given", "words"), WRONG)
def test_params_that_do_not_fit_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        filled_in(FORM, given)


def test_defaults_are_those_that_there_are() -> None:
    assert defaults_of(FORM) == {"name": "ada"}


def test_who_may_answer() -> None:
    asked = Question(subject="s", options=("a",), assigned=(Person(id="1", name="ada"), Person(id="bob")))
    assert [may_answer(asked, each) for each in ("ada", "1", "bob", "eve", "")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert may_answer(APPROVE, "anybody")


def test_what_is_no_question() -> None:
    assert question_in({"subject": "s", "options": ["a"]}) == Question(subject="s", options=("a",))
    for value in (None, {}, {"subject": "s", "options": []}, {"subject": 1, "options": ["a"]}, "s"):
        assert question_in(value) is None
