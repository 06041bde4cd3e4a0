"""DAGs: list, get, details, pause, tasks, source, versions, tags, counts of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict

from penstock.errors import UnknownError
from penstock.http.answer import answer, said
from penstock.http.answers.dags import (
    Dag,
    DagDetails,
    Dags,
    DagVersion,
    Task,
    Tasks,
    dag_fields,
    details_of,
    tasks_of,
    version_of,
)
from penstock.http.desk import ADesk, Desk
from penstock.http.errors import ApiError, not_found
from penstock.http.login import Acting, Caller
from penstock.http.paging import OrderedPage, Page, checked_order, matches
from penstock.http.words import RUN_WORDS, RunWord, run_word
from penstock.model.acts import AnyAct, PauseSchedule, Unfreeze, UnpauseSchedule
from penstock.model.states import RunState
from penstock.model.views.found import DagFacts

router = APIRouter(tags=["DAG"])
_KEYS: dict[str, Callable[[DagFacts], Any]] = {
    "dag_id": lambda dag: dag.dag_id,
    "dag_display_name": lambda dag: dag.dag_id.lower(),
    "last_run_state": lambda dag: dag.last_run_state and run_word(dag.last_run_state),
    "last_run_start_date": lambda dag: dag.last_run_start,
}
_BY_NEXT = "next_dagrun"


class DagFilters(OrderedPage):
    """What a list of DAGs may ask for."""

    tags: list[str] = []
    tags_match_mode: Literal["any", "all"] = "any"
    owners: list[str] = []
    dag_id_pattern: str | None = None
    dag_id_prefix_pattern: str | None = None
    dag_display_name_pattern: str | None = None
    exclude_stale: bool = True
    paused: bool | None = None
    has_import_errors: bool | None = None
    last_dag_run_state: RunWord | None = None
    dag_run_state: list[RunWord] = []
    bundle_name: str | None = None
    is_favorite: bool | None = None

    def fits(self, dag: DagFacts) -> bool:
        """Whether a DAG is in the list."""
        tags = [tag in dag.tags for tag in self.tags]
        state = dag.last_run_state and run_word(dag.last_run_state)
        return all(
            (
                not (self.exclude_stale and dag.missing),
                not tags or (all(tags) if self.tags_match_mode == "all" else any(tags)),
                not self.owners or any(owner in dag.owners for owner in self.owners),
                matches(self.dag_id_pattern, dag.dag_id),
                self.dag_id_prefix_pattern is None or dag.dag_id.startswith(self.dag_id_prefix_pattern),
                matches(self.dag_display_name_pattern, dag.dag_id),
                self.paused is None or self.paused == (dag.paused or dag.frozen),
                self.has_import_errors is None or self.has_import_errors == dag.import_error,
                self.last_dag_run_state is None or self.last_dag_run_state == state,
                self.is_favorite is not True,
            )
        )


class DagPatch(BaseModel):
    """What of a DAG can be changed."""

    model_config = ConfigDict(extra="forbid")
    is_paused: bool


class Stat(msgspec.Struct, kw_only=True):
    """How many runs are in a state."""

    state: str
    count: int


class DagStat(msgspec.Struct, kw_only=True):
    """The runs of a DAG by state."""

    dag_id: str
    dag_display_name: str
    stats: list[Stat]


class DagStats(msgspec.Struct, kw_only=True):
    """The runs of DAGs by state."""

    dags: list[DagStat]
    total_entries: int


class Source(msgspec.Struct, kw_only=True):
    """The file of a DAG."""

    content: str
    dag_id: str
    version_number: int
    dag_display_name: str


class DagVersions(msgspec.Struct, kw_only=True):
    """The versions of a DAG."""

    dag_versions: list[DagVersion]
    total_entries: int


@router.get("/dags", responses=said(Dags))
def get_dags(desk: ADesk, asked: Annotated[DagFilters, Query()]) -> Response:
    """List DAGs."""
    return answer(_page(desk, asked))


@router.patch("/dags", responses=said(Dags))
def patch_dags(
    desk: ADesk,
    caller: Acting,
    body: DagPatch,
    asked: Annotated[DagFilters, Query()],
    request: Request,
) -> Response:
    """Pause or unpause all DAGs whose ids hold a pattern; without a pattern none."""
    _check_mask(request.query_params.getlist("update_mask"))
    if asked.dag_id_pattern is None and asked.dag_id_prefix_pattern is None:
        return answer(Dags(dags=[], total_entries=0))
    for dag in desk.read.dag_facts():
        if asked.fits(dag):
            _set_paused(desk, caller, dag, paused=body.is_paused)
    return answer(_page(desk, asked))


@router.get("/dags/{dag_id}", responses=said(Dag))
def get_dag(desk: ADesk, dag_id: str) -> Response:
    """Return one DAG."""
    return answer(shown(desk, [known(desk, dag_id)])[0])


@router.get("/dags/{dag_id}/details", responses=said(DagDetails))
def get_dag_details(desk: ADesk, dag_id: str) -> Response:
    """Return one DAG with everything."""
    facts = known(desk, dag_id)
    following = desk.read.coming((dag_id,)).get(dag_id)
    return answer(details_of(facts, desk.read.spec(dag_id), following, str(desk.settings.dags_folder)))


@router.patch("/dags/{dag_id}", responses=said(Dag))
def patch_dag(desk: ADesk, caller: Acting, dag_id: str, body: DagPatch, request: Request) -> Response:
    """Pause or unpause a DAG. Unpausing also lifts a freeze."""
    _check_mask(request.query_params.getlist("update_mask"))
    _set_paused(desk, caller, known(desk, dag_id), paused=body.is_paused)
    return answer(shown(desk, [known(desk, dag_id)])[0])


@router.delete("/dags/{dag_id}")
def delete_dag(desk: ADesk, caller: Acting, dag_id: str) -> Response:  # noqa: ARG001 - who may not act is refused
    """Refuse: a DAG goes with its file."""
    known(desk, dag_id)
    raise ApiError(409, f"DAG {dag_id} is made by its file: remove it there; its history expires by itself")


@router.get("/dagStats", responses=said(DagStats))
def get_dag_stats(desk: ADesk, dag_ids: Annotated[list[str] | None, Query()] = None) -> Response:
    """Return how many runs of DAGs are in each state."""
    wanted = None if dag_ids is None else tuple(dag_ids)
    counts = desk.read.run_counts(wanted)
    found = [
        DagStat(dag_id=dag.dag_id, dag_display_name=dag.dag_id, stats=_stats(counts.get(dag.dag_id, {})))
        for dag in desk.read.dag_facts()
        if (wanted is None and not dag.missing) or (wanted is not None and dag.dag_id in wanted)
    ]
    return answer(DagStats(dags=found, total_entries=len(found)))


@router.get("/dags/{dag_id}/tasks", responses=said(Tasks))
def get_tasks(desk: ADesk, dag_id: str, order_by: str = "task_id") -> Response:
    """List the tasks of a DAG."""
    known(desk, dag_id)
    tasks = tasks_of(desk.read.spec(dag_id))
    [name] = checked_order([order_by], Task.__struct_fields__)
    key = name.removeprefix("-")
    tasks.sort(key=lambda task: (getattr(task, key) is not None, str(getattr(task, key))))
    if name.startswith("-"):
        tasks.reverse()
    return answer(Tasks(tasks=tasks, total_entries=len(tasks)))


@router.get("/dags/{dag_id}/tasks/{task_id}", responses=said(Task))
def get_task(desk: ADesk, dag_id: str, task_id: str) -> Response:
    """Return one task of a DAG."""
    known(desk, dag_id)
    found = [task for task in tasks_of(desk.read.spec(dag_id)) if task.task_id == task_id]
    if not found:
        raise not_found(f"DAG {dag_id} has no task {task_id}")
    return answer(found[0])


@router.get("/dagSources/{dag_id}", responses=said(Source))
def get_dag_source(desk: ADesk, request: Request, dag_id: str, version_number: int | None = None) -> Response:
    """Return the file that made a version of a DAG, as JSON or plain text."""
    kind = wanted_type(request.headers.getlist("accept"), ("application/json", "text/plain"))
    if kind is None:
        raise ApiError(406, "the source of a DAG is application/json or text/plain")
    try:
        source = desk.read.source(dag_id, version_number)
    except UnknownError as error:
        raise not_found(error.message) from None
    if kind == "text/plain":
        return PlainTextResponse(source.text)
    number = source.version.number
    return answer(Source(content=source.text, dag_id=dag_id, version_number=number, dag_display_name=dag_id))


@router.get("/dags/{dag_id}/dagVersions", responses=said(DagVersions))
def get_dag_versions(desk: ADesk, dag_id: str, asked: Annotated[Page, Query()]) -> Response:
    """List the versions of a DAG."""
    dag_ids = [dag.dag_id for dag in desk.read.dag_facts()] if dag_id == "~" else [known(desk, dag_id).dag_id]
    found = [version_of(facts) for each in dag_ids for facts in desk.read.versions(each)]
    page = found[asked.offset : asked.offset + asked.rows]
    return answer(DagVersions(dag_versions=page, total_entries=len(found)))


@router.get("/dags/{dag_id}/dagVersions/{version_number}", responses=said(DagVersion))
def get_dag_version(desk: ADesk, dag_id: str, version_number: int) -> Response:
    """Return one version of a DAG."""
    known(desk, dag_id)
    found = [facts for facts in desk.read.versions(dag_id) if facts.number == version_number]
    if not found:
        raise not_found(f"DAG {dag_id} has no version {version_number}")
    return answer(version_of(found[0]))


@router.get("/dagTags")
def get_dag_tags(
    desk: ADesk,
    asked: Annotated[Page, Query()],
    request: Request,
) -> Response:
    """List the tags of all DAGs."""
    pattern = request.query_params.get("tag_name_pattern")
    tags = sorted({tag for dag in desk.read.dag_facts() if not dag.missing for tag in dag.tags})
    tags = [tag for tag in tags if matches(pattern, tag)]
    return answer({"tags": tags[asked.offset : asked.offset + asked.rows], "total_entries": len(tags)})


class WarningPage(Page):
    """A page of warnings, of one DAG if wanted."""

    dag_id: str | None = None


@router.get("/dagWarnings")
def get_dag_warnings(desk: ADesk, asked: Annotated[WarningPage, Query()]) -> Response:
    """List what the loader warned of, without stopping a DAG."""
    found = [
        {
            "dag_id": dag.dag_id,
            "warning_type": "asset conflict" if "asset" in text else "runtime varying value",
            "message": text,
            "timestamp": dag.version.created,
            "dag_display_name": dag.dag_id,
        }
        for dag in desk.read.dag_facts()
        if not dag.missing and asked.dag_id in (None, dag.dag_id)
        for text in desk.read.spec(dag.dag_id).warnings
    ]
    page = found[asked.offset : asked.offset + asked.rows]
    return answer({"dag_warnings": page, "total_entries": len(found)})


def known(desk: Desk, dag_id: str) -> DagFacts:
    """Return a DAG; raise `ApiError` (404) if there is none."""
    found = next((dag for dag in desk.read.dag_facts() if dag.dag_id == dag_id), None)
    if found is None:
        raise not_found(f"there is no DAG {dag_id!r}")
    return found


def shown(desk: Desk, found: Iterable[DagFacts]) -> list[Dag]:
    """Return DAGs as a list shows them."""
    dags = list(found)
    coming = desk.read.coming(tuple(dag.dag_id for dag in dags if dag.kind != "none"))
    folder = str(desk.settings.dags_folder)
    return [Dag(**dag_fields(dag, coming.get(dag.dag_id), folder)) for dag in dags]


def _page(desk: Desk, asked: DagFilters) -> Dags:
    found = [dag for dag in desk.read.dag_facts() if asked.fits(dag)]
    if asked.dag_run_state:
        counts = desk.read.run_counts()
        wanted = set(asked.dag_run_state)
        found = [
            dag
            for dag in found
            if any(run_word(RunState(state)) in wanted for state in counts.get(dag.dag_id, {}))
        ]
    keys = dict(_KEYS)
    if any(name.removeprefix("-") == _BY_NEXT for name in asked.order_by):
        coming = desk.read.coming(tuple(dag.dag_id for dag in found))
        keys[_BY_NEXT] = lambda dag: dag.dag_id in coming and coming[dag.dag_id].run_after.timestamp()
    page = asked.cut(found, keys, "dag_id")
    return Dags(dags=shown(desk, page), total_entries=len(found))


def _set_paused(desk: Desk, caller: Caller, dag: DagFacts, *, paused: bool) -> None:
    acts: list[AnyAct] = []
    if paused and not (dag.paused or dag.frozen):
        acts.append(PauseSchedule(dag_id=dag.dag_id))
    if not paused and dag.paused:
        acts.append(UnpauseSchedule(dag_id=dag.dag_id))
    if not paused and dag.frozen:
        acts.append(Unfreeze(dag_id=dag.dag_id))
    for act in acts:
        desk.act(act, caller)


def _check_mask(fields: list[str]) -> None:
    if any(field != "is_paused" for field in fields):
        raise ApiError(400, "of a DAG only is_paused can be changed")


def _stats(counts: dict[str, int]) -> list[Stat]:
    by_word = dict.fromkeys(RUN_WORDS, 0)
    for state, count in counts.items():
        by_word[run_word(RunState(state))] += count
    return [Stat(state=word, count=count) for word, count in by_word.items()]


def wanted_type(accept: list[str], offered: tuple[str, ...]) -> str | None:
    """Return what of *offered* the first ``Accept`` header asks for; None if nothing of it."""
    asked = accept[0] if accept else "*/*"
    for part in asked.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in ("*/*", "application/*"):
            return offered[0]
        if kind in offered:
            return kind
    return None
