"""What breaks clients if it is otherwise: each was found by watching one."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import pytest

from data import builders
from data.builders import NOON
from data.filled_store import ETL
from drive.http_api import ServedApi
from integration.http.conftest import Filled
from penstock.clock import to_us
from penstock.model.acts import Clear, PauseSchedule, SetNote
from penstock.store import tables

RUN = "dags/etl/dagRuns/now"


def test_the_content_type_is_exact_and_errors_are_objects(filled: Filled) -> None:
    for path in ("dags", "dags/nope", "nothere", "dags?limit=x", "dags?order_by=x"):
        got = filled.api.get(path)
        assert got.kind == "application/json"
        assert isinstance(got.body, dict)


def test_a_page_has_at_most_100_rows_and_none_if_none_are_wanted(filled: Filled) -> None:
    many = builders.dag("many", *(builders.task(f"t{number:03}") for number in range(150)))
    builders.add_run(filled.database, many, builders.add_dag(filled.database, many), run_id="r")

    def page(limit: int, offset: int = 0) -> tuple[int, int]:
        body = filled.api.get(f"dags/many/dagRuns/r/taskInstances?limit={limit}&offset={offset}").body
        return len(body["task_instances"]), body["total_entries"]

    assert [page(1000), page(100), page(0), page(50, 120), page(50, 500)] == [
        (100, 150),
        (100, 150),
        (0, 150),
        (30, 150),
        (0, 150),
    ]
    body = filled.api.post("dags/~/dagRuns/~/taskInstances/list", {"page_limit": 1000}).body
    assert (len(body["task_instances"]), body["total_entries"]) == (100, 159)
    assert len(filled.api.get("dags/many/dagRuns/r/taskInstances").body["task_instances"]) == 50


@pytest.mark.parametrize(
    ("moment", "total"),
    [
        ("2026-02-28T00:00:00.000000+0000", 2),
        ("2026-02-28T00:00:00z", 2),
        ("2026-02-28 00:00:00Z", 2),
        ("2026-02-28T12:00:00+05:00", 2),
        ("1772236800", 2),
        ("2026-03-01T12:00:00+00:00", 1),
    ],
)
def test_dates_come_in_many_forms(filled: Filled, moment: str, total: int) -> None:
    body = filled.api.get(f"dags/~/dagRuns?logical_date_gte={quote(moment)}&limit=0").body
    assert body["total_entries"] == total


@pytest.mark.parametrize(
    "moment", ["2026-02-28", "2026-02-28T00:00:00", "yesterday", "2026-02-28T00:00:00+00:00"]
)
def test_dates_without_a_zone_and_unescaped_signs_are_refused(filled: Filled, moment: str) -> None:
    got = filled.api.get(f"dags/~/dagRuns?logical_date_gte={moment.replace(' ', '%20')}")
    assert got.status == 422
    assert got.body["detail"][0]["loc"] == ["query", "logical_date_gte"]


def test_dates_leave_in_utc_with_six_decimals_or_none(filled: Filled) -> None:
    builders.add_run(filled.database, ETL, 1, at=NOON.replace(microsecond=5), run_id="exact")
    text = filled.api.get("dags/etl/dagRuns").data.decode()
    found = re.findall(r'"(?:run_after|start_date)":"([^"]+)"', text)
    assert {re.sub(r"\d", "9", moment) for moment in found} == {
        "9999-99-99T99:99:99Z",
        "9999-99-99T99:99:99.999999Z",
    }


def test_run_ids_are_the_same_encoded_and_bare(filled: Filled) -> None:
    run_id = "scheduled__2026-02-28T12:00:00+00:00"
    for path in (quote(run_id, safe=""), run_id):
        assert filled.api.get(f"dags/etl/dagRuns/{path}").body["dag_run_id"] == run_id


def test_fields_that_may_not_be_null_are_not_and_texts_are_texts(filled: Filled) -> None:
    for row in filled.api.get(f"{RUN}/taskInstances").body["task_instances"]:
        assert row["executor_config"] == "{}"
        assert isinstance(row["priority_weight"], int)
        assert isinstance(row["max_tries"], int)
    for dag in filled.api.get("dags").body["dags"]:
        needed = (
            "dag_id",
            "fileloc",
            "file_token",
            "owners",
            "tags",
            "is_backfillable",
            "timetable_periodic",
        )
        assert [name for name in needed if dag[name] is None] == []


def test_states_of_ours_leave_and_are_asked_for_in_known_words(filled: Filled) -> None:
    def states(query: str) -> list[tuple[str, str | None]]:
        body = filled.api.get(f"{RUN}/taskInstances?{query}").body
        return [(row["task_id"], row["state"]) for row in body["task_instances"]]

    def become(task_id: str, state: str, attempts: int) -> None:
        key = builders.task_key(filled.database, "etl", "now", task_id)
        with filled.database.write() as connection:
            connection.execute("DROP TRIGGER IF EXISTS task_instance_move")
            connection.execute(f"UPDATE task_instance SET attempts = {attempts} WHERE id = {key}")

    become("extract", "success", 1)
    assert states("state=success") == [("extract", "success")]
    assert states("state=scheduled&state=running") == [("load", "scheduled"), ("report", "running")]
    assert states("state=none") == []
    assert filled.api.get(f"{RUN}/taskInstances?state=pending").status == 422


def test_counts_of_runs_have_all_four_states_in_their_order(filled: Filled) -> None:
    [etl, _] = filled.api.get("dagStats").body["dags"]
    assert etl["stats"] == [
        {"state": "queued", "count": 0},
        {"state": "running", "count": 1},
        {"state": "success", "count": 2},
        {"state": "failed", "count": 0},
    ]
    many = "&".join(f"dag_ids=a_name_that_is_rather_long_{number:04}" for number in range(1200))
    assert filled.api.get(f"dagStats?{many}").body == {"dags": [], "total_entries": 0}


def test_both_clears_are_dry_runs_unless_told_otherwise(filled: Filled) -> None:
    assert (
        filled.api.post("dags/etl/clearTaskInstances", {"dag_run_id": "now", "only_failed": False}).status
        == 200
    )
    assert filled.api.post(f"{RUN}/clear", {}).status == 200
    assert filled.acts.seen == []
    body = {"dag_run_id": "now", "task_ids": ["load", "nope"], "only_failed": False, "dry_run": False}
    assert filled.api.post("dags/etl/clearTaskInstances", body).status == 200
    assert filled.acts.seen == [(Clear(dag_id="etl", run_id="now", tasks=("load",)), "admin")]


def test_a_note_and_a_pause_name_the_token(filled: Filled) -> None:
    assert filled.api.patch(RUN, {"note": "seen"}).status == 200
    assert filled.api.patch("dags/idle", {"is_paused": True}).status == 200
    assert filled.acts.seen == [
        (SetNote(dag_id="etl", run_id="now", note="seen"), "admin"),
        (PauseSchedule(dag_id="idle"), "admin"),
    ]


def test_only_what_is_known_is_routed(filled: Filled) -> None:
    api = filled.api
    assert api.send("HEAD", "/api/v2/version").status == 405
    assert api.send("OPTIONS", "/api/v2/version").status == 405
    assert api.get("dags/", by=None).body == {"error": "API route not found"}
    assert "does not speak /api/v1" in api.send("GET", "/api/v1/dags").body["error"]
    assert api.send("GET", "/dags").status == 404


ACTS = [
    ("PATCH", "dags/etl", {"is_paused": True}),
    ("PATCH", "dags?dag_id_pattern=etl", {"is_paused": True}),
    ("DELETE", "dags/etl", None),
    ("POST", "dags/etl/dagRuns", {"logical_date": None}),
    ("PATCH", RUN, {"state": "failed"}),
    ("DELETE", RUN, None),
    ("POST", f"{RUN}/clear", {"dry_run": False}),
    ("POST", "dags/etl/clearTaskInstances", {"dry_run": False}),
    ("PATCH", f"{RUN}/taskInstances/load", {"new_state": "success"}),
    ("POST", "pools", {"name": "p", "slots": 1}),
    ("DELETE", "pools/warehouse", None),
    ("POST", "variables", {"key": "k", "value": "v"}),
    ("POST", "connections", {"connection_id": "c", "conn_type": "http"}),
    ("POST", "backfills", {"dag_id": "etl", "from_date": "2026-01-01", "to_date": "2026-01-02"}),
    ("PUT", "backfills/1/cancel", None),
    ("POST", "assets/events", {"asset_id": 1}),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_a_read_only_token_acts_nowhere(filled: Filled, method: str, path: str, body: object) -> None:
    got = filled.api.send(method, f"/api/v2/{path}", body=body, by="viewer")
    assert (got.status, filled.acts.seen) == (403, [])
    assert filled.api.send(method, f"/api/v2/{path}", body=body, by=None).status == 401


def test_a_read_only_token_looks_and_plans(filled: Filled) -> None:
    assert filled.api.get("dags", by="viewer").status == 200
    assert filled.api.post("dags/~/dagRuns/list", {}, by="viewer").status == 200
    assert filled.api.post(f"{RUN}/clear", {}, by="viewer").status == 200
    hold = {"act": {"act": "hold", "dag_id": "etl", "run_id": "now"}}
    assert filled.api.send("POST", "/penstock/v1/plan", body=hold, by="viewer").status == 200
    assert filled.api.send("POST", "/penstock/v1/acts", body=hold, by="viewer").status == 403


def test_basic_and_cookie_open_with_a_token(filled: Filled, caplog: pytest.LogCaptureFixture) -> None:
    api, secret = filled.api, filled.api.secrets["viewer"]

    def basic(name: str, password: str) -> int:
        text = base64.b64encode(f"{name}:{password}".encode()).decode()
        return api.get("dags", by=None, headers={"Authorization": f"Basic {text}"}).status

    assert basic("viewer", secret) == 200
    assert basic("admin", secret) == 401
    assert api.get("dags", by=None, headers={"Cookie": f"_token={secret}"}).status == 200
    api.tokens.revoke("viewer")
    revoked = api.get("dags", by="viewer")
    assert (revoked.status, "revoked" in revoked.body["detail"]) == (403, True)
    assert secret not in caplog.text
    assert "refused from 127.0.0.1" in caplog.text


def test_our_own_api_carries_out_any_act_and_describes_itself(filled: Filled) -> None:
    api = filled.api
    hold = {"act": {"act": "hold", "dag_id": "etl", "run_id": "now", "why": "disk"}}
    assert api.send("POST", "/penstock/v1/acts", body=hold).body["act"] == "hold"
    assert [(act.dag_id, by) for act, by in filled.acts.seen] == [("etl", "admin")]  # type: ignore[union-attr]
    stale = api.send("POST", "/penstock/v1/acts", body={**hold, "expect": "other"})
    assert stale.status == 409
    assert api.send("POST", "/penstock/v1/acts", body={"act": {"act": "explode"}}).status == 422
    document = api.send("GET", "/penstock/v1/openapi.json").body
    assert {"/acts", "/plan", "/status", "/attempts/{attempt_id}/samples"} <= document["paths"].keys()
    assert {"Hold", "Freeze", "Undo", "Done", "Why"} <= document["components"]["schemas"].keys()
    page = api.send("GET", "/penstock/v1/docs").data.decode()
    assert "<code>POST /acts</code>" in page
    assert "<script" not in page
    assert api.send("GET", "/penstock/v1/status", by=None).status == 401


def test_the_document_lists_every_operation_with_its_answer(filled: Filled) -> None:
    document = filled.api.send("GET", "/openapi.json", by=None).body
    operations = [how["operationId"] for path in document["paths"].values() for how in path.values()]
    assert len(operations) == len(set(operations)) >= 80
    schemas = document["components"]["schemas"]
    assert len(schemas["TaskInstance"]["properties"]) == 34
    text = str(document)
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= schemas.keys()


def test_metrics_are_open_on_this_machine_and_count_what_is_stored(filled: Filled) -> None:
    got = filled.api.send("GET", "/metrics", by=None)
    assert got.kind == "text/plain; version=0.0.4; charset=utf-8"
    lines = got.data.decode().splitlines()
    for line in (
        'penstock_runs{dag="etl",state="success"} 2.0',
        'penstock_run_seconds_sum{dag="etl",state="success"} 40.0',
        'penstock_tasks{state="running"} 1.0',
        'penstock_schedule_points{dag="etl",outcome="ran_late"} 3.0',
        "penstock_ticks_total 3.0",
        "penstock_up 1.0",
    ):
        assert line in lines
    values = {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if not line.startswith("#")}
    for name in ("penstock_database_bytes", "penstock_disk_free_bytes", "penstock_slots"):
        assert values[name] > 0
    assert {"penstock_queue_tasks", "penstock_slots_used", "penstock_tick_seconds_total"} <= values.keys()
    filled.api.door.loopback = False
    assert filled.api.send("GET", "/metrics", by=None).status == 401
    assert filled.api.send("GET", "/metrics", by="viewer").status == 200


def test_values_that_look_secret_are_references_or_refused(filled: Filled) -> None:
    refused = filled.api.post("variables", {"key": "api_token", "value": "hunter2"})
    assert (refused.status, "env:NAME" in refused.body["detail"]) == (422, True)
    refused = filled.api.post("connections", {"connection_id": "db", "conn_type": "x", "password": "hunter2"})
    assert (refused.status, "env:NAME" in refused.body["detail"]) == (422, True)
    assert filled.acts.seen == []
    filled.api.post("variables", {"key": "api_token", "value": "env:TOKEN"})
    filled.api.post("connections", {"connection_id": "db", "conn_type": "x", "password": "file:/run/pw"})
    kept = [act for act, _ in filled.acts.seen]
    assert kept[0].secret == "env:TOKEN"  # type: ignore[union-attr]
    assert kept[1].entry == {"conn_type": "x", "secrets": {"password": "file:/run/pw"}}  # type: ignore[union-attr]


def insert_note(filled: Filled) -> None:
    builders.insert(
        filled.database, tables.EventRow, at_us=to_us(NOON), actor="ann", kind="note", dag_id="etl",
        run_id="now", after="late",
    )  # fmt: skip


def test_a_note_is_shown_with_its_run(filled: Filled) -> None:
    insert_note(filled)
    assert filled.api.get(RUN).body["note"] == "late"


def log(api: ServedApi, query: str = "", **how: str) -> list[str]:
    got = api.get(f"{RUN}/taskInstances/extract/logs/1{query}", headers=how or None)
    assert got.status == 200
    return [record["event"] for record in got.body["content"]]


def test_a_log_is_records_a_stream_or_text(filled: Filled) -> None:
    assert log(filled.api) == ["one", "two", "�\x1b[31mthree"]
    path = f"{RUN}/taskInstances/extract/logs/1"
    stream = filled.api.get(path, headers={"Accept": "application/x-ndjson"})
    assert (stream.kind, len(stream.data.splitlines())) == ("application/x-ndjson", 3)
    plain = filled.api.get(path, headers={"Accept": "text/plain"})
    assert plain.data == b"one\ntwo\n\xff\x1b[31mthree\n"
    assert filled.api.get(path, headers={"Accept": "text/html"}).status == 406
    assert filled.api.get(f"{path}?token=abc").status == 400
    assert filled.api.get(f"{RUN}/taskInstances/extract/logs/7").status == 404
