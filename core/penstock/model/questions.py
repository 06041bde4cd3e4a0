"""Questions of tasks to people, and their answers, as values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from penstock.errors import UsageError
from penstock.model.params import params_of, problems


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may answer."""

    id: str
    name: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task asks. ``params`` are JSON Schemas by name, with their defaults inside."""

    subject: str
    options: tuple[str, ...]
    body: str | None = None
    defaults: tuple[str, ...] | None = None
    multiple: bool = False
    params: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    assigned: tuple[Person, ...] = ()


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer: the chosen options, and a value for each param. ``by`` is None if nobody gave it in time."""

    chosen: tuple[str, ...]
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    by: str | None = None
    at: datetime


class Given(NamedTuple):
    """An answer that is given before it is asked for: of a task, its options and its params."""

    task: str
    chosen: tuple[str, ...]
    params: dict[str, Any]


def question_in(value: Any) -> Question | None:
    """Return the question in plain JSON, or None if it is none that people can answer."""
    try:
        found = msgspec.convert(value, Question)
    except msgspec.ValidationError:
        return None
    return found if found.options else None


def chosen_of(question: Question, given: Sequence[str]) -> tuple[str, ...]:
    """Return the options that were chosen, in the order of the question; an only option need not be named.

    Case does not matter where it is clear what is meant. Raises `UsageError`.
    """
    if not given and len(question.options) == 1:
        return question.options
    found = []
    for each in given:
        same = [one for one in question.options if one == each] or [
            one for one in question.options if one.casefold() == each.casefold()
        ]
        if len(same) != 1:
            raise UsageError(f"{each!r} is not one of the options: {_listed(question)}")
        found.append(same[0])
    if not found:
        raise UsageError(f"choose one of {_listed(question)}")
    if len(set(found)) > 1 and not question.multiple:
        raise UsageError(f"only one option can be chosen, not {len(set(found))}: {_listed(question)}")
    return tuple(each for each in question.options if each in found)


def filled_in(question: Question, given: dict[str, Any]) -> dict[str, Any]:
    """Return a value for each param of the question, *given* over the defaults. Raises `UsageError`."""
    unknown = sorted(given.keys() - question.params.keys())
    if unknown:
        known = ", ".join(question.params) or "none"
        raise UsageError(f"the question has no param {unknown[0]!r}; it has: {known}")
    params = params_of(question.params)
    for name, problem in problems(params, given).items():
        raise UsageError(f"param {name}: {problem}")
    return {name: given.get(name, param.default) for name, param in params.items()}


def defaults_of(question: Question) -> dict[str, Any]:
    """Return the default of each param that has one."""
    params = params_of(question.params)
    return {name: param.default for name, param in params.items() if not param.required}


def may_answer(question: Question, person: str) -> bool:
    """Whether *person* may answer without being asked whether that is meant."""
    return not question.assigned or any(person and person in (one.id, one.name) for one in question.assigned)


def assigned_words(question: Question) -> str:
    """Return who may answer, for people."""
    return ", ".join(one.name or one.id for one in question.assigned)


def _listed(question: Question) -> str:
    return ", ".join(repr(each) for each in question.options)
