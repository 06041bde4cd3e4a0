"""`penstock points`: every point for scripts, spans for people."""

from __future__ import annotations

import pytest

from drive.commands import Say

# nyc_flights lives in New York, where its points are at 02:00; the first three of August were skipped.
AUGUST = ("nyc_flights", "--from", "2026-08-01", "--to", "2026-08-31")


def test_a_script_gets_every_point_with_its_span(say: Say) -> None:
    points = say("points", *AUGUST, "--json").document["points"]
    assert len(points) == 3 + 13
    assert {point["state"] for point in points} == {"skipped", "ran"}
    assert [point["logical_date"][:10] for point in points[:3]] == ["2026-08-01", "2026-08-02", "2026-08-03"]
    first = points[0]
    assert (first["reason"], first["run_id"], first["span_count"]) == ("paused", None, 3)
    assert first["span_last"] == points[2]["logical_date"]
    assert points[3]["run_id"].startswith("scheduled__")
    assert (points[-1]["run_state"], points[-1]["moved_by_dst"]) == ("running", False)


def test_people_get_spans_on_the_dag_s_clock(say: Say) -> None:
    answer = say("points", *AUGUST, "--state", "skipped")
    header, row = answer.out.splitlines()
    assert "LOGICAL DATE (America/New_York)" in header
    first, last = ["2026-08-01", "02:00:00", "EDT"], ["2026-08-03", "02:00:00", "EDT"]
    assert row.split() == [*first, *last, "3", "skipped", "paused"]


def test_dates_bound_both_ends_and_count_whole_days(say: Say) -> None:
    points = say("points", "nyc_flights", "--from", "2026-08-02", "--to", "2026-08-02", "--json").document[
        "points"
    ]
    assert [point["logical_date"] for point in points] == ["2026-08-02T06:00:00Z"]
    hour = say("points", "nyc_flights", "--from", "2026-08-02T03:00", "--to", "2026-08-03T01:00")
    assert hour.out == ""
    assert "no schedule points in that time" in hour.err


def test_what_has_no_record_comes_when_asked_for(say: Say) -> None:
    states = [point["state"] for point in say("points", *AUGUST, "--open", "--json").document["points"]]
    assert states.count("upcoming") == 10
    only = say("points", *AUGUST, "--state", "upcoming").out.splitlines()
    assert len(only) == 2, "they are one line"


def test_points_come_in_pages(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = say("points", *AUGUST, "--json").document
    monkeypatch.setattr("penstock.cli.points._PAGE", 4)
    assert say("points", *AUGUST, "--json").document == whole


def test_a_name_that_is_nearly_right_is_told(say: Say) -> None:
    answer = say("points", "nyc_flihts", "--from", "2026-08-01")
    assert answer.code == 2
    assert "did you mean nyc_flights" in answer.err
