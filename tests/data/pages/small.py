"""Pages of small parts: plots, zones, files that cannot be loaded, hosts, poor terminals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

from data.pages.shown import BERLIN, LOOKS, row, shown
from fakes.world import NOW, replace
from penstock.model.places import Place
from penstock.model.views.hosts import HostRow, HostState
from penstock.model.views.status import ImportErrorRow
from penstock_tui.view import carried, error_rows, host_rows, plot, run_rows, zones

HOUR = timedelta(hours=1)


def plotted() -> Iterator[str]:
    """Columns of blocks over some rows, with lines at what is usual."""
    values = (None, 0.0, 0.01, 1.0, 3.3, 5.0, 7.5, 9.99, 10.0, 10.1, 40.0)
    levels = [plot.Level(2.0, "p50"), plot.Level(9.0, "p95"), plot.Level(2.1, "p51")]
    for top in (10.0, 0.0, -1.0, 40.0):
        for height in (1, 3, 5):
            for step, plain in ((1, False), (3, True)):
                drawn = plot.Plot(
                    [plot.Bar(value, "red" if value == 5.0 else "") for value in values],
                    levels,
                    height,
                    top,
                    step,
                    plain,
                )
                yield f"{top} {height} {step}: {drawn.labels()}"
                for cursor in (None, 0, 5):
                    yield from (f"  [{shown(line)}]" for line in drawn.rows(cursor))
    bare = plot.Plot([plot.Bar(1.0)], [], 2, 1.0)
    yield f"{bare.step} {bare.ascii} {bare.labels()} {[shown(line) for line in bare.rows()]}"
    for some in ((), (1.0,), (1.0, 50.0), (1.0, 2.0)):
        yield f"{some}: {[plot.top_of(some, p95) for p95 in (None, 0.0, 1.0, 10.0)]}"


def in_zones() -> Iterator[str]:
    """In which zone times are."""
    tokyo, odd, west = ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=5)), timezone(-3 * HOUR)
    named = timezone(HOUR, "a\x1b[31mb")
    for own in (
        UTC,
        BERLIN,
        tokyo,
        odd,
        west,
        named,
        ZoneInfo("Asia/Tashkent"),
        ZoneInfo("America/Sao_Paulo"),
    ):
        for now in (NOW, NOW + timedelta(days=180)):
            yield f"{own} {now:%m-%d}: {zones.name(own, now)}"
            for dates in (
                (), ("UTC",), ("Europe/Berlin",), ("Europe/Paris",), ("UTC", "Asia/Tokyo"), ("Africa/Lagos",),
                ("Asia/Tokyo", "Asia/Seoul"), ("Asia/Kolkata",), ("no/where",),
            ):  # fmt: skip
                said = [zones.zone_words(own, dates, now, narrow=narrow) for narrow in (False, True)]
                yield f"  {dates}: {said}"
    yield f"{[zones.zone_of(dag, {'a': 'Asia/Tokyo'}, BERLIN) for dag in 'ab']}"


def files() -> Iterator[str]:
    """DAG files that cannot be loaded, and characters that a terminal lacks."""
    for message, line in (("no module x", 3), ("a\x1b[31mb", None), ("", 0)):
        error = ImportErrorRow(file="/dags/d.py", message=message, line=line, since=NOW - HOUR)
        yield row(error_rows.cells(error, "d\ndir/d.py", NOW, BERLIN))
    for encoding in ("utf-8", "ascii", "latin-1"):
        yield f"{encoding}: {[carried.carried(text, encoding) for text in ('abc', 'é', '漢字 ✓ a', '')]}"


def hosts() -> Iterator[str]:
    """Hosts of several, in their order and colours."""
    places = [Place("prod", production=True, word="PROD", colour="red"), Place("dev"), Place("a", word="lab")]
    plain = HostRow(name="prod", state=HostState.LIVE, since=NOW - HOUR, home="/home/x", dags=4)
    rows = [
        replace(plain, name=name, state=state, reason=reason, since=since, failures=failures, queued=queued)
        for name, failures, queued in (("prod", 0, 3), ("dev", 2, 0), ("other", 1, 1))
        for state in HostState
        for reason, since in ((None, NOW - HOUR), ("no route", None))
    ]
    for each in rows:
        place = next((place for place in places if place.name == each.name), None)
        for looks in LOOKS:
            yield row(host_rows.cells(each, place, NOW, BERLIN, looks))
        yield f"  {host_rows.seen(each)} {host_rows.urgency(each)}"
    yield row(host_rows.cells(replace(plain, name="a", running=5, dags=0), places[2], NOW, BERLIN, LOOKS[0]))
    yield str([f"{each.name} {each.state} {each.failures}" for each in sorted(rows, key=host_rows.urgency)])
    for name in ("prod/d", "dev/d", "other/d", "d"):
        yield f"{name}: {row(host_rows.cells_with_host([[('x', '')], [('y', '')]], name, places))}"
    yield f"{[each.id for each in host_rows.with_host(run_rows.COLUMNS)]}"


PAGES = {page.__name__: page for page in (plotted, in_zones, files, hosts)}
