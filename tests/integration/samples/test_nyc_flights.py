"""The nyc_flights sample through the engine: by `penstock test`, by daily runs and by backfill."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from data.nyc_expected import Key, Row, days, everything, expected_mart, stored_mart, totals
from drive.sample_home import SAMPLES, SampleHome, states
from nyc.places import Places
from nyc.source import publish

DAG_FILE = SAMPLES / "nyc_flights.py"
JAN_1, JAN_3, JAN_5, JAN_31 = (date(2013, 1, day) for day in (1, 3, 5, 31))

Make = Callable[[str], tuple[SampleHome, Places]]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    homes: list[SampleHome] = []

    def one(name: str) -> tuple[SampleHome, Places]:
        homes.append(SampleHome(tmp_path / name))
        return homes[-1], Places(tmp_path / name / "nyc_flights")

    yield one
    for home in homes:
        home.close()


def test_the_file_says_what_it_does(make: Make) -> None:
    home, _ = make("home")
    document = home.ask("parse", DAG_FILE)
    assert document["errors"] == []
    dag = document["dags"]["nyc_flights"]
    assert (dag["schedule"], dag["timezone"], dag["catchup"]) == ("@daily", "America/New_York", "none")
    assert (dag["start_date"], dag["end_date"]) == ("2013-01-01T05:00:00Z", "2013-12-31T05:00:00Z")
    assert dag["warnings"] == []
    tasks = {task["task_id"]: task for task in dag["tasks"]}
    writers = {name for name, task in tasks.items() if task["pool"] == "warehouse"}
    tables = {f"ingest.{name}" for name in ("airlines", "airports", "planes", "flights", "weather")}
    assert writers == tables | {"rebuild_mart"}
    assert all(tasks[name]["retries"] == 3 for name in writers)
    assert tasks["dashboard"]["trigger_rule"] == "none_failed_min_one_success"
    assert {task["operator"] for task in tasks.values()} == {
        "@task", "@task.branch", "BashOperator", "EmptyOperator", "FileSensor", "SQLExecuteQueryOperator",
    }  # fmt: skip


def test_one_day_without_an_engine_and_once_more(make: Make) -> None:
    home, places = make("home")
    done = home.type("test", DAG_FILE, "nyc_flights", "--logical-date", "2013-01-05")
    waited = done.stderr.index(f"wait_for_drop | nothing yet at {places.ready(JAN_5)}")
    complete = done.stderr.index("publish | published _READY")
    assert waited < complete < done.stderr.index("wait_for_drop | found")
    assert re.search(r"verify_drop \| flights.csv: 720 of 720 rows", done.stderr)
    assert re.search(r"dashboard \| flights +720", done.stderr)
    assert stored_mart(places.warehouse) == expected_mart(JAN_5, JAN_5)
    first, page = everything(places.warehouse), places.dashboard.read_bytes()

    # Late in the evening of the same day in New York it is the next day in UTC.
    again = home.ask("test", DAG_FILE, "nyc_flights", "--logical-date", "2013-01-05T23:30")
    assert again["state"] == "success"
    found = states(again)
    assert (found["rebuild_mart"], found["nothing_new"], found["dashboard"]) == (
        "skipped",
        "success",
        "success",
    )
    loads = [
        task["xcoms"]["return_value"] for task in again["tasks"] if task["task_id"].startswith("ingest.")
    ]
    assert [(load["added"], load["removed"], load["stale"]) for load in loads] == [(0, 0, False)] * 5
    assert everything(places.warehouse) == first
    assert places.dashboard.read_bytes() == page


def test_a_bad_drop_stops_before_the_warehouse_and_names_the_rows(make: Make) -> None:
    home, places = make("home")
    publish(places, JAN_5)
    flights = places.drop(JAN_5) / "flights.csv"
    lines = flights.read_text().splitlines(keepends=True)
    lines[41] = re.sub(",(UA|AA|B6|DL|MQ|EV|US|9E|WN|FL),", ",QQ,", lines[41])
    flights.write_text("".join(lines))
    done = home.type("test", DAG_FILE, "--logical-date", "2013-01-05", exit_code=1)
    assert "FAILED: flights: carrier is in airlines: 1 (limit 0)" in done.stderr
    assert re.search("flights.csv line 42: .*carrier QQ", done.stderr)
    assert not places.warehouse.exists()
    assert not places.dashboard.exists()


def daily(home: SampleHome, first: date, last: date) -> None:
    """Run each day for itself, and wait for all."""
    runs = [
        home.ask("trigger", "nyc_flights", "--logical-date", str(day), "--conf", '{"publish_seconds": 0.2}')
        for day in days(first, last)
    ]
    for run in runs:
        home.await_tasks("nyc_flights", run["run_id"], {"dashboard": "success"}, limit=240)


def backfill(home: SampleHome, first: date, last: date) -> int:
    """Backfill the days and return how many runs it made; days that have one already keep it."""
    done = home.ask(
        "backfill", "create", "nyc_flights", "--from", str(first), "--to", str(last), "--wait", limit=600
    )
    ended = [slot["state"] for slot in done["slots"]]
    assert set(ended) <= {"success", "kept"}
    return ended.count("success")


@pytest.mark.timeout(600)
def test_days_one_by_one_and_by_backfill_make_the_same_mart(make: Make) -> None:
    both_ways(make, JAN_1, JAN_3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_january_one_by_one_and_by_backfill_makes_the_same_mart(make: Make) -> None:
    mart = both_ways(make, JAN_1, JAN_31)
    assert totals(mart)["flights"] == 27004


def both_ways(make: Make, first: date, last: date) -> dict[Key, Row]:
    """Load the days one by one, and by two backfills of which the second keeps what the first made."""
    one_by_one, by_days = make("daily")
    all_at_once, by_backfill = make("backfill")
    one_by_one.start()
    daily(one_by_one, first, last)
    one_by_one.stop()
    all_at_once.start()
    count = len(days(first, last))
    assert backfill(all_at_once, first, first) == 1
    assert backfill(all_at_once, first, last) == count - 1
    mart, expected = stored_mart(by_backfill.warehouse), expected_mart(first, last)
    assert totals(mart) == totals(expected)
    assert stored_mart(by_days.warehouse) == mart == expected
    assert everything(by_days.warehouse) == everything(by_backfill.warehouse)
    assert by_days.dashboard.read_bytes() == by_backfill.dashboard.read_bytes()

    again = all_at_once.type(
        "backfill", "create", "nyc_flights", "--from", str(first), "--to", str(last), "--wait"
    )
    assert "nothing" in again.stdout + again.stderr
    assert len(all_at_once.ask("runs", "list", "nyc_flights")["runs"]) == count
    return mart
