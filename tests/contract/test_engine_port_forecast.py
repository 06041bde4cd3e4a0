"""One suite for both implementations of the Engine port: what the schedules will do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data import builders
from data.builders import NOON
from data.filled_store import LATER, Port
from penstock.clock import to_us
from penstock.errors import UnknownError, UsageError
from penstock.model.queries import ForecastQuery, Term, WhatIf
from penstock.model.spec import ScheduleSpec
from penstock.store import tables


@pytest.fixture
def hourly(port: Port) -> Port:
    """Two hourly DAGs that share a pool of one slot; a task of each usually takes 20 minutes."""
    builders.insert(port.database, tables.PoolRow, name="narrow", slots=1)
    for name in ("left", "right"):
        spec = builders.dag(
            name, builders.task("a", pool="narrow"),
            schedule=ScheduleSpec(kind="cron", crons=("0 * * * *",), text="0 * * * *"), catchup="none",
            tags=(f"t{name}",),
        )  # fmt: skip
        settled: Any = {each: to_us(LATER) for each in ("cursor_us", "cursor_start_us", "cursor_end_us")}
        version = builders.add_dag(port.database, spec, **settled)
        for hours in (1, 2):
            builders.add_run(
                port.database, spec, version, at=NOON - timedelta(hours=hours), state="success",
                tasks={"a": "success"}, took=1200.0,
            )  # fmt: skip
    return port


def test_points_come_in_order_with_what_they_wait_for(hourly: Port) -> None:
    page = hourly.engine.forecast(ForecastQuery(hours=2))
    assert [(fire.dag_id, fire.run_after) for fire in page.fires] == [
        (name, LATER + timedelta(hours=hours)) for hours in (1, 2) for name in ("left", "right")
    ]
    first, second = page.fires[:2]
    assert (first.end, first.waits, first.behind) == (LATER + timedelta(hours=1, minutes=20), (), 0)
    assert second.end == LATER + timedelta(hours=1, minutes=40)
    assert (second.waits, second.behind, second.seconds) == (("pool narrow",), 1200.0, 1200.0)
    [meeting] = [each for each in page.meetings if each.first == LATER + timedelta(hours=1)]
    assert (meeting.place, meeting.slots, meeting.dags) == ("pool narrow", 1, ("left", "right"))
    assert (meeting.last, meeting.waited) == (LATER + timedelta(hours=1, minutes=20), 1200.0)
    said = [(each.dag_id, each.kind) for each in page.untimed]
    assert said == [("etl", "frozen"), ("idle", "manual"), ("etl", "backfill")]
    assert (page.total, page.until, page.reached) == (4, LATER + timedelta(hours=2), page.until)


def test_pages_and_terms_choose_rows_but_not_what_is_worked_out(hourly: Port) -> None:
    whole = hourly.engine.forecast(ForecastQuery(hours=5)).fires
    pages = [hourly.engine.forecast(ForecastQuery(hours=5, offset=at, limit=3)) for at in range(0, 12, 3)]
    assert tuple(fire for page in pages for fire in page.fires) == whole
    assert {page.total for page in pages} == {10}
    found = hourly.engine.forecast(ForecastQuery(hours=1, terms=(Term(field="tag", values=("tright",)),)))
    assert [(fire.dag_id, fire.waits) for fire in found.fires] == [("right", ("pool narrow",))]
    assert found.total == 1


@pytest.mark.parametrize(
    ("paper", "counts"),
    [
        (WhatIf(pause=("left",)), {"gone": 2, "sooner": 2}),
        (WhatIf(pools={"narrow": 2}), {"sooner": 2}),
        (WhatIf(pools={"narrow": 0}), {"later": 3}),
        (WhatIf(pause=("left",), until=LATER + timedelta(minutes=90)), {"gone": 1, "sooner": 1}),
        (WhatIf(), {}),
    ],
    ids=["paused", "wider", "closed", "paused until", "nothing"],
)
def test_a_change_on_paper_shows_its_difference_and_does_nothing(
    hourly: Port, paper: WhatIf, counts: dict[str, int]
) -> None:
    before = hourly.engine.forecast(ForecastQuery(hours=2.5))
    page = hourly.engine.forecast(ForecastQuery(hours=2.5, what_if=paper))
    assert page.difference is not None
    assert page.difference.counts == counts
    assert hourly.engine.forecast(ForecastQuery(hours=2.5)) == before
    freed = {each.place: (each.waited_before, each.waited) for each in page.difference.places}
    if paper.pause and paper.until is None:
        assert freed["pool narrow"] == (2400.0, 0.0)


@pytest.mark.parametrize(
    "query",
    [
        ForecastQuery(hours=0),
        ForecastQuery(hours=10_000),
        ForecastQuery(what_if=WhatIf(pools={"narrow": -1})),
        ForecastQuery(what_if=WhatIf(parallelism=0)),
        ForecastQuery(what_if=WhatIf(pause=("etl",), resume=("etl",))),
        ForecastQuery(what_if=WhatIf(pause=("etl",), until=NOON)),
    ],
)
def test_what_makes_no_sense_is_refused(port: Port, query: ForecastQuery) -> None:
    with pytest.raises(UsageError):
        port.engine.forecast(query)


def test_a_dag_that_is_not_there_is_named(port: Port) -> None:
    with pytest.raises(UnknownError, match="nosuch"):
        port.engine.forecast(ForecastQuery(what_if=WhatIf(pause=("nosuch",))))
