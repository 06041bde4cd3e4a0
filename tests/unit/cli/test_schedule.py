"""`penstock schedule preview`: what it takes and what it refuses. Measured cases are compared elsewhere."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner

from penstock.cli.root import penstock
from penstock.errors import UsageError


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
    assert "clock change" in moved.stdout


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
    assert points("none") == points("None") == []
    assert len(points(" @ONCE ")) == 1


def test_six_fields_with_the_second_where_it_is_said() -> None:
    found = points("0 0 6 * * 1-5", "--seconds", "first", "--now", "2026-01-01", "-n", "3")
    assert found == ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z", "2026-01-05T06:00:00Z"]
    found = points("0 0 6 * * 1-5", "--seconds", "last", "--now", "2026-01-01", "-n", "2")
    assert found == ["2026-01-06T00:00:01Z", "2026-01-06T00:00:02Z"]
    spans = points("0 0 6 * * *", "--seconds", "first", "--kind", "interval", "--now", "2026-01-02T07:00Z",
                   "--start", "2026-01-01", "-n", "1")  # fmt: skip
    assert spans == ["2026-01-02T06:00:00Z"]


def test_what_is_doubtful_is_said_beside_the_points_and_in_json() -> None:
    words = ["0 0 */2 * 1", "--now", "2026-01-01", "--start", "2026-01-01"]
    answer = invoke(*words)
    assert "use --days either or --days both" in answer.stderr
    assert "!" not in answer.stdout
    document = json.loads(invoke(*words, "--json").stdout)
    assert len(document["warnings"]) == 1
    assert json.loads(invoke(*words, "--days", "both", "--json").stdout)["warnings"] == []
    assert points(*words, "--days", "both", "-n", "2") == ["2026-01-05T00:00:00Z", "2026-01-19T00:00:00Z"]


def test_the_grace_of_a_new_dag_is_said_and_can_be_off() -> None:
    words = ["0 0 28 * *", "--now", "2026-11-29", "-n", "1"]
    early = invoke(*words)
    assert "2026-11-28" in early.stdout
    assert "use --run-immediately no" in early.stderr
    calm = invoke(*words, "--run-immediately", "no")
    assert "2026-12-28" in calm.stdout
    assert "at once" not in calm.stderr


def test_the_schedule_is_told_in_words() -> None:
    assert "hourly at :00 and :45 UTC" in invoke("*/45 * * * *").stderr
    assert json.loads(invoke("0 0 * * 1,1", "--json").stdout)["words"] == "every Monday at 00:00 UTC"
    for schedule, words in {
        "P1M1D": "every 1 month and 1 day",
        "P1Y2MT1H": "every 1 year, 2 months and 1 hour",
        "PT1.5S": "every 1.5 seconds",
        " P1D ": "every day",
    }.items():
        assert json.loads(invoke(schedule, "--json").stdout)["words"] == words


def test_the_end_of_the_calendar_ends_the_points() -> None:
    assert len(points("0 0 1 1 *", "-n", "10000", "--now", "2026-06-01")) == 8999 - 2026
    assert points("P1Y", "--start", "8990-02-28", "-n", "100")[-1] == "8999-02-28T00:00:00Z"
    assert points("0 0 1 1 *", "--start", "9999-01-01") == []
    assert "schedules end" in invoke("0 0 29 2 *", "--start", "8997-01-01", "--now", "8997-01-01").stderr
    for schedule in ("0 0 1 1 *", "P1Y", "@daily|0 3 * * *"):
        late = invoke(schedule, "--start", "9990-01-01", "--now", "9990-01-01")
        assert late.exit_code == 0
        assert "no point follows: schedules end before the year 9000" in late.stderr
    assert points("PT6H", "--start", "9999-12-31") == []


def test_a_month_from_the_31st_stays_at_month_ends() -> None:
    words = ["P1M", "--start", "2026-01-31", "--now", "2026-01-01", "-n", "4"]
    assert [moment[5:10] for moment in points(*words)] == ["01-31", "02-28", "03-31", "04-30"]
    assert [moment[5:10] for moment in points(*words, "--kind", "interval")] == [
        "02-28",
        "03-31",
        "04-30",
        "05-31",
    ]
    assert points("P1Y", "--start", "2024-02-29", "--now", "2024-01-01", "-n", "5")[-1][:10] == "2028-02-29"


def test_an_interval_that_ends_in_the_skipped_hour_is_there() -> None:
    words = ["30 2 * * *", "--kind", "interval", "--timezone", "Europe/Amsterdam", "--start", "2026-03-26",
             "--now", "2026-03-26", "--catchup", "all", "-n", "4", "--json"]  # fmt: skip
    found = [point["logical_date"] for point in json.loads(invoke(*words).stdout)["points"]]
    assert found == [
        "2026-03-26T01:30:00Z", "2026-03-27T01:30:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z"
    ]  # fmt: skip


def test_a_refusal_is_one_sentence_with_exit_code_2() -> None:
    for words in (
        ["0 0 6 * * 1-5"],
        ["0 0 1 1 * 0 2020"],
        ["0 0 13 * 5#2"],
        ["@every 5m"],
        ["* * * * *", "-n", "0"],
        ["* * * * *", "-n", "10001"],
        ["* * * * *", "--catchup", "some"],
        ["* * * * *", "--start", "2026-02-30"],
        ["* * * * *", "--catchpu", "all"],
        ["-1 * * * *"],
        [],
    ):
        answer = CliRunner().invoke(penstock, ["schedule", "preview", *words])
        assert isinstance(answer.exception, UsageError)
        assert answer.exception.exit_code == 2
        assert "\n" not in str(answer.exception)
        assert answer.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["99 * * * *"], "is not valid"),
        (["* * * *"], "has 4 fields"),
        (["@sometimes"], "@hourly"),
        ([""], "has 0 fields"),
        (["0 0 30 2 *"], "never matches"),
        (["0 0 1 * 1#3", "--days", "both"], "day of month '1' and weekday '1#3' are never the same day"),
        (["0 0 * * *|"], "has 0 fields"),
        (["P"], "is not a duration"),
        (["PX"], "is not a duration"),
        (["P1.5D"], "is not a duration"),
        (["PT0S"], "must be 1 s to 100 years, not 0 s"),
        (["PT0.5S"], "must be 1 s to 100 years, not 0.5 s"),
        (["P99999D"], "must be 1 s to 100 years"),
        (["PT100000000000000000000S"], "must be 1 s to 100 years"),
        (["P1MT0.5S"], "must be whole"),
        (["--", "-PT6H"], "is not a duration"),
        (["@daily", "--last", "2026-01-02", "2026-01-01"], "ends before it starts"),
        (["@daily", "--kind", "interval", "--interval", "PT1H"], "--kind trigger"),
        (["@daily", "--interval", "soon"], "--interval: 'soon' is not a duration"),
        (["@daily", "--run-immediately", "P1M"], "months and years vary in length"),
        (["@daily", "--run-immediately", "maybe"], "is not a duration"),
        (["PT6H", "--run-immediately", "yes"], "for cron schedules"),
        (["@once", "--kind", "interval"], "@once does not take"),
        (["0 1 * * *|0 2 * * *", "--kind", "interval"], "several crons"),
        (["@daily", "--timezone", "Mars/Phobos"], "does not exist"),
        (["@daily", "--start", "2026-13-01"], "is not a date"),
        (["@daily", "-n", "0"], "0"),
        (["H H * * *"], "other times at each load"),
        (["0 0 6 * * 1-5"], "or --seconds first if it is the first one"),
        (["0 6 * * *", "--seconds", "first"], "has fewer"),
        (["PT6H", "--seconds", "first"], "for cron schedules"),
        (["@once", "--days", "both"], "@once does not take"),
        (["0 0 * * 1|2"], "| separates several crons in '0 0 * * 1|2'"),
        (["0 0 1 1 * 0 2020"], "its last match was 2020-01-01 00:00 UTC"),
        (["@daily", "--now", "9999-12-31T23:00", "--timezone", "America/New_York"], "years 1 to 9999"),
        (["@every 90m"], "PT90M"),
        (["-1 * * * *"], "'-1 * * * *' begins with a minus sign, but no schedule does"),
        (["-PT5M"], "'-PT5M' begins with a minus sign"),
        (["0 2 * * * echo hi | mail x"], "the schedule is '0 2 * * *', and 'echo hi | mail x' is for"),
        (["@daily", "--timezone", "europe/amsterdam"], "write Europe/Amsterdam"),
        (["@daily", "--timezone", "+02:00"], "+02:00 all year is Etc/GMT-2"),
    ],
)
def test_nonsense_is_refused(words: list[str], message: str) -> None:
    answer = CliRunner().invoke(penstock, ["schedule", "preview", *words], standalone_mode=True)
    text = answer.stderr + str(answer.exception or "")
    assert answer.exit_code != 0
    assert message in text
