"""`penstock coming`: what the schedules will do, and would do after a change on paper."""

from __future__ import annotations

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine


def test_a_script_gets_points_in_order_with_what_is_left_out(say: Say) -> None:
    found = say("coming", "--hours", "6", "-n", "4", "--json").document
    assert set(found) == {
        "from", "until", "worked_out_until", "fires", "total", "more", "contention", "contention_total",
        "turns", "others",
        "without_history", "parallelism", "pools", "what_if",
    }  # fmt: skip
    assert len(found["fires"]) == 4
    assert found["more"] == found["total"] - 4
    times = [fire["at"] for fire in found["fires"]]
    assert times == sorted(times)
    fire = found["fires"][0]
    assert {"dag_id", "logical_date", "run_after", "start", "end", "waits", "becomes", "moved_by_dst"} < set(
        fire
    )
    assert found["what_if"] is None
    kinds = {each["dag_id"]: each["kind"] for each in found["others"]}
    assert kinds["hello"] == "manual"


def test_people_are_told_how_much_is_left_out_and_what_has_no_time(say: Say) -> None:
    answer = say("coming", "--hours", "6", "-n", "4")
    assert answer.out.splitlines()[0].split()[:3] == ["AT", "DAG", "LOGICAL"]
    assert "more; -n" in answer.err
    assert "without a schedule" in answer.err
    assert "UTC" in answer.out, "times say their zone"


def test_only_these_dags(say: Say) -> None:
    found = say("coming", "flaky", "--hours", "3", "--json").document
    assert {fire["dag_id"] for fire in found["fires"]} == {"flaky"}
    assert found["total"] == len(found["fires"]) == 3


def test_a_change_on_paper_says_what_would_go_and_does_nothing(say: Say, engine: FakeEngine) -> None:
    found = say("coming", "--hours", "3", "--what-if-pause", "flaky", "--json").document["what_if"]
    assert found["counts"]["gone"] == 3
    assert {each["dag_id"] for each in found["moved"] if each["change"] == "gone"} == {"flaky"}
    told = say("coming", "--hours", "3", "--what-if-pause", "flaky")
    assert "nothing of it done yet: 3 gone" in told.err
    assert engine.acts == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--what-if-pool", "warehouse"], "write NAME=N"),
        (["--what-if-pool", "=3"], "write NAME=N"),
        (["--what-if-pool", "warehouse=-1"], "write NAME=N"),
        (["--what-if-until", "2h"], "needs --what-if-pause"),
        (["--what-if-until", "2h", "--what-if-resume", "flaky"], "needs --what-if-pause"),
        (["--what-if-parallelism", "0"], "parallelism must be 1 or more"),
        (["--what-if-pause", "flakey"], "did you mean flaky"),
        (["flakey"], "did you mean flaky"),
        (["--hours", "0"], "hours"),
        (["--hours", "9999"], "at most 744"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(say: Say, words: list[str], said: str) -> None:
    answer = say("coming", *words)
    assert answer.code == 2
    assert said in answer.err
