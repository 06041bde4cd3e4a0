"""`penstock schedule preview` shows the points that the engine creates: each kind, zone and catchup."""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from data.builders import dag, task
from drive.examples import examples
from drive.life import spare_the_disk
from drive.loop import Bench
from penstock.cli.root import penstock
from penstock.cli.schedule import _spec
from penstock.clock import from_us
from penstock.model.spec import DagSpec

ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "America/Santiago", "Africa/Cairo",
         "Australia/Lord_Howe", "Asia/Kolkata")  # fmt: skip
CRONS = ("30 2 * * *", "@daily", "0 * * * *", "*/20 2 * * *", "30 1-3 * * *", "0 0-23 * * *", "0 0 28-31 * *",
         "0 0 * * 1", "15 0 L * *", "5-5 1 * * *", "0 0 */2 * 1", "0 22-2 * * *")  # fmt: skip
DISTANCES = ("PT6H", "P1D", "P30D", "P1M", "P1Y", "P1M2D", "PT50M")
DAYS_OF_CHANGE = (
    datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 9, 6, 3, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 1, 31, 5, tzinfo=UTC),
)  # fmt: skip
FIELDS = ("logical_date", "data_interval_start", "data_interval_end", "run_after")
POINTS = 6


@st.composite
def asked(draw: st.DrawFn) -> tuple[list[str], DagSpec, datetime]:
    """Draw the words of a preview, the DAG that it is about, and when it is loaded."""
    kind = draw(st.sampled_from(["trigger", "interval"]))
    zone = draw(st.sampled_from(ZONES))
    schedule = draw(st.one_of(st.sampled_from(CRONS), st.sampled_from(DISTANCES)))
    cron = not schedule.startswith("P")
    day = draw(st.sampled_from(DAYS_OF_CHANGE))
    now = day + timedelta(minutes=draw(st.integers(-3 * 1440, 3 * 1440)))
    start = draw(st.sampled_from([None, day - timedelta(days=3), day, now + timedelta(days=2)]))
    end = draw(st.sampled_from([None, None, now + timedelta(days=3)]))
    catchup: Any = draw(st.sampled_from(["none", "latest", "all"]))
    early = draw(st.sampled_from([None, "yes", "no", "PT45M"])) if cron and kind == "trigger" else None
    span = draw(st.sampled_from([None, "PT2H", "P1M"])) if kind == "trigger" else None
    words = [schedule, "--kind", kind, "--timezone", zone, "--catchup", catchup, "--now", now.isoformat()]
    for name, value in (("start", start), ("end", end)):
        words += [f"--{name}", value.isoformat()] if value is not None else []
    words += ["--run-immediately", early] if early else []
    words += ["--interval", span] if span else []
    spec = dag(
        "p",
        task("only", launch="empty"),
        schedule=_spec(schedule, kind, zone, span, early, None, None),
        timezone=zone,
        start_date=start,
        end_date=end,
        catchup=catchup,
        max_active_runs=100,
    )
    return words, spec, now


def previewed(words: list[str]) -> list[tuple[datetime, ...]]:
    answer = CliRunner().invoke(penstock, ["schedule", "preview", *words, "-n", str(POINTS), "--json"])
    assert answer.exit_code == 0, answer.output
    points = json.loads(answer.stdout)["points"]
    return [tuple(datetime.fromisoformat(point[name]) for name in FIELDS) for point in points]


Run = tuple[datetime, ...]


async def created(
    spec: DagSpec, now: datetime, *, before: timedelta | None = None
) -> tuple[Run | None, list[Run]]:
    """Return the last run before a gap, and those that an engine creates from *now* on that never sleeps.

    It loads *spec* at *now*, or that long *before*, and then was down for the last 30 hours.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        spare_the_disk(bench.database)
        bench.clock.time = now - (before or timedelta())
        await bench.open()
        try:
            bench.load(spec)
            known = awake(bench, now - timedelta(hours=30)) if before is not None else []
            if before is not None:
                bench.clock.time = now
                await bench.restart()
            fresh = [run for run in awake(bench, None, len(known) + POINTS) if run not in known]
        finally:
            bench.close()
        return (known[-1] if known else None), fresh[:POINTS]


def awake(bench: Bench, until: datetime | None, count: int = 10_000) -> list[Run]:
    """Tick whenever something is due until then or until there are *count* runs; return the runs in order."""
    for _ in range(400):
        runs = bench.engine.runs("p", limit=1_000)
        wake = bench.tick()
        if len(runs) >= count or wake is None:
            break
        due = max(from_us(wake), bench.clock.time)
        if until is not None and due >= until:
            break
        bench.clock.time = due
    runs = bench.engine.runs("p", limit=1_000)
    return sorted(tuple(getattr(run, name) for name in FIELDS) for run in runs)


@settings(
    max_examples=examples(12),
    phases=(Phase.explicit, Phase.generate),
)
@given(asked())
def test_the_preview_is_what_the_engine_creates(drawn: tuple[list[str], DagSpec, datetime]) -> None:
    words, spec, now = drawn
    assert previewed(words) == asyncio.run(created(spec, now))[1]


@settings(
    max_examples=examples(5),
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(asked())
def test_after_a_last_run_and_a_gap_too(drawn: tuple[list[str], DagSpec, datetime]) -> None:
    words, spec, now = drawn
    # Where a distance counts from without a start date, only the engine knows.
    assume(spec.start_date is not None or spec.schedule.kind.startswith("cron"))
    assume(spec.schedule.interval is None and spec.schedule.crons not in {("0 * * * *",), ("0 0-23 * * *",)})
    last, fresh = asyncio.run(created(spec, now, before=timedelta(days=4)))
    assume(last is not None)
    assert last is not None
    assert previewed([*words, "--last", last[1].isoformat(), last[2].isoformat()]) == fresh
