"""Views of what tasks ask people."""

from __future__ import annotations

from datetime import datetime

from penstock.model.form import FormField, fields_of
from penstock.model.questions import Question, Reply
from penstock.model.views.view import View


class QuestionRow(View, frozen=True, kw_only=True):
    """One question of a task instance, and its answer."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    attempt_id: str
    try_number: int
    asked: datetime
    until: datetime | None = None
    """When its defaults count, or the task fails; None if it waits for ever."""
    open: bool
    """Whether it waits for an answer: not if there is one, or if the task was ended or cleared meanwhile."""
    question: Question
    reply: Reply | None = None

    @property
    def form(self) -> tuple[FormField, ...]:
        """The params as fields."""
        return fields_of(self.question.params)
