"""A task on another host asks the engine for what tasks here read from files."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.task_process import engine_client
from penstock.task_process.lookup import Sources, sources
from penstock.task_process.secrets import SecretError, secret_value
from penstock.task_process.task_instance import XComStore

TOKEN, LOST = "env:FAR_TOKEN", "file:/nope"
ASKED: list[tuple[str, dict[str, Any]]] = []
ENTRIES: dict[tuple[str, str], dict[str, Any]] = {
    ("variable", "region"): {"entry": "eu"},
    ("variable", "token"): {"entry": {"secret": TOKEN}, "secrets": {TOKEN: "s3cret-value"}},
    ("variable", "lost"): {"entry": {"secret": LOST}, "problems": {LOST: f"{LOST}: No such file"}},
    ("connection", "dw"): {"entry": "postgresql://u@h/d", "hidden": ["pw"]},
}  # fmt: skip
LEFT: dict[str, dict[str, Any]] = {
    "a1": {"values": {"return_value": 1, "k": "old"}, "ended": 5.0},
    "a2": {"values": {"k": "new"}, "ended": 9.0},
}


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    ASKED.clear()

    def answer(path: str | None, method: str, **params: Any) -> Any:
        assert path == "/w/run/s"
        ASKED.append((method, params))
        if method == "look_up":
            return {"entry": None, **ENTRIES.get((params["kind"], params["name"]), {})}
        return LEFT.get(params["attempt_id"], {"values": {}})

    monkeypatch.setattr(engine_client, "ask_at", answer)


def far() -> Sources:
    sources.provide(None, None, far="/w/run/s")
    return sources


def test_variables_and_connections_are_asked_for_each_time() -> None:
    found = far()
    assert found.find("variable", "region") == "eu"
    assert found.find("variable", "region") == "eu"
    assert found.find("connection", "dw") == "postgresql://u@h/d"
    assert found.find("variable", "none") is None
    assert len(ASKED) == 4
    assert found.hidden_by("variable", "region") is None


def test_the_worker_s_own_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_VAR_REGION", "here")
    assert far().find("variable", "region") == "here"
    assert ASKED == []


def test_a_secret_that_the_engine_looked_up_is_not_looked_up_here() -> None:
    entry = far().find("variable", "token")
    assert isinstance(entry, dict)
    assert secret_value(entry["secret"], "variable 'token'") == "s3cret-value"
    lost = far().find("variable", "lost")
    assert isinstance(lost, dict)
    with pytest.raises(SecretError, match="No such file"):
        secret_value(lost["secret"], "variable 'lost'")


def test_what_other_tasks_pushed_is_asked_for_once() -> None:
    store = XComStore("/w/attempts/000/x", {"a": "a1", "b[0]": "a2", "b[1]": "a9"}, far="/w/run/s")
    assert store.value("a", "return_value", None) == 1
    assert store.value("a", "k", None) == "old"
    assert store.value("b[1]", "k", "default") == "default"
    assert store.newest("k", None) == "new"
    assert sorted(params["attempt_id"] for _, params in ASKED) == ["a1", "a2", "a9"]
    pulled = store.from_attempts({0: "a2"}, "k", None)
    assert pulled.values == ["new"]
