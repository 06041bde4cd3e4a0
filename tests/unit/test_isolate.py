"""Orders that could not be carried out: whoever waits is told why, once."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from penstock.errors import LostError, PenstockError, RefusedError
from penstock.model.acts import Freeze
from penstock.model.views.plans import Done
from penstock.scheduling.isolate import refuse
from penstock.scheduling.world.orders import ActOrder, TakeIn


def order() -> ActOrder:
    return ActOrder(Freeze(dag_id="d"), None, "tester", None, asyncio.get_running_loop().create_future())


async def test_only_acts_that_nobody_has_answered_are_answered() -> None:
    waiting, answered = order(), order()
    done = Done(act="freeze", message="d is frozen", touched=1)
    answered.answer.set_result(done)
    refuse([TakeIn(()), answered, waiting], RefusedError("it has moved"))
    assert answered.answer.result() == done
    assert isinstance(waiting.answer.exception(), RefusedError)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RefusedError("it has moved"), "it has moved"),
        (LostError("the database was removed"), "the database was removed"),
        (KeyError("run"), "the engine failed over it: KeyError: 'run'"),
        (sqlite3.OperationalError("disk I/O error"), "the engine could not write: disk I/O error"),
    ],
)
async def test_the_reason_is_the_refusal_itself_or_what_went_wrong(error: Exception, said: str) -> None:
    waiting = order()
    refuse([waiting], error)
    told = waiting.answer.exception()
    assert isinstance(told, PenstockError)
    assert str(told) == said
