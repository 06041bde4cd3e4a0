"""What tasks ask people (HITL): list, get, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from penstock.http.answer import answer, said
from penstock.http.answers.questions import (
    HITLAnswer,
    HITLDetail,
    HITLDetailHistory,
    HITLDetails,
    answer_of,
    detail_of,
    history_of,
    who,
)
from penstock.http.answers.task_instances import instance_of
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting
from penstock.http.paging import OrderedPage, matches, one_unless_all, refuse_other_states
from penstock.http.routes.task_instances import check_place, facts_at, instances, try_of
from penstock.http.words import NO_STATUS, TASK_WORDS
from penstock.ids import instance_key
from penstock.model.acts import Answer
from penstock.model.failures import person_of
from penstock.model.questions import assigned_words, may_answer
from penstock.model.views.questions import QuestionRow

router = APIRouter(tags=["Task Instance"])
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
_TASK = f"{_RUN}/taskInstances/{{task_id}}/{{map_index}}/hitlDetails"
_MOST = 10_000
ORDERS: dict[str, Callable[[HITLDetail], Any]] = {
    "ti_id": lambda each: each.task_instance.id,
    "subject": lambda each: each.subject,
    "created_at": lambda each: each.created_at,
    "responded_at": lambda each: each.responded_at,
    "responded_by_user_id": lambda each: each.responded_by_user and each.responded_by_user.id,
    "responded_by_user_name": lambda each: each.responded_by_user and each.responded_by_user.name,
    "dag_id": lambda each: each.task_instance.dag_id,
    "run_id": lambda each: each.task_instance.dag_run_id,
    "run_after": lambda each: each.task_instance.run_after,
    "task_display_name": lambda each: each.task_instance.task_display_name,
    "rendered_map_index": lambda each: each.task_instance.rendered_map_index,
    "task_instance_operator": lambda each: each.task_instance.operator,
    "task_instance_state": lambda each: each.task_instance.state,
}


class HITLFilters(OrderedPage):
    """What a list of questions may ask for."""

    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    task_id: str | None = None
    task_id_pattern: str | None = None
    task_id_prefix_pattern: str | None = None
    map_index: int | None = None
    state: list[str] = []
    response_received: bool | None = None
    responded_by_user_id: list[str] = []
    responded_by_user_name: list[str] = []
    subject_search: str | None = None
    body_search: str | None = None
    created_at_gte: AwareDatetime | None = None
    created_at_gt: AwareDatetime | None = None
    created_at_lte: AwareDatetime | None = None
    created_at_lt: AwareDatetime | None = None

    def fits(self, row: QuestionRow) -> bool:
        """Whether a question, without its task's state, is asked for."""
        by = who(row.reply)
        return (
            matches(self.dag_id_pattern, row.dag_id)
            and _begins(self.dag_id_prefix_pattern, row.dag_id)
            and self.task_id in (None, row.task_id)
            and matches(self.task_id_pattern, row.task_id)
            and _begins(self.task_id_prefix_pattern, row.task_id)
            and self.map_index in (None, row.map_index)
            and self.response_received in (None, row.reply is not None)
            and (not self.responded_by_user_id or (by is not None and by.id in self.responded_by_user_id))
            and (
                not self.responded_by_user_name or (by is not None and by.name in self.responded_by_user_name)
            )
            and matches(self.subject_search, row.question.subject)
            and matches(self.body_search, row.question.body)
            and (self.created_at_gte is None or row.asked >= self.created_at_gte)
            and (self.created_at_gt is None or row.asked > self.created_at_gt)
            and (self.created_at_lte is None or row.asked <= self.created_at_lte)
            and (self.created_at_lt is None or row.asked < self.created_at_lt)
        )


class HITLResponse(BaseModel):
    """An answer: options, and values of params; those that are not given keep their defaults."""

    model_config = ConfigDict(extra="forbid")
    chosen_options: list[str] = Field(min_length=1)
    params_input: dict[str, Any] = Field(default_factory=dict)


@router.get(f"{_RUN}/hitlDetails", responses=said(HITLDetails))
def get_hitl_details(
    desk: ADesk, dag_id: str, dag_run_id: str, asked: Annotated[HITLFilters, Query()]
) -> Response:
    """List what tasks ask and were answered; ``~`` means all DAGs or all runs."""
    refuse_other_states(asked.state, (*TASK_WORDS, *NO_STATUS), "tasks")
    check_place(desk, dag_id, dag_run_id)
    newest: dict[tuple[str, str, str, int], QuestionRow] = {}
    for row in _rows(desk, one_unless_all(dag_id), one_unless_all(dag_run_id)):
        newest.setdefault((row.dag_id, row.run_id, row.task_id, row.map_index), row)
    wanted = {place: row for place, row in newest.items() if asked.fits(row)}
    states = {None if word in NO_STATUS else word for word in asked.state}
    found = []
    for facts in facts_at(desk, wanted):
        row = wanted[facts.dag_id, facts.run_id, facts.task_id, facts.map_index]
        instance = instance_of(facts)
        if row.try_number == facts.try_number and (not states or instance.state in states):
            found.append(detail_of(row, instance))
    page = asked.cut(found, ORDERS, "created_at")
    return answer(HITLDetails(hitl_details=page, total_entries=len(found)))


@router.get(_TASK, responses=said(HITLDetail))
def get_hitl_detail(desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int) -> Response:
    """Return what a task instance asks, or has asked in its newest try; -1 if it is not mapped."""
    facts = instances(desk, dag_id, dag_run_id, task_id, map_index)[0]
    row = _of_try(desk, dag_id, dag_run_id, task_id, map_index, facts.try_number)
    return answer(detail_of(row, instance_of(facts)))


@router.get(f"{_TASK}/tries/{{try_number}}", responses=said(HITLDetailHistory))
def get_hitl_detail_try_detail(
    desk: ADesk, dag_id: str, dag_run_id: str, task_id: str, map_index: int, try_number: int
) -> Response:
    """Return what one try of a task instance has asked."""
    facts = instances(desk, dag_id, dag_run_id, task_id, map_index)[0]
    row = _of_try(desk, dag_id, dag_run_id, task_id, map_index, try_number)
    return answer(history_of(row, try_of(desk, facts, try_number)))


@router.patch(_TASK, responses=said(HITLAnswer))
def update_hitl_detail(
    desk: ADesk,
    caller: Acting,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: int,
    body: HITLResponse,
) -> Response:
    """Answer what a task instance asks; 409 if it was answered, 403 if it asks others."""
    facts = instances(desk, dag_id, dag_run_id, task_id, map_index)[0]
    row = _of_try(desk, dag_id, dag_run_id, task_id, map_index, facts.try_number)
    key = instance_key(task_id, map_index)
    if row.reply is not None:
        raise ApiError(409, f"{key} was answered: {', '.join(row.reply.chosen)}")
    if not may_answer(row.question, person_of(caller.name)):
        raise ApiError(403, f"{key} asks {assigned_words(row.question)}, and you are {caller.name}")
    unknown = [each for each in body.chosen_options if each not in row.question.options]
    if unknown:
        raise ApiError(400, f"{unknown[0]!r} is not one of the options: {', '.join(row.question.options)}")
    act = Answer(
        dag_id=dag_id,
        run_id=dag_run_id,
        task_id=key,
        chosen=tuple(body.chosen_options),
        params=body.params_input,
    )
    desk.act(act, caller)
    answered = _of_try(desk, dag_id, dag_run_id, task_id, map_index, facts.try_number)
    assert answered.reply is not None
    return answer(answer_of(answered.reply))


def _rows(desk: Desk, dag_id: str | None, run_id: str | None) -> list[QuestionRow]:
    """Return all questions, the newest first."""
    return desk.read.questions(dag_id, run_id, everything=True, limit=_MOST)


def _of_try(
    desk: Desk, dag_id: str, run_id: str, task_id: str, map_index: int, try_number: int
) -> QuestionRow:
    """Return the newest question of one try; raise `ApiError` (404) if it has asked nothing."""
    for row in _rows(desk, dag_id, run_id):
        if (row.task_id, row.map_index, row.try_number) == (task_id, map_index, try_number):
            return row
    raise not_found(f"{instance_key(task_id, map_index)} of run {run_id!r} asks nothing")


def _begins(patterns: str | None, text: str) -> bool:
    return patterns is None or any(text.startswith(each) for each in patterns.split("|"))
