"""The benchmarks work: at a tiny size each does what it measures, and says as JSON what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import floors, usage
from benchmarks.__main__ import WORKLOADS
from benchmarks.terminal import Terminal

from drive.waiting import wait_for

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)


_IN_THE_SUITE = ("fan_out", "idle", "first_frame", "log_search")
"""One that runs tasks, one that looks at processes, one with a terminal and one in this process."""


@pytest.mark.parametrize(
    "name",
    [
        *_IN_THE_SUITE,
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in sorted(WORKLOADS)
            if name not in _IN_THE_SUITE
        ),
    ],
)
def test_a_workload_prints_one_line_of_json(name: str) -> None:
    done = run(name, "--rounds", "1", "--size", "0.01")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    document = json.loads(line)
    assert document["workload"] == name
    assert document["floor"]["name"]
    assert document["figures"]
    assert all(ratio > 0 for ratio in document["ratios"].values())
    for budget in document["budgets"]:
        assert budget["value"] > 0
        assert budget["met"] in {"goal", "must", "no"}
    assert name in done.stderr


def test_a_chain_is_measured_link_by_link() -> None:
    document = json.loads(run("chain", "--rounds", "1", "--size", "0.02").stdout)
    gap = document["figures"]["gap_ms"]
    assert 0 < gap["median"] <= gap["p99"]
    assert gap["median"] < document["figures"]["link_ms"]
    assert document["figures"]["cpu_ms_per_task"]["tasks"] >= 0


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    done = run("nonsense")
    assert done.returncode == 2
    assert all(name in done.stderr for name in WORKLOADS)


def test_the_bare_loop_runs_a_graph_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(floors, "_ninja_of_python", lambda: None)
    name, cost = floors.build({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}, at_once=2)
    assert "no ninja" in name
    assert 0 < cost.wall < 60


def test_a_floor_that_fails_says_so() -> None:
    with pytest.raises(RuntimeError, match="ended with 3: oh"):
        floors.timed(["sh", "-c", "echo oh; exit 3"])


def test_the_terminal_counts_what_is_drawn_and_passes_keys_on() -> None:
    with Terminal(
        ["sh", "-c", "printf 'rea\\033[1mdy'; read line; echo got $line"], {"PATH": "/usr/bin:/bin"}
    ) as it:
        it.until("ready")
        assert it.received >= 9
        it.press("yes\n")
        it.until("got yes")
    assert not Path(f"/proc/{it.pid}").exists()


def test_use_is_taken_from_the_kernels_books() -> None:
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as child:
        assert child.pid in usage.children(os.getpid())
        wait_for(lambda: usage.running_seconds(child.pid) > 0.05, 30, "it works, and it is not told")
        assert usage.memory(child.pid)[0] > 0
        assert not usage.is_supervisor(child.pid)
        child.kill()
