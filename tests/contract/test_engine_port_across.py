"""One suite for both implementations of the Engine port: what is asked over all DAGs at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import NOON
from data.filled_store import LIVE, Port
from fakes.engine import FakeEngine
from penstock.clock import to_us
from penstock.model.queries import RunQuery, RunTerms, Term
from penstock.store import tables
from penstock.store.statement import table_of

NIGHTLY = builders.dag("nightly", builders.task("a"), owner="ann", tags=("Gold", "core"))
PLAIN = builders.dag("plain_100%", builders.task("a"))


@pytest.fixture
def many(port: Port) -> Port:
    """Eleven more runs of two DAGs, one hour apart, on top of the three that are there."""
    version = builders.add_dag(port.database, NIGHTLY)
    for hours in range(6):
        state = "failed" if hours == 2 else "success"
        builders.add_run(
            port.database, NIGHTLY, version, at=NOON - timedelta(hours=hours + 1), state=state,
            tasks={"a": state}, took=100.0 + hours, run_id=f"n{hours}",
            reason="Disk full" if hours == 2 else None,
        )  # fmt: skip
    version = builders.add_dag(port.database, PLAIN)
    for hours in range(5):
        builders.add_run(
            port.database, PLAIN, version, at=NOON + timedelta(hours=hours + 1), state="queued",
            run_type="manual", run_id=f"p{hours}", start_us=None, logical_us=None,
        )  # fmt: skip
    return port


def names(port: Port, **query: object) -> list[str]:
    return [run.run_id for run in port.engine.find_runs(RunQuery(**query)).runs]  # type: ignore[arg-type]


def term(field: str, *values: str, **more: bool) -> Term:
    return Term(field=field, values=values, **more)  # type: ignore[arg-type]


def test_runs_of_all_dags_come_newest_first_with_their_dag(many: Port) -> None:
    page = many.engine.find_runs(RunQuery(limit=7))
    assert [run.run_id for run in page.runs] == ["p4", "p3", "p2", "p1", "p0", "now", "n0"]
    assert [run.dag_id for run in page.runs][4:] == ["plain_100%", "etl", "nightly"]
    assert (page.total, page.offset) == (14, 0)
    assert page.runs[5].counts == {"success": 1, "scheduled": 1, "running": 1}
    assert page.runs[6].dag_version == many.engine.dag("nightly").version


def test_pages_follow_one_another_without_gap_or_overlap(many: Port) -> None:
    whole = names(many, limit=100)
    assert len(whole) == len(set(whole)) == 14
    pages = [many.engine.find_runs(RunQuery(limit=4, offset=offset)) for offset in range(0, 16, 4)]
    assert [run.run_id for page in pages for run in page.runs] == whole
    assert {page.total for page in pages} == {14}
    assert names(many, offset=99) == []
    assert names(many, limit=0) == []


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([term("state", "fail")], ["n2"]),
        ([term("state", "failed", "running")], ["now", "n2"]),
        ([term("state", "fail", exact=True)], []),
        ([term("state", "held")], ["n1"]),
        ([term("dag", "NIGHT"), term("state", "success", inverted=True)], ["n2"]),
        ([term("dag", "plain_100%")], ["p4", "p3", "p2", "p1", "p0"]),
        ([term("dag", "plain_1_0")], []),
        ([term("dag", "night", exact=True)], []),
        ([term("type", "man")], ["p4", "p3", "p2", "p1", "p0"]),
        ([term("owner", "ops"), term("text", "now")], ["now"]),
        ([term("tag", "gold"), term("text", "DISK")], ["n2"]),
        ([term("tag", "nosuch")], []),
        ([term("tag", "core", inverted=True), term("state", "running")], ["now"]),
        ([term("text", "disk", inverted=True), term("dag", "nightly")], ["n0", "n1", "n3", "n4", "n5"]),
        ([term("text", "%")], ["p4", "p3", "p2", "p1", "p0"]),
    ],
)
def test_terms_choose(many: Port, terms: list[Term], expected: list[str]) -> None:
    builders.insert(
        many.database,
        tables.PauseRow,
        kind="run",
        dag_id="nightly",
        run_id="n1",
        by="ann",
        since_us=to_us(NOON),
    )
    page = many.engine.find_runs(RunQuery(terms=tuple(terms)))
    assert [run.run_id for run in page.runs] == expected
    assert page.total == len(expected)


def test_one_of_several_alternatives_is_enough(many: Port) -> None:
    failed, plain = (term("state", "failed"),), (term("dag", "plain"), term("text", "p3"))
    assert names(many, terms=failed, others=(RunTerms(terms=plain),)) == ["p3", "n2"]
    first, last = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
    assert names(many, terms=failed, others=(RunTerms(since=first, until=last),))[-1] == "n2"
    with_all = names(many, terms=failed, others=(RunTerms(),))
    assert with_all == names(many)


def test_dates_bound_both_ends(many: Port) -> None:
    first, last = NOON - timedelta(hours=3), NOON + timedelta(hours=1)
    assert names(many, since=first, until=last) == ["p0", "now", "n0", "n1", "n2"]


def test_every_order_and_its_reverse(many: Port) -> None:
    assert names(many, sort="state", limit=2) == ["n2", "now"]
    assert names(many, sort="state", reverse=True, limit=1)[0] not in {"n2", "now"}
    assert names(many, sort="took", limit=3) == ["now", "n5", "n4"]
    assert names(many, sort="started", limit=2) == ["now", "n0"]
    assert names(many, sort="started")[-5:] == ["p4", "p3", "p2", "p1", "p0"], "what has not started is last"
    assert names(many, sort="dag", limit=1) == ["now"]
    assert names(many, sort="type", limit=1) == ["p4"]
    for sort in ("date", "state", "started", "took", "type", "dag"):
        there, back = names(many, sort=sort, limit=99), names(many, sort=sort, reverse=True, limit=99)
        assert back == there[::-1]


def test_counts_of_an_ended_run_are_kept_until_the_run_moves(many: Port) -> None:
    def counts() -> dict[str, int]:
        [run] = many.engine.find_runs(RunQuery(terms=(term("text", "n2"),))).runs
        return run.counts

    assert counts() == counts() == {"failed": 1}
    key = builders.task_key(many.database, "nightly", "n2", "a")
    run, task = table_of(tables.RunRow), table_of(tables.TaskInstanceRow)
    with many.database.write() as connection:
        connection.execute(sa.update(task).where(task.c.id == key).values(state="pending", version=2))
        connection.execute(sa.update(run).where(run.c.run_id == "n2").values(state="queued", version=2))
    assert counts() == {"pending": 1}


def test_what_runs_now_has_its_newest_figures_and_what_waits_its_barrier(port: Port) -> None:
    for seconds, rss in ((1, 9 << 20), (2, 3 << 20)):
        builders.insert(
            port.database, tables.SampleRow, attempt_id=LIVE, at_us=to_us(NOON + timedelta(seconds=seconds)),
            cpu_percent=50.0 * seconds, rss=rss, read_bytes=10 * seconds, write_bytes=20, processes=4,
        )  # fmt: skip
    page = port.engine.live()
    [live] = page.attempts
    assert (live.dag_id, live.run_id, live.task_id, live.map_index) == ("etl", "now", "report", -1)
    assert (live.pid, live.cpu, live.rss, live.processes) == (4711, 100.0, 3 << 20, 4)
    assert (live.read_bytes, live.write_bytes) == (20, 20)
    assert live.peak_rss == 7 << 20, "as the engine knows it, without reading every sample"
    assert live.seconds == 3600.0
    assert live.p50 == 20.0
    assert live.p95 is None, "too few successes to say"
    assert [(item.task_id, item.text) for item in page.waiting] == [
        ("load", "pool warehouse: 3 of 3 slots in use")
    ]
    assert (port.engine.live(waiting=0).waiting, page.waiting_total) == ((), 1)


def test_an_attempt_that_was_never_sampled_is_shown_all_the_same(port: Port) -> None:
    [live] = port.engine.live().attempts
    assert (live.cpu, live.rss, live.processes) == (None, None, None)


def test_a_digest_tells_what_happened_since_a_time(port: Port) -> None:
    builders.add_events(port.database, [("etl", None, "dag_changed")], at=NOON + timedelta(minutes=5))
    page = port.engine.digest(person="ann", since=NOON - timedelta(days=30))
    assert page.looked is None
    assert [(file.what, file.dag_id) for file in page.files] == [("changed", "etl")]
    assert page.counts["files"] == 1
    assert page.upto == port.engine.events(limit=1)[0].seq
    later = port.engine.digest(person="ann", since=NOON + timedelta(minutes=6))
    assert not any(later.counts.values())
    assert set(page.counts) == set(FakeEngine().digest().counts) | {
        "recovered",
        "late",
        "skipped",
        "slow",
    }
