"""What tasks ask people (HITL), as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.http.answers.task_instances import TaskInstance, Try
from penstock.model.params import params_of
from penstock.model.questions import Question, Reply
from penstock.model.views.questions import QuestionRow


class HITLUser(msgspec.Struct, kw_only=True):
    """Somebody who may answer, or who has."""

    id: str
    name: str


class Asked(msgspec.Struct, kw_only=True):
    """A question, and its answer if there is one."""

    options: list[str]
    subject: str
    body: str | None
    defaults: list[str] | None
    multiple: bool
    params: dict[str, dict[str, Any]]
    assigned_users: list[HITLUser]
    created_at: datetime
    responded_by_user: HITLUser | None
    responded_at: datetime | None
    chosen_options: list[str] | None
    params_input: dict[str, Any]
    response_received: bool


class HITLDetail(Asked, kw_only=True):
    """A question with the task instance that asks it."""

    task_instance: TaskInstance


class HITLDetailHistory(Asked, kw_only=True):
    """A question with the try that asked it."""

    task_instance: Try


class HITLDetails(msgspec.Struct, kw_only=True):
    """A page of questions."""

    hitl_details: list[HITLDetail]
    total_entries: int


class HITLAnswer(msgspec.Struct, kw_only=True):
    """An answer that was taken."""

    responded_by: HITLUser | None
    responded_at: datetime
    chosen_options: list[str]
    params_input: dict[str, Any]


def detail_of(row: QuestionRow, instance: TaskInstance) -> HITLDetail:
    """Return a question of a task instance as the API shows it."""
    return HITLDetail(**_asked(row), task_instance=instance)


def history_of(row: QuestionRow, of: Try) -> HITLDetailHistory:
    """Return a question of one try as the API shows it."""
    return HITLDetailHistory(**_asked(row), task_instance=of)


def answer_of(reply: Reply) -> HITLAnswer:
    """Return an answer as the API shows it."""
    return HITLAnswer(
        responded_by=who(reply),
        responded_at=reply.at,
        chosen_options=list(reply.chosen),
        params_input=reply.params,
    )


def who(reply: Reply | None) -> HITLUser | None:
    """Return who gave an answer; None if there is none, and for one by default."""
    return None if reply is None or reply.by is None else HITLUser(id=reply.by, name=reply.by)


def _asked(row: QuestionRow) -> dict[str, Any]:
    question, reply = row.question, row.reply
    return {
        "options": list(question.options),
        "subject": question.subject,
        "body": question.body,
        "defaults": None if question.defaults is None else list(question.defaults),
        "multiple": question.multiple,
        "params": _params(question),
        "assigned_users": [HITLUser(id=one.id, name=one.name or one.id) for one in question.assigned],
        "created_at": row.asked,
        "responded_by_user": who(reply),
        "responded_at": None if reply is None else reply.at,
        "chosen_options": None if reply is None else list(reply.chosen),
        "params_input": {} if reply is None else reply.params,
        "response_received": reply is not None,
    }


def _params(question: Question) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": None if param.required else param.default,
            "schema": {key: value for key, value in question.params[name].items() if key != "default"},
            "description": question.params[name].get("description"),
        }
        for name, param in params_of(question.params).items()
    }
