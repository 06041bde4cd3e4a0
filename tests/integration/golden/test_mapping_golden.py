"""Task mapping, case by case against what the reference system did with the same DAGs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drive.in_process import HereBench

FOLDER = Path(__file__).parents[2] / "golden"
FILE = FOLDER / "battery" / "mapping.py"
GOLDEN: dict[str, Any] = json.loads((FOLDER / "battery.json").read_text())
MAPPING: dict[str, Any] = GOLDEN["mapping"]


def plain(told: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return task instances as the golden file writes them down."""
    found = {}
    for key, task in told.items():
        case = {"state": task["state"], "tries": task["tries"]}
        if "return_value" in task["xcoms"]:
            case["xcom"] = task["xcoms"]["return_value"]
        if task["label"] is not None:
            case["rendered_map_index"] = task["label"]
        found[key] = case
    return found


async def run(dag_id: str, folder: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Run a DAG of the battery; return the run's state and its task instances."""
    bench = HereBench(folder)
    await bench.open()
    try:
        bench.load_file(FILE, dag_id)
        run_id = bench.trigger(dag_id)
        told = bench.to_the_end(dag_id, run_id)
        return bench.run_state(dag_id, run_id).value, plain(told)
    finally:
        bench.close()


@pytest.mark.parametrize("dag_id", sorted(MAPPING))
async def test_as_measured(dag_id: str, tmp_path: Path) -> None:
    state, tasks = await run(dag_id, tmp_path)
    assert tasks == MAPPING[dag_id]["tasks"]
    assert [state] == [each["state"] for each in MAPPING[dag_id]["runs"]]


async def test_a_dict_gives_pairs(tmp_path: Path) -> None:
    _, tasks = await run("map_dict", tmp_path)
    assert [tasks[f"f[{index}]"]["xcom"] for index in range(2)] == [["a", 1], ["b", 2]]


async def test_arguments_of_a_command_are_combined(tmp_path: Path) -> None:
    _, tasks = await run("map_classic", tmp_path)
    assert [tasks[f"b[{index}]"]["xcom"] for index in range(4)] == ["1", "1", "2", "2"]


async def test_a_failed_instance_blocks_a_reducer_that_wants_all(tmp_path: Path) -> None:
    state, tasks = await run("map_some_fail", tmp_path)
    assert state == "failed"
    assert (tasks["red"]["state"], tasks["red2"]["xcom"]) == ("upstream_failed", [1, 3])
