"""What the schedules will do, over the store: in the daemon, and when no engine runs."""

from __future__ import annotations

from penstock.model.queries import ForecastQuery
from penstock.model.views.coming import ComingPage
from penstock.store.views.reads import Reads


class LocalForecasts:
    """Works it out from what `Reads` finds."""

    _reads: Reads

    def forecast(self, query: ForecastQuery) -> ComingPage:
        """Return one page of what the schedules will do.

        Raises `UsageError` for a window or a size that is impossible, `UnknownError` for a DAG that does not
        exist.
        """
        from penstock.forecast.page import forecast  # few ask, and nobody else pays for it

        return forecast(self._reads.facts(), query)
