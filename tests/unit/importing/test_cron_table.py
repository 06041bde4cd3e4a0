"""What two cron daemons do with the expressions of a table, as the real programs did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from penstock.importing.daemons import DAEMONS
from penstock.importing.from_crontab import import_crontab
from penstock.importing.jobs import Line, Place

TABLE = Path(__file__).parents[2] / "data" / "cron_table.txt"
ROWS = [
    line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]
RUNS = [
    line.split("\t")
    for line in (TABLE.parent / "cron_runs.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
"""What the daemons themselves did under a clock of their own: line, daemon, whether it takes it, times."""
WATCHED = {"debian": timedelta(days=366), "cronie": timedelta(days=8), "busybox": timedelta(days=366)}
NOW = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
PLACE = Place("UTC", "ann", "/srv/ann", "ann", NOW)
NEVER_THERE = frozenset({"@reboot"})


def line_of(cron: str, daemon: str) -> Line:
    """Return what becomes of *cron* before a command; after a line that makes it a crontab at all."""
    found = import_crontab(f"SHELL=/bin/sh\n{cron} true\n", DAEMONS[daemon], PLACE, title="a table")
    assert [line.line for line in found.lines] == [2]
    return found.lines[0]


def stamp(moment: datetime) -> str:
    return f"{moment:%y-%m-%dT%H:%M}" if moment.hour or moment.minute else f"{moment:%y-%m-%d}"


def refused(line: Line) -> bool:
    return line.job is None and any(word.startswith(("bad ", "it has ")) for word in line.warnings)


@pytest.mark.parametrize(("cron", "debian", "cronie", "times"), ROWS, ids=[row[0] for row in ROWS])
def test_each_daemon_takes_it_or_not(cron: str, debian: str, cronie: str, times: str) -> None:
    fields = len(cron.split())
    if fields < 5 and not cron.startswith("@"):
        pytest.skip("the command stands where a field should be")
    for daemon, takes in (("debian", debian), ("cronie", cronie)):
        assert refused(line_of(cron, daemon)) is (takes == "no"), daemon
    if cronie == "yes" and times != "-" and cron not in NEVER_THERE:
        assert " ".join(map(stamp, line_of(cron, "cronie").there)) == times


@pytest.mark.parametrize("daemon", ["debian", "cronie", "busybox"])
def test_each_line_runs_when_the_real_daemon_ran_it(daemon: str) -> None:
    until = NOW + WATCHED[daemon]
    wrong: list[tuple[str, ...]] = []
    tried = 0
    for cron, name, takes, times in RUNS:
        short = len(cron.split()) < 5 and not cron.startswith("@")  # the command stands in a field
        if name != daemon or cron in NEVER_THERE or short or (takes == "yes" and "~" in cron):
            continue
        line = line_of(cron, daemon)
        ours = " ".join(stamp(at) for at in line.there if at < until)
        said = refused(line) or any("reports a parse error" in note for note in line.warnings)
        tried += 1
        if ("no" if said else "yes", ours) != (takes, times) and not (daemon == "busybox" and "#" in cron):
            wrong.append((cron, takes, times, ours))
    assert wrong == []
    assert tried >= 170


@pytest.mark.parametrize("daemon", ["debian", "cronie", "busybox"])
def test_what_is_kept_means_the_same_here(daemon: str) -> None:
    kept = [line for row in ROWS if (line := line_of(row[0], daemon)).job is not None]
    assert len(kept) > 85
    assert [(line.text, line.there, line.here) for line in kept if line.there != line.here] == []
    assert [line.text for line in kept if len(line.there) < 5] == []


def test_dead_lines_stay_dead() -> None:
    """A range that goes backwards never runs in cron, so it must not come to life here."""
    for cron in ("0 22-6 * * *", "59-5 * * * *", "0 0 * * fri-mon", "0 0 1 nov-feb *", "0 0 31 2 *"):
        for daemon in ("debian", "cronie"):
            line = line_of(cron, daemon)
            assert line.job is None
            assert line.there == ()
            assert "never runs it" in line.warnings[0]
        assert (cron == "0 0 31 2 *") is (line_of(cron, "busybox").job is None)


@pytest.mark.parametrize(
    ("cron", "schedule"),
    [
        ("1.5 * * * *", "1 * * * *"),
        ("1-2-3 * * * *", "1,2 * * * *"),
        ("**/5 * * * *", "* * * * *"),
        ("*5 * * * *", "* * * * *"),
        ("0 0 * * 1#1", "0 0 * * mon"),
        ("0 0 13 * 5#2", "0 0 13 * fri"),
        ("0 0 1-5 * sat|x", "0 0 1-5 * sat"),
        ("@weekly", "@weekly"),
    ],
)
def test_debian_reads_as_far_as_it_can(cron: str, schedule: str) -> None:
    line = line_of(cron, "debian")
    assert line.job is not None
    assert line.document()["schedule"] == schedule
    assert line_of(cron, "cronie").job is None or cron == "@weekly"


@pytest.mark.parametrize(
    ("cron", "schedule", "days"),
    [
        ("0 0 */2 * 1", "0 0 */2 * mon", "both"),
        ("0 0 13 * */2", "0 0 13 * sun,tue,thu,sat", "both"),
        ("0 0 */1 * 1", "0 0 * * mon", None),
        ("0 0 1-31 * 1", "0 0 1-31 * 1", None),
        ("0 0 5,* * 1", "0 0 * * *", None),
        ("0 0 13 * 5", "0 0 13 * 5", None),
        ("*/61 * * * *", "0 * * * *", None),
        ("0 0 * * 7-7", "0 0 * * 7-7", None),
        ("0 6 * * 1-1", "0 6 * * 1-1", None),
    ],
)
def test_the_author_s_words_stay_where_they_mean_the_same(cron: str, schedule: str, days: str | None) -> None:
    for daemon in ("debian", "cronie"):
        job = line_of(cron, daemon).job
        assert job is not None
        assert (job.crons[0].cron, job.crons[0].days) == (schedule, days)


@pytest.mark.parametrize(
    ("cron", "schedule"),
    [
        ("0 0 */2 * 1", "0 0 2-30/2 * mon"),
        ("* * * * 7", "* * * * *"),
        ("0 3 * * 5-7", "0 3 * * *"),
        ("0 22-6 * * *", "0 0-6,22,23 * * *"),
        ("0 0 * * sat-mon", "0 0 * * sun,mon,sat"),
        ("0 0 1 */5 *", "0 0 1 */5 *"),
        ("0 3 */40 * *", None),
        ("+5 * * * *", None),
    ],
)
def test_busybox_has_rules_of_its_own(cron: str, schedule: str | None) -> None:
    """Even days for */2, ranges past the end, and every day where a weekday of 7 stops it."""
    assert line_of(cron, "busybox").document()["schedule"] == schedule


def test_a_random_minute_is_chosen_once() -> None:
    lines = [line_of("10~20 * * * *", "cronie") for _ in range(2)]
    assert lines[0] == lines[1]
    job = lines[0].job
    assert job is not None
    assert 10 <= int(job.crons[0].cron.split()[0]) <= 20
    assert any("another minute" in warning for warning in lines[0].warnings)
    assert list(islice(lines[0].there, 5)) == list(lines[0].here)
