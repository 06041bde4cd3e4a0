"""`penstock schedule preview` answers every measured case as the timetable does."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from penstock.cli.root import penstock

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "timetables.json").read_text())
PLAIN = [
    case
    for case in GOLDEN["cases"]
    if not case.get("kwargs") and case["timetable"] in {"CronTrigger", "CronDataInterval"}
][::6]


def invoke(*words: str) -> Any:
    return CliRunner().invoke(penstock, ["schedule", "preview", *words])


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case["id"])
def test_measured_cases(case: dict[str, Any]) -> None:
    chain = case["next"] if isinstance(case["next"], list) else [case["next"]]
    words = [
        case["schedule"],
        "--kind", "trigger" if case["timetable"] == "CronTrigger" else "interval",
        "--timezone", case["timezone"],
        "--catchup", "all" if case["catchup"] else "latest",
        "--now", case["now"],
        "-n", str(len(chain)),
    ]  # fmt: skip
    if case["start_date"]:
        words += ["--start", case["start_date"]]
    if case["end_date"]:
        words += ["--end", case["end_date"]]
    if case["last_data_interval"]:
        words += ["--last", *case["last_data_interval"]]
    answer = invoke(*words, "--json")
    assert answer.exit_code == 0, answer.output
    points = json.loads(answer.stdout)["points"]
    wanted = [expected["run_after"] for expected in chain if expected]
    assert [point["run_after"] for point in points] == wanted


def test_durations_and_marks() -> None:
    points = json.loads(invoke("PT6H", "--start", "2026-01-01T00:00Z", "--now", "2026-01-01T01:00Z",
                               "--catchup", "all", "-n", "3", "--json").stdout)["points"]  # fmt: skip
    hours = [point["run_after"][11:13] for point in points]
    assert [int(later) - int(sooner) for sooner, later in pairwise(hours)] == [6, 6]
    moved = invoke("30 2 * * *", "--timezone", "Europe/Amsterdam", "--start", "2026-03-29",
                   "--now", "2026-03-28T00:00Z", "-n", "1")  # fmt: skip
    assert "change of clocks" in moved.stdout


@pytest.mark.parametrize("wrong", ["99 * * * *", "P", "PX", "@sometimes"])
def test_nonsense_is_refused(wrong: str) -> None:
    assert invoke(wrong).exit_code != 0
