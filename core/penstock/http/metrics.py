"""Metrics in the text format of Prometheus, made for each scrape from what is stored."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from penstock.http.desk import Desk
from penstock.model.states import TaskState
from penstock.model.views.found import Figures
from penstock.model.views.status import EngineStatus

TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(desk: Desk) -> bytes:
    """Return all metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Stored(desk))
    return generate_latest(registry)


class _Stored(Collector):
    """Turns the figures of the store and the engine into metrics."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        status, figures = self._desk.status(), self._desk.read.figures()
        yield from _engine(status)
        yield from _runs(figures)
        yield from _disk(status, str(self._desk.settings.home))


def _engine(status: EngineStatus) -> Iterator[Metric]:
    alive = status.pid is not None
    yield GaugeMetricFamily("penstock_up", "Whether the engine runs.", float(alive))
    yield GaugeMetricFamily("penstock_dags", "DAGs that a file makes.", status.dags)
    yield GaugeMetricFamily(
        "penstock_import_errors", "DAG files that cannot be loaded.", status.import_errors
    )
    yield GaugeMetricFamily("penstock_queue_tasks", "Task instances that wait for a slot.", status.queued)
    yield GaugeMetricFamily("penstock_slots_used", "Attempts that hold a slot.", status.running)
    yield GaugeMetricFamily("penstock_slots", "Attempts that may run at once.", status.parallelism)
    yield GaugeMetricFamily("penstock_runs_active", "Runs that are queued or running.", status.runs_active)
    yield GaugeMetricFamily("penstock_quarantined", "Things that are in quarantine.", status.quarantined)
    if alive:
        yield CounterMetricFamily("penstock_ticks", "Ticks of the engine since its start.", status.ticks)
        yield CounterMetricFamily(
            "penstock_tick_seconds", "Seconds that these ticks took together.", status.tick_seconds
        )


def _runs(figures: Figures) -> Iterator[Metric]:
    runs = GaugeMetricFamily(
        "penstock_runs", "Runs that are kept, by DAG and state.", labels=("dag", "state")
    )
    for dag_id, counts in figures.runs.items():
        for state, count in counts.items():
            runs.add_metric((dag_id, state), count)
    yield runs
    seconds = GaugeMetricFamily(
        "penstock_run_seconds_sum", "Seconds that ended runs took, by DAG and state.", labels=("dag", "state")
    )
    ended = GaugeMetricFamily(
        "penstock_run_seconds_count", "Ended runs that are kept, by DAG and state.", labels=("dag", "state")
    )
    for times in figures.ended:
        seconds.add_metric((times.dag_id, times.state.value), times.seconds)
        ended.add_metric((times.dag_id, times.state.value), times.count)
    yield seconds
    yield ended
    tasks = GaugeMetricFamily("penstock_tasks", "Task instances that are kept, by state.", labels=("state",))
    for state in TaskState:
        tasks.add_metric((state.value,), figures.tasks.get(state.value, 0))
    yield tasks
    points = GaugeMetricFamily(
        "penstock_schedule_points",
        "Schedule points by DAG and what happened to them; skipped ones with the reason.",
        labels=("dag", "outcome"),
    )
    for dag_id, counts in figures.points.items():
        for outcome, count in counts.items():
            points.add_metric((dag_id, outcome), count)
    yield points


def _disk(status: EngineStatus, home: str) -> Iterator[Metric]:
    yield GaugeMetricFamily("penstock_database_bytes", "Size of the database.", status.database_bytes)
    yield GaugeMetricFamily("penstock_log_bytes", "Size of the logs of ended attempts.", status.log_bytes)
    yield GaugeMetricFamily(
        "penstock_disk_free_bytes", "Free space on the disk of the home.", shutil.disk_usage(home).free
    )
