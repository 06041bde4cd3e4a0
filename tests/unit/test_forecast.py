"""What a forecast says: rows, pages, words, meetings; and that it stays quick and honest when much is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.builders import dag, task
from penstock.clock import to_us
from penstock.forecast.facts import DagFacts, Facts, Paused, PoolFacts, TaskFacts, goes_on_us
from penstock.forecast.page import forecast
from penstock.forecast.shape import shape_of
from penstock.model.assets import AssetCondition
from penstock.model.queries import ForecastQuery, Term, WhatIf
from penstock.model.spec import DagSpec, ExpandSpec, MapInput, ScheduleSpec, SensorSpec
from penstock.model.states import TaskState
from penstock.model.structure import Structure
from penstock.model.usual import Usual
from penstock.model.views.coming import ComingPage

NOW = datetime(2026, 6, 1, 0, 10, 30, tzinfo=UTC)
SECONDS = to_us(NOW) // 10**6
HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",))


def facts_of(
    spec: DagSpec, number: int = 1, *, took: float = 60.0, now: datetime = NOW, **more: Any
) -> DagFacts:
    return DagFacts(
        structure=Structure(number, spec, "0").checked(),
        cursor=None,
        first_seen=now - timedelta(days=1),
        usual={each.task_id: Usual([took]) for each in spec.tasks},
        **more,
    )


def seen(*dags: DagFacts, now: datetime = NOW, query: ForecastQuery | None = None, **more: Any) -> ComingPage:
    facts = Facts(
        now=now, parallelism=more.pop("parallelism", 32),
        pools={"default_pool": PoolFacts(128), "one": PoolFacts(1)}, dags=dags, **more,
    )  # fmt: skip
    return forecast(facts, query or ForecastQuery(hours=4))


def hourly(name: str, **fields: Any) -> DagSpec:
    return dag(name, task("a", pool="one"), **{"schedule": HOURLY, "catchup": "none", **fields})


# -- what has no time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "more", "kind", "said"),
    [
        ({"schedule": ScheduleSpec()}, {}, "manual", "only when triggered"),
        ({"schedule": ScheduleSpec(assets=AssetCondition(kind="asset", name="orders", uri="o"))}, {},
         "assets", "runs when orders have changed"),
        ({"schedule": ScheduleSpec(kind="continuous")}, {},
         "continuous", "as soon as its run has ended (usually after 60 s)"),
        ({}, {"paused": Paused("ann", "move")}, "paused", "its schedule is paused by ann: move"),
        ({}, {"frozen": Paused("bob")}, "frozen", "frozen by bob: its runs are made, and wait"),
        ({}, {"missing": True}, "missing", "d.py no longer makes it"),
        ({}, {"barred": "a bad row"}, "quarantine", "in quarantine: a bad row"),
        ({"schedule": ScheduleSpec(kind="cron", crons=("0 0 1 1 *",))}, {},
         "later", "next at 2027-01-01 00:00 UTC"),
        ({"end_date": NOW - timedelta(days=2)}, {}, "over", "no more points"),
        ({"schedule": ScheduleSpec(kind="listed", points=((SECONDS, SECONDS, SECONDS + 60),),
                                   goes_on=True)},
         {}, "listed", "listed points until 2026-06-01 00:11 UTC; then its file is asked for more"),
    ],
)  # fmt: skip
def test_what_has_no_time_is_said_in_words(
    fields: dict[str, Any], more: dict[str, Any], kind: str, said: str
) -> None:
    page = seen(facts_of(hourly("d", **fields), **more))
    found = [each for each in page.untimed if each.kind == kind]
    assert len(found) == 1, page.untimed
    assert said in found[0].text


def test_a_pause_that_ends_says_when_and_what_it_skips() -> None:
    lifts = NOW.replace(hour=2, minute=30, second=0)
    spec = hourly("d", start_date=NOW - timedelta(hours=3))
    page = seen(facts_of(spec, paused=Paused("ann", None, to_us(lifts))))
    assert [fire.run_after.hour for fire in page.fires] == [3, 4]
    [turn] = page.turns
    assert (turn.kind, turn.at, turn.dag_ids) == ("pause_lifts", lifts, ("d",))
    assert turn.skipped == 5
    assert page.total == 2


@pytest.mark.parametrize(
    ("zone", "now", "text", "moved"),
    [
        ("Europe/Amsterdam", datetime(2026, 3, 28, 23, tzinfo=UTC),
         "goes forward by 1 h: 02:00 becomes 03:00", True),
        ("Europe/Amsterdam", datetime(2026, 10, 24, 22, tzinfo=UTC),
         "goes back by 1 h: 03:00 becomes 02:00", False),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 12, tzinfo=UTC),
         "goes back by 0.5 h: 02:00 becomes 01:30", False),
        ("UTC", datetime(2026, 3, 28, 23, tzinfo=UTC), None, False),
    ],
)  # fmt: skip
def test_a_change_of_the_clock_is_a_row_of_its_own(
    zone: str, now: datetime, text: str | None, moved: bool
) -> None:
    schedule = ScheduleSpec(kind="cron", crons=("30 2 * * *",), timezone=zone)
    spec = hourly("d", schedule=schedule, timezone=zone)
    page = seen(facts_of(spec, now=now), now=now, query=ForecastQuery(hours=8))
    assert [each.kind for each in page.turns] == (["clock"] if text else [])
    assert all(text in each.text for each in page.turns if text)
    assert [fire.moved_by_dst for fire in page.fires] == [moved]


# -- rows --------------------------------------------------------------------------------------


def test_what_is_skipped_replaced_or_waits_says_so() -> None:
    skips = facts_of(hourly("skips", overlap="skip", max_active_runs=1), 1, took=5400)
    page = seen(skips)
    assert [fire.becomes for fire in page.fires] == ["run", "skipped", "run", "skipped"]
    queues = facts_of(hourly("queues", max_active_runs=1), 2, took=5400)
    assert [fire.waits for fire in seen(queues).fires] == [(), *[("max_active_runs",)] * 3]
    replaces = facts_of(hourly("replaces", overlap="cancel_previous", max_active_runs=1), 3, took=5400)
    assert [fire.becomes for fire in seen(replaces).fires] == ["replaced"] * 3 + ["run"]


def test_where_dags_meet_is_named_with_who_and_how_long() -> None:
    page = seen(*(facts_of(hourly(f"d{n}"), n, took=600) for n in range(3)), query=ForecastQuery(hours=1))
    [meeting] = page.meetings
    begins = NOW.replace(hour=1, minute=0, second=0)
    assert (meeting.place, meeting.slots, meeting.dags) == ("pool one", 1, ("d0", "d1", "d2"))
    assert (meeting.first, meeting.most) == (begins, 2)
    crowd = [facts_of(dag(f"d{n}", task("a"), schedule=HOURLY, catchup="none"), n) for n in range(3)]
    [meeting] = seen(*crowd, parallelism=2).meetings[:1]
    assert (meeting.place, meeting.slots, meeting.waited) == ("parallelism", 2, 60.0)


def test_a_dag_without_a_history_is_said_to_have_none() -> None:
    facts = facts_of(hourly("d"))
    bare = DagFacts(structure=facts.structure, cursor=None, first_seen=facts.first_seen)
    page = seen(bare)
    assert page.unknown == ("d",)
    assert {fire.seconds for fire in page.fires} == {None}


def test_terms_choose_dags() -> None:
    both = [facts_of(hourly("left", owner="Ann", tags=("x",)), 1), facts_of(hourly("right"), 2)]

    def dags(*terms: Term) -> set[str]:
        page = seen(*both, query=ForecastQuery(hours=2, terms=terms))
        return {fire.dag_id for fire in page.fires}

    assert dags(Term(field="owner", values=("ann",))) == {"left"}
    assert dags(Term(field="tag", values=("x",), inverted=True)) == {"right"}
    assert dags(Term(field="text", values=("igh", "lef"))) == {"left", "right"}
    assert dags(Term(field="dag", values=("lef",), exact=True)) == set()


# -- much --------------------------------------------------------------------------------------


def test_very_much_is_counted_and_cut_honestly() -> None:
    every = ScheduleSpec(kind="cron", crons=("* * * * *",))
    many = [facts_of(hourly(f"d{n:03}", schedule=every), n, took=5) for n in range(150)]
    page = seen(*many, query=ForecastQuery(hours=24, limit=400))
    assert page.total == 150 * (24 * 60 + 1), "and the minute that has just begun"
    assert len(page.fires) == 400
    assert NOW < page.reached < page.until
    far = seen(*many, query=ForecastQuery(hours=24, offset=9_000, limit=50)).fires
    assert [fire.run_after for fire in far] == [NOW.replace(hour=1, minute=10, second=0)] * 50
    assert not any(fire.worked_out for fire in far)
    assert [fire.dag_id for fire in far] == [f"d{n:03}" for n in range(50)]


def test_pages_have_no_gap_where_the_work_ends() -> None:
    every = ScheduleSpec(kind="cron", crons=("* * * * *",))
    many = Facts(
        now=NOW, parallelism=32, pools={"one": PoolFacts(1)},
        dags=tuple(facts_of(hourly(f"d{n}", schedule=every), n, took=5) for n in range(3)),
    )  # fmt: skip
    whole = forecast(many, ForecastQuery(hours=1, limit=2_000), work=300)
    assert NOW < whole.reached < whole.until
    parts = [forecast(many, ForecastQuery(hours=1, offset=at, limit=7), work=300) for at in range(0, 189, 7)]
    rows = [fire for part in parts for fire in part.fires]
    assert rows == list(whole.fires)
    assert len({(fire.dag_id, fire.logical_date) for fire in rows}) == whole.total == len(rows)


# -- the shape of a run ------------------------------------------------------------------------


def test_a_run_is_as_long_as_its_longest_path() -> None:
    spec = dag("d", task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c"), task("e", launch="empty"))
    took = {"a": 10.0, "b": 100.0, "c": 20.0, "d": 1.0, "e": 50.0}
    usual = {name: Usual([seconds]) for name, seconds in took.items()}
    shape = shape_of(Structure(1, spec, "0").checked(), usual, 1)
    assert shape.length_us == 111_000_000
    assert [step.at_once for step in shape.steps] == [step.spec.task_id == "e" for step in shape.steps]


def test_slow_takes_the_p95_and_mapped_tasks_as_many_as_before() -> None:
    mapped = ExpandSpec(kind="product", inputs={"x": MapInput(kind="xcom", task_id="a")})
    spec = dag("d", task("a"), task("m", "a", expand=mapped),
               task("s", sensor=SensorSpec(mode="reschedule")))  # fmt: skip
    usual = {"a": Usual(range(1, 101)), "m": Usual([5.0] * 12), "s": Usual([9.0])}
    structure = Structure(1, spec, "0").checked()
    steps = {step.spec.task_id: step for step in shape_of(structure, usual, 4).steps}
    assert (steps["a"].takes_us, steps["m"].instances) == (50_500_000, 3)
    assert not steps["s"].holds, "a sensor that is rescheduled holds no slot between its checks"
    slow = {step.spec.task_id: step for step in shape_of(structure, usual, 4, slow=True).steps}
    assert (slow["a"].takes_us, slow["m"].takes_us) == (95_000_000, 5_000_000)


# -- on paper ----------------------------------------------------------------------------------


def test_resuming_on_paper_says_what_starts_at_once() -> None:
    spec = hourly("d", catchup="all", start_date=NOW - timedelta(hours=5), max_active_runs=3)
    paper = WhatIf(resume=("d",))
    page = seen(facts_of(spec, paused=Paused("ann")), query=ForecastQuery(hours=2, what_if=paper))
    assert page.difference is not None
    assert page.difference.at_once == {"d": 5}
    assert page.difference.counts == {"new": 7}


def test_a_pause_on_paper_that_ends_skips_what_a_real_one_would() -> None:
    spec = hourly("d", catchup="latest")
    until = NOW.replace(hour=3, minute=30)
    query = ForecastQuery(hours=5, what_if=WhatIf(pause=("d",), until=until))
    page = seen(facts_of(spec), query=query)
    assert page.difference is not None
    assert {each.change: each.run_after.hour for each in page.difference.moved} == {"gone": 2, "later": 3}
    assert [(fire.run_after.hour, fire.late) for fire in page.fires] == [(3, True), (4, False), (5, False)]


@pytest.mark.parametrize(
    ("state", "since", "until", "wanted"),
    [
        (TaskState.UP_FOR_RETRY, 5, 90, 90),
        (TaskState.UP_FOR_RESCHEDULE, 5, 90, 90),
        (TaskState.UP_FOR_RETRY, 5, None, 50),
        (TaskState.DEFERRED, 5, None, 65),
        (TaskState.DEFERRED, 5, 9999, 65),
        (TaskState.DEFERRED, 5, 60, 60),
        (TaskState.DEFERRED, None, None, 110),
    ],
)
def test_when_a_waiting_task_goes_on(
    state: TaskState, since: int | None, until: int | None, wanted: int
) -> None:
    assert goes_on_us(TaskFacts("a", state, since, until), 60, 50) == wanted
