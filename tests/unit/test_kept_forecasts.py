"""A forecast is kept for a moment: another page of it costs no other simulation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from data.builders import dag, task
from penstock.api import kept_forecasts as kept_module
from penstock.api.kept_forecasts import SECONDS, KeptForecasts
from penstock.clock import to_us
from penstock.errors import UsageError
from penstock.forecast.facts import DagFacts, Facts, PoolFacts
from penstock.forecast.page import forecast
from penstock.forecast.shape import Shape, shape_of
from penstock.forecast.simulation import WORK, Simulation
from penstock.model.queries import ForecastQuery, Term, WhatIf
from penstock.model.spec import ScheduleSpec
from penstock.model.structure import Structure
from penstock.model.usual import Usual
from penstock.model.views.coming import ComingPage

NOW = datetime(2026, 6, 1, 0, 10, 30, tzinfo=UTC)
MINUTELY = ScheduleSpec(kind="cron", crons=("* * * * *",))


class Asked:
    """Forecasts over one world; counts what they cost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, dags: int = 2) -> None:
        self.read = 0
        self.simulated: list[int] = []
        self.seconds = 0.0
        self.news = 1
        self.facts = Facts(
            now=NOW,
            parallelism=32,
            pools={"default_pool": PoolFacts(128), "one": PoolFacts(1)},
            dags=tuple(self._dag(number) for number in range(dags)),
        )
        self.kept = KeptForecasts(lambda: self.seconds)

        def counted(*args: object, **fields: object) -> Simulation:
            self.simulated.append(int(str(fields["work"])))
            return Simulation(*args, **fields)  # type: ignore[arg-type]

        monkeypatch.setattr(kept_module, "Simulation", counted)

    @staticmethod
    def _dag(number: int) -> DagFacts:
        spec = dag(f"d{number:03}", task("a", pool="one"), schedule=MINUTELY, catchup="none")
        return DagFacts(
            structure=Structure(number, spec, "0").checked(),
            cursor=None,
            first_seen=NOW - timedelta(days=1),
            usual={"a": Usual([5.0])},
        )

    def ask(self, query: ForecastQuery) -> ComingPage:
        def read() -> Facts:
            self.read += 1
            return self.facts

        return self.kept.page(query, self.news, read)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def test_pages_and_filters_of_one_window_cost_one_simulation(asked: Asked) -> None:
    queries = [
        ForecastQuery(hours=1),
        ForecastQuery(hours=1, offset=20, limit=30),
        ForecastQuery(hours=1, terms=(Term(field="dag", values=("d001",)),)),
        ForecastQuery(hours=1, offset=100, limit=100),
        ForecastQuery(hours=1),
    ]
    for query in queries:
        assert asked.ask(query) == forecast(asked.facts, query)
    assert (asked.read, len(asked.simulated)) == (1, 1)
    asked.ask(ForecastQuery(hours=2))
    asked.ask(ForecastQuery(hours=1, slow=True))
    assert (asked.read, len(asked.simulated)) == (1, 3)


def test_a_change_on_paper_is_compared_with_what_is_known(asked: Asked) -> None:
    asked.ask(ForecastQuery(hours=1))
    query = ForecastQuery(hours=1, what_if=WhatIf(pools={"one": 2}))
    assert asked.ask(query) == forecast(asked.facts, query)
    assert len(asked.simulated) == 2
    asked.ask(query)
    assert len(asked.simulated) == 2


def test_news_and_time_make_it_outdated(asked: Asked) -> None:
    asked.ask(ForecastQuery(hours=1))
    asked.seconds = SECONDS - 0.1
    asked.ask(ForecastQuery(hours=1))
    assert asked.read == 1
    asked.news += 1
    asked.ask(ForecastQuery(hours=1))
    assert asked.read == 2
    asked.seconds += SECONDS
    asked.ask(ForecastQuery(hours=1))
    assert (asked.read, len(asked.simulated)) == (3, 3)


def test_a_quick_answer_costs_little_and_is_replaced_by_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, dags=150)
    quick = asked.ask(ForecastQuery(hours=1, quick=True))
    whole = asked.ask(ForecastQuery(hours=1))
    again = asked.ask(ForecastQuery(hours=1, quick=True))
    assert asked.simulated == [kept_module.QUICK, WORK]
    assert quick.reached < whole.reached
    assert quick.total == whole.total
    assert again == whole
    assert quick.fires[0] == whole.fires[0]


@pytest.mark.parametrize("dags", [1, 2, 3, 7, 40])
def test_the_whole_goes_on_where_the_quick_one_stopped(monkeypatch: pytest.MonkeyPatch, dags: int) -> None:
    """What is open then, such as a pool that is full, goes on too: it is all as if it had not stopped."""
    asked, query = Asked(monkeypatch, dags), ForecastQuery(hours=24)
    quick = asked.ask(msgspec.structs.replace(query, quick=True))
    assert quick.reached < quick.until
    assert asked.ask(query) == forecast(asked.facts, query)
    assert asked.simulated == [kept_module.QUICK]
    assert asked.ask(msgspec.structs.replace(query, what_if=WhatIf(pools={"one": 2}))) == forecast(
        asked.facts, msgspec.structs.replace(query, what_if=WhatIf(pools={"one": 2}))
    )


def test_shapes_are_made_again_only_for_other_durations(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(structure: Structure, *rest: Any, **more: Any) -> Shape:
        made.append(structure.id)
        return shape_of(structure, *rest, **more)

    monkeypatch.setattr("penstock.forecast.shape.shape_of", counted)
    asked.ask(ForecastQuery(hours=1))
    asked.news += 1
    asked.ask(ForecastQuery(hours=1))
    assert made == [0, 1]
    first, second = asked.facts.dags
    slower = replace(second, usual={"a": Usual([50.0])})
    asked.facts = replace(asked.facts, dags=(first, slower))
    asked.news += 1
    page = asked.ask(ForecastQuery(hours=1))
    assert made == [0, 1, 1]
    assert page == forecast(asked.facts, ForecastQuery(hours=1))
    made.clear()
    for dags, expected in (((first,), []), ((first, slower), [1])):  # what has gone is forgotten
        asked.facts = replace(asked.facts, dags=dags)
        asked.news += 1
        asked.ask(ForecastQuery(hours=1))
        assert made == expected


def test_what_makes_no_sense_is_refused_and_keeps_nothing_broken(asked: Asked) -> None:
    with pytest.raises(UsageError):
        asked.ask(ForecastQuery(hours=0))
    assert asked.ask(ForecastQuery(hours=1)) == forecast(asked.facts, ForecastQuery(hours=1))


def test_points_beyond_the_work_stay_the_same_page_after_page(asked: Asked) -> None:
    simulated = Simulation(asked.facts, to_us(NOW + timedelta(hours=3)), work=50).run()
    one = simulated.dags["d000"]
    assert list(one.following(simulated.until_us)) == list(one.following(simulated.until_us))
    first = next(one.following(simulated.until_us))
    one.turn()
    assert next(one.following(simulated.until_us)).logical_date > first.logical_date
