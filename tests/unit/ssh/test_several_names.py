"""Names of several hosts: the host goes before each name on the way here, and away on the way there."""

from __future__ import annotations

import types
import typing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from penstock.model import acts, views
from penstock.model.queries import RunQuery, Term
from penstock.model.states import RunState, RunType
from penstock.model.views.runs import RunRow, RunsPage
from penstock.ssh import merging
from penstock.ssh.naming import STEP, Namer, place_of_act

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PROD, LAB = Namer("prod", 0), Namer("lab", 1)


def run(dag_id: str, minute: int, state: RunState = RunState.SUCCESS, **more: Any) -> RunRow:
    at = NOW + timedelta(minutes=minute)
    return RunRow(
        dag_id=dag_id, run_id=f"r{minute}", run_type=RunType.MANUAL, state=state, logical_date=None,
        data_interval_start=None, data_interval_end=None, run_after=at, start=at,
        end=at + timedelta(seconds=30), **more,
    )  # fmt: skip


def test_a_run_gets_its_host_and_its_backfill_a_number_of_its_own() -> None:
    named = LAB.on(run("etl", 1, backfill_id=7, rerun_of="r0"))
    assert (named.dag_id, named.run_id, named.rerun_of, named.backfill_id) == (
        "lab/etl",
        "r1",
        "r0",
        STEP + 7,
    )
    assert PROD.on(run("etl", 1, backfill_id=7)).backfill_id == 7


def test_names_within_lists_pairs_and_dicts() -> None:
    change = views.events.Change(cursor=3, dags=("a", "b"), runs=(("a", "r"),), bells=("ring",))
    assert LAB.on(change) == views.events.Change(
        cursor=3, dags=("lab/a", "lab/b"), runs=(("lab/a", "r"),), bells=("ring",)
    )
    page = LAB.on(RunsPage(runs=(run("a", 1),), total=1, zones={"a": "UTC"}))
    assert page.zones == {"lab/a": "UTC"}
    assert [each.dag_id for each in page.runs] == ["lab/a"]


def test_a_plan_says_where_its_command_goes() -> None:
    plan = views.plans.Plan(act="clear", title="t", items=(), fingerprint="f", cli="penstock clear etl r1")
    assert LAB.on(plan).cli == "penstock --host lab clear etl r1"
    assert LAB.on(plan).fingerprint == "f"


def test_nothing_that_has_no_name_is_touched() -> None:
    assert LAB.on([1, "text", None, True]) == [1, "text", None, True]


ADDRESSED = [
    acts.Trigger(dag_id="lab/etl"),
    acts.Clear(dag_id="lab/etl", run_id="r1", tasks=("a", "b")),
    acts.Undo(dag_id="lab/etl", run_id="r1"),
    acts.Undo(undo_id=STEP + 5),
    acts.PauseBackfill(backfill_id=STEP + 5),
    acts.SetPool(name="lab/big", slots=3),
    acts.DeletePool(name="lab/big"),
    acts.DrainWorker(name="lab/web3-1"),
    acts.UndrainWorker(name="lab/web3-1"),
    acts.SetVariable(name="lab/x", value="a/b"),
    acts.DeleteConnection(conn_id="lab/db"),
    acts.EmitAsset(name="lab/s3://bucket/key"),
    acts.AcknowledgeFailures(fingerprint="lab/abc", why="a/b"),
    acts.QuarantineDrop(subject="lab/etl/r1"),
]


@pytest.mark.parametrize("act", ADDRESSED, ids=acts.act_name)
def test_an_act_goes_to_its_host_as_that_names_things(act: acts.AnyAct) -> None:
    assert place_of_act(act) in {"lab", 1}
    text = msgspec.json.encode(LAB.act_off(act)).decode()
    assert "lab/" not in text
    assert str(STEP) not in text
    for kept in ("s3://bucket/key", "a/b"):
        assert (kept in text) == (kept in msgspec.json.encode(act).decode())


def test_every_act_is_addressed_or_is_for_all() -> None:
    """A new act that names something by a field nobody thought of would go to no host."""
    for_all = {acts.PauseAll, acts.ResumeAll, acts.Looked}
    for kind in typing.get_args(acts.AnyAct):
        fields = set(kind.__struct_fields__)
        known = fields & {"dag_id", "backfill_id", "fingerprint", "subject", "conn_id", "name", "undo_id"}
        assert known or kind in for_all, kind


def test_every_view_with_a_name_is_renamed() -> None:
    """Whatever view has a DAG or an attempt in it: the walk reaches it, however deep it lies."""
    for module in (getattr(views, name) for name in views.__all__):
        assert isinstance(module, types.ModuleType)
        for kind in vars(module).values():
            if (
                isinstance(kind, type)
                and issubclass(kind, msgspec.Struct)
                and "dag_id" in kind.__struct_fields__
            ):
                made = kind(**{**dict.fromkeys(kind.__struct_fields__), "dag_id": "etl"})
                assert LAB.on((made,))[0].dag_id == "lab/etl", kind


# -- pages of runs -----------------------------------------------------------------------------------


def pages() -> list[RunsPage]:
    prod = tuple(run("prod/a", minute) for minute in (9, 6, 3))
    lab = tuple(run("lab/b", minute, RunState.FAILED) for minute in (8, 7, 2))
    return [RunsPage(runs=prod, total=30), RunsPage(runs=lab, total=12)]


def test_the_newest_of_all_hosts_come_first() -> None:
    page = merging.runs(RunQuery(limit=4), pages(), NOW)
    assert [each.run_id for each in page.runs] == ["r9", "r8", "r7", "r6"]
    assert page.total == 42


def test_the_second_page_goes_on_where_the_first_ended() -> None:
    page = merging.runs(RunQuery(limit=2, offset=2), pages(), NOW)
    assert [each.run_id for each in page.runs] == ["r7", "r6"]
    assert page.offset == 2


@pytest.mark.parametrize(
    ("sort", "first"), [("state", "r8"), ("dag", "r8"), ("took", "r9"), ("started", "r9"), ("type", "r9")]
)
def test_the_other_orders(sort: Any, first: str) -> None:
    assert merging.runs(RunQuery(limit=1, sort=sort), pages(), NOW).runs[0].run_id == first
    reverse = merging.runs(RunQuery(limit=6, sort=sort, reverse=True), pages(), NOW)
    assert reverse.runs[-1].run_id == first


def test_the_oldest_first() -> None:
    page = merging.runs(RunQuery(limit=2, reverse=True), pages(), NOW)
    assert [each.run_id for each in page.runs] == ["r2", "r3"]


@pytest.mark.parametrize(
    ("value", "prod", "lab"),
    [
        ("prod/", ("",), ("/",)),  # a host
        ("pr/", ("",), ("/",)),  # the beginning of one
        ("prod/et", ("et",), ("/",)),
        ("et", ("et",), ("et",)),
        ("pro", ("pro",), ("pro",)),
    ],
)
def test_a_filter_may_name_the_host(value: str, prod: tuple[str, ...], lab: tuple[str, ...]) -> None:
    query = RunQuery(terms=(Term(field="dag", values=(value,)),), offset=10, limit=5)
    asked = merging.query_for("prod", query)
    assert asked.terms[0].values == prod
    assert (asked.offset, asked.limit) == (0, 15)
    assert merging.query_for("lab", query).terms[0].values == lab


def test_numbers_of_all_together_can_be_taken_apart() -> None:
    totals = merging.Totals()
    first = totals.total({"prod": 5, "lab": 2})
    second = totals.total({"prod": 5, "lab": 3})
    assert (first, second) == (7, 8)
    assert (totals.part(7, "lab"), totals.part(8, "lab"), totals.part(9, "lab")) == (2, 3, None)
