"""What tasks ask people, over the HTTP API: `hitlDetails`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.http_api import ServedApi
from drive.instance import Instance
from drive.waiting import wait_for
from penstock.api.client import socket_engine
from penstock.api.connect import stored_engine

DAG = """
from penstock import DAG, ApprovalOperator, EmptyOperator, HITLEntryOperator, HITLOperator, Param
with DAG("asks", schedule=None):
    EmptyOperator(task_id="plain")
    ApprovalOperator(task_id="approve", subject="Go?", body="On {{ ds }}")
    HITLEntryOperator(task_id="rows", subject="How many?", params={"n": Param(3, type="integer", minimum=1)})
    HITLOperator(task_id="theirs", subject="Yours?", options=["a", "b"], assigned_users=[{"id": "ada", "name": "Ada"}])
    HITLOperator.partial(task_id="each", options=["x", "y", "z"], multiple=True, defaults=["x"]).expand(
        subject=["one", "two"]
    )
"""  # noqa: E501
RUN = "dags/asks/dagRuns/r"


def place(task: str, index: int = -1) -> str:
    return f"{RUN}/taskInstances/{task}/{index}/hitlDetails"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ServedApi]:
    instance = Instance(tmp_path)
    instance.write_dag("asks", DAG)
    instance.start()
    settings = instance.settings
    try:
        with ServedApi(settings, lambda: stored_engine(settings), socket_engine(settings.socket)) as api:
            yield api
    finally:
        instance.close()


def subjects(api: ServedApi, query: str = "", where: str = RUN) -> list[str]:
    got = api.get(f"{where}/hitlDetails?{query}")
    assert got.status == 200, got.body
    return [each["subject"] for each in got.body["hitl_details"]]


def test_questions_are_listed_looked_at_and_answered(api: ServedApi) -> None:
    wait_for(lambda: api.get("dags/asks").status == 200, 60, "the DAG is not loaded")
    made = api.post("dags/asks/dagRuns", {"dag_run_id": "r", "logical_date": "2026-01-15T00:00:00Z"})
    assert made.status == 200, made.body
    wait_for(lambda: len(subjects(api)) == 5, 60, "not every task asks")
    _lists(api)
    _details(api)
    _refusals(api)
    _answers(api)


def _lists(api: ServedApi) -> None:
    whole = api.get("dags/~/dagRuns/~/hitlDetails?limit=2&order_by=-subject").body
    assert ([each["subject"] for each in whole["hitl_details"]], whole["total_entries"]) == (
        ["two", "one"],
        5,
    )
    for query, wanted in (
        ("order_by=subject", ["Go?", "How many?", "Yours?", "one", "two"]),
        ("task_id=each&map_index=1", ["two"]),
        ("task_id_pattern=PPR", ["Go?"]),
        ("task_id_prefix_pattern=ro|th&order_by=subject", ["How many?", "Yours?"]),
        ("subject_search=many", ["How many?"]),
        ("body_search=2026-01", ["Go?"]),
        ("response_received=true", []),
        ("state=success", []),
        ("state=deferred&task_id=rows", ["How many?"]),
        ("created_at_lt=2020-01-01T00:00:00Z", []),
        ("responded_by_user_id=admin", []),
        ("dag_id_pattern=nothing", []),
    ):
        assert subjects(api, query) == wanted, query
    assert api.get(f"{RUN}/hitlDetails?order_by=color").status == 400
    assert api.get(f"{RUN}/hitlDetails?state=blue").status == 422
    assert api.get("dags/asks/dagRuns/nope/hitlDetails").status == 404


def _details(api: ServedApi) -> None:
    got = api.get(place("approve")).body
    assert got.pop("task_instance")["task_id"] == "approve"
    assert got.pop("created_at").endswith("Z")
    assert got == {
        "options": ["Approve", "Reject"], "subject": "Go?", "body": "On 2026-01-15", "defaults": None,
        "multiple": False, "params": {}, "assigned_users": [], "responded_by_user": None,
        "responded_at": None, "chosen_options": None, "params_input": {}, "response_received": False,
    }  # fmt: skip
    rows = api.get(place("rows")).body
    assert rows["params"] == {
        "n": {"value": 3, "schema": {"type": "integer", "minimum": 1}, "description": None}
    }
    assert api.get(place("theirs")).body["assigned_users"] == [{"id": "ada", "name": "Ada"}]
    mapped = api.get(place("each", 1)).body
    assert (mapped["subject"], mapped["defaults"], mapped["multiple"]) == ("two", ["x"], True)
    past = api.get(place("each", 1) + "/tries/1").body
    assert (past["subject"], past["task_instance"]["try_number"]) == ("two", 1)
    for nothing in (
        place("plain"),
        place("each"),
        place("each", 9),
        place("nope"),
        place("rows") + "/tries/7",
    ):
        assert api.get(nothing).status == 404, nothing


def _refusals(api: ServedApi) -> None:
    for path, body, status in (
        (place("approve"), {"chosen_options": ["Maybe"]}, 400),
        (place("approve"), {"chosen_options": ["Approve", "Reject"]}, 400),
        (place("approve"), {"chosen_options": ["Approve"], "params_input": {"n": 1}}, 400),
        (place("rows"), {"chosen_options": ["OK"], "params_input": {"n": 0}}, 400),
        (place("approve"), {"chosen_options": []}, 422),
        (place("approve"), {}, 422),
        (place("approve"), {"chosen_options": ["Approve"], "more": 1}, 422),
        (place("theirs"), {"chosen_options": ["a"]}, 403),
        (place("plain"), {"chosen_options": ["a"]}, 404),
    ):
        got = api.patch(path, body)
        assert got.status == status, (path, body, got.body)
    assert api.patch(place("approve"), {"chosen_options": ["Approve"]}, by="viewer").status == 403
    assert api.patch(place("approve"), {"chosen_options": ["Approve"]}, by=None).status == 401
    assert len(subjects(api, "response_received=false")) == 5


def _answers(api: ServedApi) -> None:
    got = api.patch(place("rows"), {"chosen_options": ["OK"], "params_input": {"n": 7}})
    assert got.status == 200, got.body
    assert got.body["responded_at"].endswith("Z")
    said = {key: value for key, value in got.body.items() if key != "responded_at"}
    admin = {"id": "admin", "name": "admin"}
    assert said == {"responded_by": admin, "chosen_options": ["OK"], "params_input": {"n": 7}}
    again = api.patch(place("rows"), {"chosen_options": ["OK"]})
    assert (again.status, again.body["detail"]) == (409, "rows was answered: OK")
    both = api.patch(place("each", 0), {"chosen_options": ["z", "x"]})
    assert both.body["chosen_options"] == ["x", "z"]
    asked = api.get(place("rows")).body
    assert (asked["response_received"], asked["responded_by_user"], asked["params_input"]) == (
        True, admin, {"n": 7},
    )  # fmt: skip
    assert subjects(api, "responded_by_user_id=admin&order_by=created_at&order_by=subject&task_id=rows") == [
        "How many?"
    ]

    def state() -> str | None:
        found: str | None = api.get(f"{RUN}/taskInstances/rows").body["state"]
        return found

    wait_for(lambda: state() == "success", 60, "the task does not go on")
    assert "How many?" in subjects(api, "state=success")
