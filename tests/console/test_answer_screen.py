"""`a` and `,`: what waits for an answer shows, and is answered in a dialog."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from fakes.world import NOW
from fakes.world_acts import set_tasks
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.questions import Person, Question
from penstock.model.states import TaskState
from penstock.model.views.questions import QuestionRow
from penstock_tui.dialogs.questions import QuestionsDialog
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.options import Options

DAG = "orders_daily"
RUN = "scheduled__2026-08-21T06:00:00+00:00"
APPROVE = Question(
    subject="Load it all the same?", options=("Approve", "Reject"), body="12 rows differ.\n\nSee the report.",
    params={"rows": {"type": "integer", "default": 3}},
)  # fmt: skip


def ask(driver: Driver, question: Question = APPROVE, task: str = "join", **more: Any) -> None:
    """Let a task of the newest run ask."""
    world = driver.engine.world
    world.questions.append(QuestionRow(
        dag_id=DAG, run_id=RUN, task_id=task, attempt_id=f"a{len(world.questions)}", try_number=1,
        asked=NOW - timedelta(minutes=5), open=True, question=question, **more,
    ))  # fmt: skip
    outcome = Outcome(kind=OutcomeKind.DEFERRED, asks=question.subject)
    set_tasks(world, DAG, RUN, {task}, state=TaskState.DEFERRED, outcome=outcome)
    whole = world.dags[DAG]
    world.dags[DAG] = structs.replace(whole, dag=structs.replace(whole.dag, asks=len(world.questions)))
    driver.engine.notify((DAG, RUN))


async def stand_on(driver: Driver, key: str) -> None:
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    assert driver.console.screen.query_one(LineTable).move_to_key(key)


async def commit(driver: Driver) -> None:
    await driver.until(lambda: driver.console.screen.query_one("#commit", Button).ready)
    await driver.press("ctrl+s")
    await driver.until(lambda: driver.engine.acts)


@pytest.mark.parametrize("size", SIZES)
async def test_the_question_under_the_cursor_is_answered(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        ask(driver)
        await driver.sees("✎1")
        await stand_on(driver, DAG)
        await driver.press("a")
        await driver.sees("the same?", "( ) Approve", "12 rows differ.", "See the report.")
        if size[1] > 15:
            await driver.sees("asks: Load it all the same?", "rows   3")
        else:  # the form scrolls, and says so whatever the title is
            await driver.sees("times UTC  more fields: tab")
        await driver.press("space")
        await commit(driver)
        assert driver.engine.acts == [
            acts.Answer(dag_id=DAG, run_id=RUN, task_id="join", chosen=("Approve",))
        ]


async def test_a_task_says_what_it_asks() -> None:
    async with driving() as driver:
        ask(driver)
        await stand_on(driver, DAG)
        await driver.press("enter")
        await driver.sees("asks: Load it all the same?")


async def test_everything_that_waits_is_listed() -> None:
    async with driving() as driver:
        ask(driver, until=NOW + timedelta(minutes=10))
        ask(driver, Question(subject="Which?", options=("a", "b"), multiple=True), "load")
        await stand_on(driver, DAG)
        await driver.press("comma")
        await driver.until(lambda: isinstance(driver.console.screen, QuestionsDialog))
        await driver.sees("Load it all the same?", "Which?", "a / b", "10m")
        await driver.press("down", "enter")
        await driver.sees("orders_daily asks: Which?", "[ ] a")
        driver.console.screen.query_one("#options", Options).choose("a")
        driver.console.screen.query_one("#options", Options).choose("b")
        await commit(driver)
        assert driver.engine.acts == [acts.Answer(dag_id=DAG, run_id=RUN, task_id="load", chosen=("a", "b"))]


async def test_who_is_not_asked_has_to_say_that_it_is_meant() -> None:
    async with driving() as driver:
        ask(driver, structs.replace(APPROVE, assigned=(Person(id="bob", name="Bob"),)))
        await stand_on(driver, DAG)
        await driver.press("a")
        await driver.sees("answer it though it asks Bob")
        driver.console.screen.query_one("#options", Options).choose("Reject")
        driver.console.screen.query_one("#anyway", Options).choose("yes")
        await commit(driver)
        [act] = driver.engine.acts
        assert isinstance(act, acts.Answer)
        assert act.anyway


async def test_where_nothing_is_asked_it_says_so() -> None:
    async with driving() as driver:
        await stand_on(driver, DAG)
        await driver.press("a")
        await driver.sees("nothing waits for an answer here")
        await driver.press("comma")
        await driver.sees("nothing waits for an answer")
