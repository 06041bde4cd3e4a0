"""`penstock schedule preview`: what it takes and what it refuses. Measured cases are compared elsewhere."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner

from penstock.cli.root import penstock


def invoke(*words: str) -> Any:
    return CliRunner().invoke(penstock, ["schedule", "preview", *words])


def points(*words: str) -> list[str]:
    answer = invoke(*words, "--json")
    assert answer.exit_code == 0, answer.output
    return [point["run_after"] for point in json.loads(answer.stdout)["points"]]


def test_durations_and_marks() -> None:
    found = points(
        "PT6H", "--start", "2026-01-01T00:00Z", "--now", "2026-01-01T01:00Z", "--catchup", "all", "-n", "3"
    )
    hours = [int(moment[11:13]) for moment in found]
    assert [later - sooner for sooner, later in pairwise(hours)] == [6, 6]
    moved = invoke("30 2 * * *", "--timezone", "Europe/Amsterdam", "--start", "2026-03-29",
                   "--now", "2026-03-28T00:00Z", "-n", "1")  # fmt: skip
    assert "change of clocks" in moved.stdout


def test_several_crons_and_intervals() -> None:
    words = ["0 1 * * *|30 2 * * 1", "--start", "2026-05-04", "--now", "2026-05-04", "--catchup", "all"]
    assert points(*words, "-n", "3") == [
        "2026-05-04T01:00:00Z", "2026-05-04T02:30:00Z", "2026-05-05T01:00:00Z"
    ]  # fmt: skip
    ahead = invoke(*words, "-n", "1", "--interval", "P1M", "--json")
    assert json.loads(ahead.stdout)["points"][0]["data_interval_start"] == "2026-04-04T01:00:00Z"


@pytest.mark.parametrize(
    ("early", "first"), [("yes", "10:00"), ("no", "11:00"), ("PT45M", "10:00"), ("PT5M", "11:00")]
)
def test_a_first_run_that_is_early(early: str, first: str) -> None:
    found = points("@hourly", "--now", "2026-05-10T10:30:00Z", "--run-immediately", early, "-n", "1")
    assert found == [f"2026-05-10T{first}:00Z"]


def test_what_depends_on_the_end_of_the_run_before_is_told_once() -> None:
    assert len(points("@continuous", "--now", "2026-05-10", "-n", "5")) == 1
    assert len(points("@once", "--now", "2026-05-10", "-n", "5")) == 1
    assert points("none") == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["99 * * * *"], "is not valid"),
        (["* * * *"], "has 4 fields"),
        (["@sometimes"], "@hourly"),
        ([""], "has 0 fields"),
        (["0 0 30 2 *"], "never matches"),
        (["0 0 * * *|"], "has 0 fields"),
        (["P"], "is not a duration"),
        (["PX"], "is not a duration"),
        (["P1.5D"], "is not a duration"),
        (["PT0S"], "more than nothing"),
        (["P1MT0.5S"], "must be whole"),
        (["--", "-PT6H"], "is not a duration"),
        (["@daily", "--last", "2026-01-02", "2026-01-01"], "ends before it starts"),
        (["@daily", "--kind", "interval", "--interval", "PT1H"], "--kind trigger"),
        (["@daily", "--interval", "soon"], "--interval: 'soon' is not a duration"),
        (["@daily", "--run-immediately", "P1M"], "no fixed length"),
        (["@daily", "--run-immediately", "maybe"], "is not a duration"),
        (["PT6H", "--run-immediately", "yes"], "for cron schedules"),
        (["@once", "--kind", "interval"], "@once has no"),
        (["0 1 * * *|0 2 * * *", "--kind", "interval"], "several crons"),
        (["@daily", "--timezone", "Mars/Phobos"], "no time zone"),
        (["@daily", "--start", "2026-13-01"], "is not a date"),
        (["@daily", "-n", "0"], "0"),
        (["H H * * *"], "other times at each load"),
    ],
)
def test_nonsense_is_refused(words: list[str], message: str) -> None:
    answer = CliRunner().invoke(penstock, ["schedule", "preview", *words], standalone_mode=True)
    text = answer.stderr + str(answer.exception or "")
    assert answer.exit_code != 0
    assert message in text
