"""The largest thing that each act takes, one more than that, and what is remembered of acts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.builders import dag, task
from data.live_runs import live_run, task_record
from drive.loop import Bench
from penstock.errors import PenstockError, UnknownError
from penstock.model.acts import AnyAct, CreateBackfill, EmitAsset, SetNote, SetPool, SetVariable, Undo
from penstock.model.assets import AssetSpec
from penstock.model.spec import ScheduleSpec
from penstock.model.states import TaskState
from penstock.model.views.plans import Plan, PlanItem
from penstock.scheduling.acts.memory import KEPT, MOST, Change, _before
from penstock.scheduling.world.shown_plans import ShownPlans

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MINUTES = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")


def minutes(count: int) -> CreateBackfill:
    """A backfill of so many points."""
    return CreateBackfill(dag_id="d", from_date=FEBRUARY, to_date=FEBRUARY + timedelta(minutes=count - 1))


def extra(length: int) -> EmitAsset:
    """A change with so many bytes of details."""
    return EmitAsset(name="a", extra={"k": "x" * (length - len('{"k": ""}'))})


def variable(length: int, name: str = "v") -> SetVariable:
    return SetVariable(name=name, value="x" * (length - 2))


@pytest.fixture
def bench(bench: Bench) -> Bench:
    made = task("t", outlets=(AssetSpec(name="a", uri="s3://a"),))
    bench.load(dag("d", made, schedule=MINUTES, catchup="none"))
    return bench


@pytest.mark.parametrize(
    ("largest", "larger", "said"),
    [
        (minutes(20_000), minutes(20_001), "more than 20,000 schedule points: split the backfill"),
        (extra(65_536), extra(65_537), "extra is larger than 65536 bytes"),
        (variable(262_144), variable(262_145), "variable v: larger than 262144 bytes"),
        (variable(9, "n" * 250), variable(9, "n" * 251), "a name is 1 to 250 printable characters"),
        (variable(9, "n"), variable(9, ""), "variable '': a name is 1 to 250 printable characters"),
        (variable(9, "a b"), variable(9, "a "), "variable 'a ': a name is 1 to 250 printable characters"),
        (variable(9, "é"), variable(9, "a\n"), "a name is 1 to 250 printable characters"),
        (SetPool(name="p", slots=0), SetPool(name="p", slots=-1), "slots must be 0 or more"),
    ],
)
async def test_the_largest_is_taken_and_one_more_is_not(
    bench: Bench, largest: AnyAct, larger: AnyAct, said: str
) -> None:
    assert bench.loop.plan(largest).items
    with pytest.raises(PenstockError) as refused:
        bench.loop.plan(larger)
    assert said in refused.value.message


async def test_a_note_may_be_long(bench: Bench) -> None:
    run = bench.trigger("d")
    assert bench.loop.plan(SetNote(dag_id="d", run_id=run, note="x" * 10_000)).items
    with pytest.raises(PenstockError, match=r"at most 10,000 characters, not 10,001"):
        bench.loop.plan(SetNote(dag_id="d", run_id=run, note="x" * 10_001))


async def test_the_last_twenty_acts_are_remembered(bench: Bench) -> None:
    numbers = [bench.act(SetPool(name=f"p{number}", slots=1)).undo_id for number in range(21)]
    assert KEPT == 20
    with pytest.raises(UnknownError, match="there is no act with the number 1 to undo"):
        bench.loop.plan(Undo(undo_id=numbers[0]))
    assert bench.loop.plan(Undo(undo_id=numbers[1])).title == "Undo: Make pool p1"


def test_an_act_on_very_much_is_not_remembered() -> None:
    spec = task("t")
    live = live_run(dag("d", spec))
    assert MOST == 5000
    remembered = _before([Change(live, [task_record(spec)] * 4000, [task_record(spec)] * 1000)], 7)
    assert (len(remembered.runs[0].tasks), remembered.refused, remembered.clock_us) == (5000, None, 7)
    forgotten = _before([Change(live, [task_record(spec)] * 4000, [task_record(spec)] * 1001)], 7)
    assert forgotten.runs == []
    assert forgotten.touched == ["r1"]
    assert forgotten.refused == "it changed 5,001 tasks, more than the 5,000 that undo can remember"


def test_an_act_that_killed_something_is_not_remembered() -> None:
    spec = task("t")
    live = live_run(dag("d", spec))
    running, waiting = task_record(spec, TaskState.RUNNING), task_record(spec)
    assert _before([Change(live, [running, running])], 0).refused == "it killed 2 running attempts"
    assert _before([Change(live, [running, waiting])], 0).refused == "it killed 1 running attempt"
    assert _before([Change(live, [waiting], [running])], 0).refused is None


def _plan(name: str, count: int) -> Plan:
    item = PlanItem(dag_id="d", run_id="r", task_id="t", before="failed", after="pending")
    return Plan(act="clear", title=f"Clear {name}", items=(item,) * count, fingerprint=name)


def test_plans_that_were_shown_are_known_for_a_while() -> None:
    shown = ShownPlans()
    for number in range(33):
        shown.keep(_plan(str(number), 0))
    now = _plan("now", 0)
    assert shown.change("0", now) == "now: Clear now"
    assert shown.change("1", now) == "something it depends on has changed; now:  Clear now"


def test_very_large_plans_are_not_kept_and_many_large_ones_only_as_far_as_they_fit() -> None:
    shown, now = ShownPlans(), _plan("now", 0)
    assert shown.keep(_plan("huge", 50_001)).fingerprint == "huge"
    shown.keep(_plan("small", 1))
    shown.keep(_plan("large", 50_000))
    shown.keep(_plan("large", 50_000))  # shown once more: counted once
    assert shown.change("huge", now) == "now: Clear now"
    assert shown.change("large", now) != "now: Clear now"
    shown.keep(_plan("more", 49_999))
    assert shown.change("small", now) != "now: Clear now"
    shown.keep(_plan("one", 1))
    assert shown.change("small", now) == "now: Clear now"
    assert shown.change("large", now) != "now: Clear now"
    shown.keep(_plan("another", 1))
    assert shown.change("large", now) == "now: Clear now"
    shown.keep(_plan("last", 49_990))
    assert shown.change("more", now) != "now: Clear now"
