"""A DAG file whose tasks read and write asset events, and one event that made a run."""

from __future__ import annotations

from typing import Any

EVENTS_FILE = """
from penstock import DAG, Asset, AssetAlias, BashOperator, Metadata, asset, task

A, B, X = Asset("a", uri="s3://a"), Asset("b"), AssetAlias("x")

with DAG("d", schedule=[A]):
    @task(outlets=[A, B, X])
    def say(*, outlet_events):
        outlet_events[A].extra = {"rows": 3}
        outlet_events[X].add(Asset("new"), extra={"k": 1})

    @task(outlets=[A, X])
    def tell():
        yield Metadata(A, {"rows": 4})
        yield Metadata(Asset("found"), {"k": 2}, alias=X)
        yield "something else"
        return "value"

    @task(outlets=[A])
    def wrong(outlet_events):
        outlet_events[B].extra = {"no": 1}

    @task(outlets=[A])
    def unwritable(outlet_events):
        outlet_events[A].extra = {"no": object()}

    @task
    def see(triggering_asset_events):
        [event] = triggering_asset_events[A]
        assert list(triggering_asset_events) == [A]
        assert event.source_dag_run.data_interval_start.year == 2026
        assert triggering_asset_events[Asset.ref(name="a")] == [event]
        assert triggering_asset_events[X] == [event]
        return [event.uri, event.extra, event.source_task_id]

    rendered = BashOperator(task_id="rendered", bash_command=(
        "echo {% for asset, events in triggering_asset_events.items() %}"
        "{{ asset.uri }}={{ events[0].extra.n }}{% endfor %} "
        "{{ (triggering_asset_events.values() | first | first).source_dag_run.run_id }} {{ inlets }}"
    ))
    say(), tell(), wrong(), unwritable(), see()

@asset(schedule=None)
def made(self, context, a, more=2):
    return [self.name, a.name, more, context["run_id"]]
"""


CAME: dict[str, Any] = {
    "name": "a", "uri": "s3://a", "extra": {"n": 7}, "aliases": ["x"], "at": "2026-01-01T00:00:00+00:00",
    "source": {"dag_id": "up", "run_id": "r1", "task_id": "t", "map_index": -1,
               "data_interval_start": "2026-01-01T00:00:00+00:00"},
}  # fmt: skip
