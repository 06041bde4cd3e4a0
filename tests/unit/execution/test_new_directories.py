"""Where new attempt directories are made, and what is written into them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.attempts.protocol import AttemptSpec, dump
from penstock.execution.local import directory, executor

ID = "0123456789ab-01234567"


@pytest.mark.parametrize(
    ("costs", "taken", "tried"),
    [
        ([20e-6], 0, 1),
        ([500e-6, 30e-6], 1, 2),
        ([500e-6, 300e-6, 400e-6, 500e-6, 600e-6, 500e-6, 500e-6, 700e-6], 1, 8),
    ],
)
def test_attempts_go_where_making_files_is_quick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, costs: list[float], taken: int, tried: int
) -> None:
    places: list[str] = []

    def cost(place: str) -> float:
        places.append(place)
        return costs[len(places) - 1]

    monkeypatch.setattr(directory, "_cost", cost)
    assert directory._quick_place(f"{tmp_path}/.name") == places[taken]
    assert len(places) == tried
    assert [str(each) for each in tmp_path.iterdir()] == [places[taken]]


def test_what_a_look_for_a_place_costs_leaves_nothing(tmp_path: Path) -> None:
    assert directory._cost(str(tmp_path)) >= 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"env": {"A": 'ä\n"\x7f\u2028', "B": "\udcff"}},
        {"time_limit": float("inf"), "grace": 0.5},
        {"context": {"conf": {"x": float("inf")}}},
        {"skip_on_exit_code": (99, 100), "umask": 0o22, "secrets": {"T": "env:T"}},
    ],
)
def test_an_order_is_encoded_as_its_record_says(change: dict[str, Any]) -> None:
    spec = AttemptSpec(attempt_id=ID, argv=("bash", "-c", "echo \x01 ü"), env={"P": "x"})
    spec = replace(spec, **change)
    encoded = executor._encoded(spec)
    assert json.loads(encoded) == json.loads(dump(spec))
    assert encoded.endswith(b"}\n")
    assert encoded.count(b"\n") == 1
