"""What `fakes.engine.FakeEngine` answers about all DAGs at once, worked out from its world in memory."""

from __future__ import annotations

from datetime import datetime

from fakes.world import World
from penstock.model.queries import RunQuery, Term
from penstock.model.views.runs import RunRow, RunsPage

_URGENCY = {"failed": 0, "running": 1, "queued": 2, "cancelled": 3, "success": 5}


class AcrossDags:
    """The questions over all DAGs; `FakeEngine` has the rest."""

    world: World
    now: datetime

    def _ask(self, name: str) -> None:
        raise NotImplementedError

    def find_runs(self, query: RunQuery) -> RunsPage:
        """Answer `Engine.find_runs`."""
        self._ask("find_runs")
        found = [
            detail.run
            for detail in self.world.runs.values()
            if all(self._holds(term, detail.run) for term in query.terms)
            and (query.since is None or detail.run.run_after >= query.since)
            and (query.until is None or detail.run.run_after <= query.until)
        ]
        found.sort(key=lambda run: (run.run_after, run.run_id), reverse=True)
        found.sort(key=lambda run: self._place(query.sort, run))
        if query.reverse:
            found.reverse()
        page = found[query.offset : query.offset + query.limit]
        zones = {run.dag_id: self.world.dags[run.dag_id].dag.timezone for run in page}
        return RunsPage(runs=tuple(page), total=len(found), offset=query.offset, zones=zones)

    def _holds(self, term: Term, run: RunRow) -> bool:
        dag = self.world.dags[run.dag_id].dag
        fields = {
            "dag": [run.dag_id],
            "state": [run.state.value, *(["held"] if run.held else [])],
            "type": [run.run_type.value],
            "owner": [dag.owner or ""],
            "tag": list(dag.tags),
            "text": [run.run_id, run.dag_id, run.reason or ""],
        }[term.field]
        fits = str.__contains__ if term.field == "text" else str.startswith
        return term.inverted is not any(fits(value, word) for word in term.values for value in fields)

    def _place(self, sort: str, run: RunRow) -> tuple[object, ...]:
        took = run.took(self.now)
        return {
            "state": (_URGENCY.get(run.state.value, 4),),
            "started": (run.start is None, -run.start.timestamp() if run.start else 0.0),
            "took": (took is None, -(took or 0.0)),
            "type": (run.run_type.value,),
            "dag": (run.dag_id,),
        }.get(sort, ())
