"""State stores: what a task keeps between its tries, and tasks keep about an asset between runs."""

from __future__ import annotations

import asyncio
import datetime as dt
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integration.airflow.conftest import Write
from penstock.airflow.served.state_stores import AssetStateStores, StateStore, task_store
from penstock.authoring.assets import Asset
from penstock.authoring.exceptions import TaskError
from penstock.settings import Settings
from penstock.task_process import lookup
from penstock.testing.ran import run

FILE = """
from airflow.sdk import DAG, Asset, task
from airflow.sdk.execution_time.context import NEVER_EXPIRE
ORDERS = Asset("orders")
with DAG("x", schedule=None):
    @task(retries=1, retry_delay=0, outlets=[ORDERS])
    def job(task_state_store=None, asset_state_store=None, ti=None):
        job_id = task_state_store.get("job_id")
        if job_id is None:
            task_state_store.set("job_id", "j1", retention=NEVER_EXPIRE)
            raise RuntimeError("the connection broke")
        asset_state_store[ORDERS].set("mark", ti.try_number)
        return job_id

    @task(inlets=[ORDERS])
    def reads(asset_state_store=None):
        return asset_state_store[ORDERS].get("mark")

    @task
    def one(number, task_state_store=None):
        task_state_store.set("n", number)
        return task_state_store.get("n")

    job() >> reads() >> one.expand(number=[4, 5])
"""


def test_a_try_goes_on_from_what_the_last_one_kept(write: Write, settings: Settings) -> None:
    done = run(write(FILE), logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    done.check()
    assert done.xcom("job") == "j1"
    assert done.xcom("reads") == 2
    assert [done.xcom(f"one[{index}]") for index in (0, 1)] == [4, 5]


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(str(tmp_path / "deep" / "state.json"))


def test_values_are_set_read_forgotten_and_cleared(store: StateStore) -> None:
    assert (store.get("a"), store.get("a", default=3)) == (None, 3)
    store.set("a", {"x": [1, None]})
    store.set("b", 0)
    assert (store.get("a"), store.get("b", default=7)) == ({"x": [1, None]}, 0)
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None
    store.clear()
    assert store.get("b") is None


def test_a_value_is_forgotten_after_its_time(store: StateStore) -> None:
    store.set("short", 1, retention=dt.timedelta(seconds=-1))
    store.set("long", 2, retention=dt.timedelta(days=1))
    store.set("ever", 3, retention=dt.timedelta.max)
    assert [store.get(key) for key in ("short", "long", "ever")] == [None, 2, 3]


def test_asynchronous_tasks_use_it_too(store: StateStore) -> None:
    async def work() -> list[Any]:
        await store.aset("a", 1)
        found = [await store.aget("a"), await store.aget("b", default=2)]
        await store.adelete("a")
        return [*found, await store.aget("a")]

    assert asyncio.run(work()) == [1, 2, None]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("a", object(), "must be JSON, but 'a' is not"),
        ("a", float("nan"), "must be JSON, but 'a' is not"),
        ("", 1, "a key of a state store must be a string"),
        (3, 1, "a key of a state store must be a string"),
        ("a", "x" * (5 << 20), "holds at most"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_lost(
    store: StateStore, key: Any, value: Any, words: str
) -> None:
    store.set("kept", 1)
    with pytest.raises(TaskError, match=words):
        store.set(key, value)
    assert store.get("kept") == 1


def test_a_damaged_file_is_named(store: StateStore, tmp_path: Path) -> None:
    store.set("a", 1)
    (tmp_path / "deep" / "state.json").write_text("{")
    with pytest.raises(TaskError, match=r"state\.json cannot be read"):
        store.get("a")


def test_only_assets_of_the_task_have_a_store() -> None:
    stores = AssetStateStores([Asset("orders")])
    with pytest.raises(TaskError, match="'other' is not among the inlets and outlets"):
        stores[Asset("other")]


def test_without_a_home_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup.sources, "_path", None)
    with pytest.raises(TaskError, match="needs the home of an engine"):
        task_store(type("ti", (), {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": -1}))
