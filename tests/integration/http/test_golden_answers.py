"""Every recorded pair of the reference is sent to a real engine's API, and each answer is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drive.http_api import Answer, ServedApi
from drive.waiting import wait_for
from measured.http_answers import Pair, faults, groups, pairs
from measured.http_differences import DIFFERENT, OF_THAT_DAY

DOCS = Path(__file__).resolve().parents[3] / "docs" / "differences.md"
FIRST = ("monitor", "errors", "auth", "dagTags_warnings", "dagVersions", "dagSources", "tasks", "config")
LAST = ("dags", "clear_task_instances", "backfills", "pools", "variables", "connections", "assets")
SLOW = {"flaky_2": 60, "flaky_3": 60}


@pytest.fixture(scope="module")
def api(sample_api: ServedApi) -> ServedApi:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    old = sample_api.tokens.create("old", expires=past + timedelta(days=1), now=past)
    sample_api.secrets["old"] = old
    return sample_api


def headers(api: ServedApi, pair: Pair) -> dict[str, str]:
    """Return the headers of a pair; the recording left out what was secret in them."""
    admin = api.secrets["admin"]
    secret = {
        "bad token": "Bearer abc",
        "token signed with another key": f"Bearer {admin[::-1]}",
        "expired token": f"Bearer {api.secrets['old']}",
        "lower case bearer": f"bearer {admin}",
        "basic auth": "Basic YWRtaW46YWRtaW4tcHc=",
    }
    found = {name: text.replace("<jwt>", admin) for name, text in pair.headers.items()}
    if pair.group == "auth" and pair.name in secret:
        found["Authorization"] = secret[pair.name]
    return found


def send(api: ServedApi, pair: Pair) -> Answer:
    for name in ("admin", "viewer"):
        password, secret = f"{name}-pw", api.secrets[name]
        if pair.raw:
            pair = pair._replace(raw=pair.raw.replace(password.encode(), secret.encode()))
        if pair.group == "auth" and pair.body and pair.body.get("password") == password:
            pair = pair._replace(body={**pair.body, "password": secret})
    path = pair.path.replace("<datetime.6>", "2026-11-21T00:00:00.000000")
    if pair.group == "backfills" and pair.body:
        late = {
            name: str(value).replace("2027-", "2227-") for name, value in pair.body.items() if "date" in name
        }
        pair = pair._replace(body={**pair.body, **late})
    if "/assets/1" in path or (pair.body and pair.body.get("asset_id") == 1):
        number = next(a["id"] for a in api.get("assets").body["assets"] if a["name"] == "sales_mart")
        path = path.replace("/assets/1", f"/assets/{number}")
        if pair.body:
            pair = pair._replace(body={**pair.body, "asset_id": number})
    return api.send(pair.method, path, body=pair.body, raw=pair.raw, headers=headers(api, pair), by=pair.by)


def verdict(pair: Pair, got: Answer) -> list[str]:
    """Return what is wrong with the answer."""
    found = []
    if got.status != pair.status:
        found.append(f"status {got.status}, not {pair.status}: {got.data[:200]!r}")
    elif pair.kind is not None and got.status != 204 and got.kind != pair.kind:
        found.append(f"content type {got.kind}, not {pair.kind}")
    elif pair.kind == "application/json" and pair.answer not in ("", None) and got.data:
        found += faults(pair.answer, got.body)
    return found


def test_every_recorded_pair_is_answered_in_its_form_or_differs_on_purpose(api: ServedApi) -> None:
    triggers = list(pairs("dag_runs_trigger"))
    results = {str(pair): verdict(pair, send(api, pair)) for pair in triggers}
    for run_id, seconds in SLOW.items():
        body = {"logical_date": None, "dag_run_id": run_id, "conf": {"seconds": seconds}}
        assert api.post("dags/flaky/dagRuns", body).status == 200
    assert api.post("dags/daily/dagRuns", {"logical_date": None, "dag_run_id": "fresh"}).status == 200
    for run in ("etl/dagRuns/etl_1", "flaky/dagRuns/flaky_1"):
        wait_for(
            lambda run=run: api.get(f"dags/{run}").body["state"] in ("success", "failed"),  # type: ignore[misc]
            60,
            "a run does not end",
        )
    others = [name for name in groups() if name not in (*FIRST, *LAST, "dag_runs_trigger")]
    for group in (*FIRST, *others, *LAST):
        if group == "backfills":  # whose runs would otherwise have ended before they are looked at
            freeze = {"act": {"act": "freeze", "dag_id": "daily"}}
            assert api.send("POST", "/penstock/v1/acts", body=freeze).status == 200
        for pair in pairs(group):
            results[str(pair)] = verdict(pair, send(api, pair))
    wrong = {name: found for name, found in results.items() if found and name not in DIFFERENT}
    assert not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())
    stale = [name for name in DIFFERENT if not results.get(name)]
    assert stale == [], "these no longer differ: take them out of the list"
    page = DOCS.read_text()
    unsaid = {reason for reason in DIFFERENT.values() if f"| {reason} |" not in page} - {OF_THAT_DAY}
    assert unsaid == set()
    same = [name for name, found in results.items() if not found]
    tried, alike, different = len(results), len(same), len(DIFFERENT)
    assert (tried, alike, different) == (430, 392, 38)
