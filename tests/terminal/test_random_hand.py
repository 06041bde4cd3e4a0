"""Random keys, pastes, mouse and sizes down to 1x1: the console neither ends, nor hangs, nor grows.

The long version types for an hour (or PENSTOCK_RANDOM_SECONDS) with a seed that nobody has tried.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.random_hand import RandomHand
from drive.terminal import console

_DAGS = """
from datetime import datetime

from penstock import DAG, BashOperator

for number in range(12):
    with DAG(
        f"dag_{number}", schedule="*/5 * * * *" if number % 2 else None, start_date=datetime(2026, 1, 1),
        catchup="none", params={"size": 1},
    ) as dag:
        first = BashOperator(task_id="first", bash_command="echo hello; sleep 0.2")
        second = BashOperator(task_id="second", bash_command=f"echo boom >&2; exit {number % 3}")
        third = BashOperator(task_id="third", bash_command="seq 2000; sleep 20")
        first >> second >> third
    globals()[dag.dag_id] = dag
"""
_ENV = {"PAGER": "cat", "VISUAL": "true", "EDITOR": "true"}
"""Others' programs that end by themselves: `less` would wait for a key that the hand does not know."""
_GROWS = 24 * 1024 * 1024
"""Bytes by which an hour of typing may grow: what a run or two more take, and no more."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    home = Instance(tmp_path, "stop_grace = 1\n")
    home.write_dag("many", _DAGS)
    home.start()
    yield home
    home.close()


def test_a_random_hand(instance: Instance) -> None:
    hand = RandomHand(console(instance.home), 11, _ENV)
    hand.type_for(20)
    assert hand.strokes["key"] > 50


@pytest.mark.slow
@pytest.mark.timeout(4000)
def test_a_random_hand_for_an_hour(instance: Instance) -> None:
    seconds = float(os.environ.get("PENSTOCK_RANDOM_SECONDS", "3600"))
    seed = int(os.environ.get("PENSTOCK_RANDOM_SEED", time.time_ns() // 1_000_000))
    print(f"seed {seed}")  # shown when it fails
    hand = RandomHand(console(instance.home), seed, _ENV)
    hand.type_for(seconds)
    assert hand.grew() < _GROWS, f"seed {seed}: megabytes {[each >> 20 for each in hand.memory]}"
