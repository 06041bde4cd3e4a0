"""Variables and connections as they are written down: what passes, what is shown, what is a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.api.value_rows import Stored, connection_rows, variable_rows
from penstock.errors import SettingsError
from penstock.settings import Settings, load_settings
from penstock.values import (
    clear_secrets,
    connection_problem,
    lent_names,
    reference_problem,
    shown_connection,
    variable_problem,
)


@pytest.mark.parametrize("reference", ["env:TOKEN", "file:~/token", "cmd:pass show db | head -1"])
def test_references_that_are_ones(reference: str) -> None:
    assert reference_problem(reference) is None
    assert variable_problem({"secret": reference}) is None


@pytest.mark.parametrize("reference", ["TOKEN", "env:", "vault:x", "", None, 3])
def test_references_that_are_none(reference: Any) -> None:
    assert "env:NAME, file:PATH or cmd:COMMAND" in str(reference_problem(reference))


@pytest.mark.parametrize("entry", [3, ["a"], {"value": "x"}, {"secret": "env:A", "more": 1}])
def test_what_is_no_variable(entry: Any) -> None:
    assert variable_problem(entry) is not None


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("no-scheme", "must begin with a type"),
        ("http://[broken", "URL is wrong"),
        ({"uri": "x"}, "must begin with a type"),
        ({"hots": "x"}, "not have 'hots'"),
        ({"host": 3}, "host must be a string"),
        ({"port": "1"}, "port must be"),
        ({"extra": []}, "extra must be"),
        ({"secrets": {"passwd": "env:A"}}, "not have 'passwd'"),
        ({"secrets": {"password": "hunter2"}}, "not a reference"),
        (3, "a URL, or a table"),
    ],
)
def test_what_is_no_connection(entry: Any, word: str) -> None:
    assert word in str(connection_problem(entry))


def test_secrets_in_clear_are_found_and_covered() -> None:
    cases: list[tuple[Any, list[str]]] = [
        ("pg://u:p%40ss@h/db?api_key=kkkkk&a=1", ["p%40ss", "p@ss", "kkkkk"]),
        (
            '{"conn_type": "pg", "password": "pass1", "extra": "{\\"token\\": \\"tok99\\"}"}',
            ["tok99", "pass1"],
        ),
        ({"uri": "pg://u:pass2@h/db"}, ["pass2"]),
        ({"host": "h", "password": "pass3", "extra": {"secret_key": "s", "region": "eu"}}, ["s", "pass3"]),
        ({"host": "h", "secrets": {"password": "env:P"}}, []),
    ]
    for entry, secrets in cases:
        assert clear_secrets(entry) == secrets
        shown = repr(shown_connection(entry))
        assert not [secret for secret in secrets if len(secret) > 1 and secret in shown], shown
    assert shown_connection({"extra": {"region": "eu"}})["extra"] == {"region": "eu"}


def test_what_the_engines_environment_must_lend() -> None:
    entries: dict[str, Any] = {
        "a": "plain",
        "b": {"secret": "env:TOKEN"},
        "c": {"host": "h", "secrets": {"password": "env:PW", "login": "file:/x"}},
    }
    assert sorted(lent_names(entries)) == ["PW", "TOKEN"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[variables]\nn = 3", r"\[variables\] n: a variable must be a string"),
        ('[variables]\nn = { secret = "x" }', r"\[variables\] n: 'x' is not a reference"),
        ('[connections]\ndb = { hots = "x" }', r"\[connections\] db: a connection does not have 'hots'"),
        ("variables = 3", "variables must be a table"),
    ],
)
def test_the_configuration_is_checked(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "penstock.toml").write_text(text)
    with pytest.raises(SettingsError, match=word):
        load_settings(tmp_path)


def test_the_strongest_source_counts_and_the_others_are_named(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        dags_folder=tmp_path,
        variables={"region": "file", "only_file": "x", "t": {"secret": "env:T"}},
        connections={"db": "pg://u:secretpw@h/db"},
    )
    stored = [Stored("region", "store", "about", 0, "me"), Stored("api_token", "abcdef", None, 1, "me")]
    environ = {"PENSTOCK_VAR_REGION": "env", "AIRFLOW_VAR_REGION": "theirs", "PENSTOCK_VAR_NEW": "n"}
    rows = [
        (row.name, row.value, row.secret, row.source, row.used)
        for row in variable_rows(settings, stored, environ)
    ]
    assert rows == [
        ("api_token", "***", None, "store", True),
        ("new", "n", None, "environment", True),
        ("only_file", "x", None, "file", True),
        ("region", "env", None, "environment", True),
        ("region", "file", None, "file", False),
        ("region", "store", None, "store", False),
        ("t", None, "env:T", "file", True),
    ]
    [row] = connection_rows(settings, [], {})
    assert row.fields == {"uri": "pg://u:***@h/db"}
