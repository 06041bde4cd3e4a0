"""The instance in words: which verdict each section gets, what its line says, what its rows lead to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.model.callbacks import CallbackState
from penstock.model.subject import SubjectKind
from penstock.model.system.engine_and_disk import long_span
from penstock.model.system.parts import Item, Place, Section, tick
from penstock.model.system.sections import SECTIONS, named, sections
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.pools import PoolRow, SlotUse
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.status import ImportErrorRow
from penstock.model.views.system import (
    DiskFacts,
    EngineFacts,
    ExecutorRow,
    MissedPoints,
    RetentionFacts,
    SystemPage,
    TickTimes,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GB = 1 << 30


class Plain:
    """Amounts as bare numbers: the look of them is tried where they are drawn."""

    def size(self, amount: int | None) -> str:
        return f"{amount}B"

    def span(self, seconds: float | None) -> str:
        return f"{seconds}s"

    def past(self, moment: datetime) -> str:
        return f"{moment:%H:%M}"

    def coming(self, moment: datetime) -> str:
        return f"at {moment:%H:%M}"


def well(**changes: Any) -> SystemPage:
    """A page on which nothing needs a hand, with *changes*."""
    engine = EngineFacts(
        pid=7, since=NOW - timedelta(hours=1), version="1.0", pss=50, rss=60, parallelism=4, running=1,
        ticks=TickTimes(count=9, p50=0.002, p99=0.03, of=9, longest=0.3, longest_at=NOW),
    )  # fmt: skip
    disk = DiskFacts(free=40 * GB, total=80 * GB, least=GB, rate=1.0 * GB, lasts=39 * 86400.0, written_day=GB)
    values: dict[str, Any] = {
        "at": NOW,
        "engine": engine,
        "disk": disk,
        "pools": (PoolRow(name="default_pool", slots=128, used=1, waiting=0),),
        "executors": (ExecutorRow(executor="local", pid=8, attempts=1, state="working"),),
        "retention": RetentionFacts(kept="30 days", last=NOW, removed=2, next=NOW + timedelta(hours=1)),
    }
    return SystemPage(**{**values, **changes})


def made(page: SystemPage) -> dict[str, Section]:
    return {section.id: section for section in sections(page, Plain())}


def test_where_all_is_well_each_section_is_one_line_that_says_so() -> None:
    found = made(well())
    assert tuple(found) == SECTIONS
    assert {section.verdict for section in found.values()} == {"ok"}
    assert found["engine"].line == (
        "1.0, up 3600.0s; PSS 50B, RSS 60B; ticks p50 2.0ms, p99 30ms, longest 300ms; 0 queued"
    )
    assert found["disk"].line.startswith(f"{40 * GB}B free, lasts 39 days at {GB}B a day; database")
    assert found["parallelism"].line == "1 of 4 slots taken, 0 queued"
    assert found["pools"].line == "1 pool, 1 of 128 slots taken, none waits"
    assert found["executors"].line == "local: 1 worker, 1 attempt"
    assert found["retention"].line == "last pass 12:00 deleted 2 runs; the next, at 13:00, deletes nothing"
    assert found["quarantine"].line == "nothing is left out"


def slow(seconds: float) -> EngineFacts:
    return EngineFacts(pid=7, ticks=TickTimes(count=1, p50=seconds, p99=seconds, of=1, longest=seconds))


BAD: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "engine gone": ({"engine": EngineFacts(last_seen=NOW)}, "engine", "fail", "does not run"),
    "warnings": ({"engine": EngineFacts(pid=7, warnings=("w",))}, "engine", "warn", "1 warning"),
    "slow ticks": ({"engine": slow(1.2)}, "engine", "warn", "slow ticks"),
    "fast ticks": ({"engine": slow(1.0)}, "engine", "ok", "p99 1.0s"),
    "short": ({"disk": DiskFacts(free=9 * GB, least=GB, rate=2.0 * GB, lasts=4 * 86400.0)}, "disk", "warn",
              "lasts 4 days"),
    "a week": ({"disk": DiskFacts(free=8 * GB, least=GB, rate=1.0 * GB, lasts=7 * 86400.0)}, "disk", "ok",
               "lasts 7 days"),
    "tight": ({"disk": DiskFacts(free=2 * GB - 1, least=GB)}, "disk", "warn", "free"),
    "full": ({"disk": DiskFacts(free=GB - 1, least=GB)}, "disk", "fail", "nothing is launched"),
    "no rate": ({"disk": DiskFacts(free=9 * GB, least=GB)}, "disk", "ok", "free; database"),
    "all slots": ({"engine": EngineFacts(pid=7, running=4, parallelism=4, queued=2)}, "parallelism", "warn",
                  "raise parallelism"),
    "just enough slots": ({"engine": EngineFacts(pid=7, running=4, parallelism=4)}, "parallelism", "ok",
                          "4 of 4"),
    "full pool": ({"pools": (PoolRow(name="p", slots=1, used=1, waiting=3),)}, "pools", "warn",
                  "full: p 1/1, 3 wait"),
    "used up": ({"pools": (PoolRow(name="p", slots=1, used=1, waiting=0),)}, "pools", "ok", "none waits"),
    "waits elsewhere": ({"pools": (PoolRow(name="p", slots=2, used=1, waiting=3),)}, "pools", "ok", "3 wait"),
    "silent": ({"executors": (ExecutorRow(executor="local", pid=8, attempts=1, state="silent"),)},
               "executors", "warn", "1 need a look"),
    "results wait": ({"executors": (ExecutorRow(executor="l", pid=8, attempts=1, state="idle", note="n"),)},
                     "executors", "warn", "1 need a look"),
    "file": ({"import_errors": (ImportErrorRow(file="d/a.py", message="m", line=3, since=NOW),)},
             "import_errors", "fail", "1 DAG file cannot"),
    "late": ({"missed": (MissedPoints(dag_id="d", late=True, reason=None, count=2, first=NOW, last=NOW),)},
             "missed", "warn", "2 late"),
    "downtime": ({"missed": (MissedPoints(dag_id="d", late=False, reason="downtime", count=1200, first=NOW,
                                          last=NOW),)}, "missed", "warn", "1,200 skipped"),
    "paused": ({"missed": (MissedPoints(dag_id="d", late=False, reason="paused", count=1, first=NOW,
                                        last=NOW),)}, "missed", "ok", "1 skipped in the last 24 hours (pau"),
    "pass failed": ({"retention": RetentionFacts(problem="disk full")}, "retention", "warn", "disk full"),
    "left out": ({"quarantine": (QuarantineRow(kind=SubjectKind.DAG, id="d", dag_id="d", reason="r",
                                               since=NOW),)}, "quarantine", "fail", "1 thing left out"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_the_verdict_and_the_line_name_what_needs_a_hand(case: str) -> None:
    changes, name, verdict, said = BAD[case]
    section = made(well(**changes))[name]
    assert (section.verdict, said in section.line) == (verdict, True), section.line


def place_of(page: SystemPage, section: str, item: str) -> Place:
    return next(each for each in walk(made(page)[section].items) if each.id == item).place


def walk(items: tuple[Item, ...]) -> list[Item]:
    return [each for item in items for each in (item, *walk(item.below))]


def test_rows_lead_to_what_they_are_about() -> None:
    holder, waiter = (SlotUse(dag_id="d", run_id="r", task_id=task, map_index=2) for task in ("a", "b"))
    callback = CallbackRow(
        id=5, dag_id="d", run_id="r", task_id=None, map_index=-1, kind="run_failure",
        state=CallbackState.FAILED, created=NOW, reason="exit 1",
    )  # fmt: skip
    page = well(
        pools=(PoolRow(name="p", slots=1, used=1, waiting=105, held=(holder,), wanted=(waiter,)),),
        import_errors=(ImportErrorRow(file="d/a.py", message="m", line=3, since=NOW),),
        callbacks=(callback,),
        callbacks_total=3,
        missed=(MissedPoints(dag_id="d", late=True, reason=None, count=2, first=NOW, last=NOW),),
        retention=RetentionFacts(due={"d": 4}),
        quarantine=(
            QuarantineRow(kind=SubjectKind.RUN, id="d/r", dag_id="d", reason="r", since=NOW),
            QuarantineRow(kind=SubjectKind.ROW, id="pool:9", dag_id=None, reason="r", since=NOW),
        ),
    )
    assert place_of(page, "pools", "pools/p") == Place("pool", pool="p")
    assert place_of(page, "pools", "pools/p/holds/d/r/a[2]") == Place("run", "d", "r", "a", 2, "p")
    assert place_of(page, "pools", "pools/p/waits/d/r/b[2]") == Place("run", "d", "r", "b", 2, "p")
    assert place_of(page, "pools", "pools/p/more") == Place("now")
    assert place_of(page, "import_errors", "import_errors/d/a.py") == Place("errors")
    assert place_of(page, "callbacks", "callbacks/5") == Place("run", "d", "r", "")
    assert place_of(page, "missed", "missed/d/True/None") == Place("calendar", "d")
    assert place_of(page, "retention", "retention/d") == Place("dag", "d")
    assert place_of(page, "quarantine", "quarantine/d/r") == Place("run", "d", "r")
    assert place_of(page, "quarantine", "quarantine/pool:9") == Place()
    assert made(page)["callbacks"].items[-1].text == "and 2 older ones"
    assert made(page)["retention"].line == "no pass yet"


def test_a_filter_keeps_rows_with_the_text_and_what_is_around_them() -> None:
    holder = SlotUse(dag_id="orders", run_id="r", task_id="load")
    page = well(
        pools=(
            PoolRow(name="p", slots=1, used=1, waiting=0, held=(holder,)),
            PoolRow(name="q", slots=1, used=0, waiting=0),
        )
    )
    found = named(sections(page, Plain()), "ORDERS")
    assert [section.id for section in found] == ["pools"]
    assert [item.id for item in walk(found[0].items)] == ["pools/p", "pools/p/holds/orders/r/load"]
    assert [section.id for section in named(sections(page, Plain()), "quarant")] == ["quarantine"]
    assert named(sections(page, Plain()), "nothing like it") == ()


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, "0 hours"), (3600.0, "1 hour"), (86400.0, "1 day"), (86400 * 729.0, "729 days"),
     (86400 * 3650.0, "10 years")],
)  # fmt: skip
def test_how_long_a_disk_lasts(seconds: float, told: str) -> None:
    assert long_span(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "-"), (0.0004, "0.4ms"), (0.0123, "12ms"), (1.25, "1.2s"), (0.999, "999ms")]
)
def test_how_long_a_tick_took(seconds: float | None, told: str) -> None:
    assert tick(seconds) == told
