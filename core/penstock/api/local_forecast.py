"""What the schedules will do, over the store: in the daemon, and when no engine runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.model.queries import ForecastQuery
from penstock.model.views.coming import ComingPage
from penstock.store.views.reads import Reads

if TYPE_CHECKING:
    from penstock.api.kept_forecasts import KeptForecasts


class LocalForecasts:
    """Works it out from what `Reads` finds."""

    _reads: Reads

    def __init__(self) -> None:
        self._forecasts: KeptForecasts | None = None

    def forecast(self, query: ForecastQuery) -> ComingPage:
        """Return one page of what the schedules will do.

        Raises `UsageError` for a window or a size that is impossible, `UnknownError` for a DAG that does not
        exist.
        """
        if self._forecasts is None:
            from penstock.api.kept_forecasts import KeptForecasts  # few ask, and nobody else pays for it

            self._forecasts = KeptForecasts()
        return self._forecasts.page(query, self._reads.newest_news(), self._reads.facts)
