"""How the benchmarks count and judge, and that each has its place in the documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.__main__ import WORKLOADS
from benchmarks.figures import Budget, Report, Scale, percentile, rounded

ROOT = Path(__file__).parents[2]


def test_every_workload_has_a_file_and_a_place_in_the_page() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    for name in WORKLOADS:
        assert (ROOT / "benchmarks" / f"{name}.py").is_file()
        assert f"`{name}`" in page


@pytest.mark.parametrize(
    ("value", "must", "goal", "met"),
    [(1.0, 4.0, 2.0, "goal"), (3.0, 4.0, 2.0, "must"), (5.0, 4.0, 2.0, "no"), (5.0, None, None, "-")],
)
def test_a_budget_says_how_it_stands(value: float, must: float | None, goal: float | None, met: str) -> None:
    report = Report("some", "thing")
    report.budget("figure", value, must, goal)
    assert report.document()["budgets"][0]["met"] == met
    assert Budget("figure", value, must, goal).met == met


def test_figures_are_cut_to_what_they_can_mean() -> None:
    assert rounded({"a": [1.23456, 2], "b": "text"}) == {"a": [1.235, 2], "b": "text"}
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert Scale(size=0.1).count(200) == 20
    assert Scale(size=0.0001).count(200, least=3) == 3
