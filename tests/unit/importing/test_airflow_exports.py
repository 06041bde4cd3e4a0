"""Files that Airflow exports: what they set, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.errors import UsageError
from penstock.importing.airflow_exports import Setting, read_export, read_pauses
from penstock.model.acts import SetConnection, SetPool, SetVariable

FILES: list[tuple[str, Any, list[Setting]]] = [
    ("v.json", {"a": "1", "b": {"x": [1]}, "c": 7, "d": None, "url": "https://h"}, [
        SetVariable(name="a", value="1"), SetVariable(name="b", value='{"x": [1]}'),
        SetVariable(name="c", value="7"), SetVariable(name="d", value="null"),
        SetVariable(name="url", value="https://h"),
    ]),
    ("v.json", {"a": {"value": "1", "description": "one"}}, [
        SetVariable(name="a", value="1", description="one"),
    ]),
    ("p.json", {"default_pool": {"slots": 128, "description": "", "include_deferred": False}}, [
        SetPool(name="default_pool", slots=128, include_deferred=False),
    ]),
    ("c.json", {"db": {"conn_type": "postgres", "description": "d", "host": "h", "login": "u",
                       "password": None, "schema": "s", "port": 5432, "extra": '{"a": 1}'}}, [
        SetConnection(conn_id="db", description="d", entry={
            "conn_type": "postgres", "host": "h", "login": "u", "schema": "s", "port": 5432,
            "extra": {"a": 1},
        }),
    ]),
    ("c.json", {"db": "postgres://h/s", "web": "http://w"}, [
        SetConnection(conn_id="db", entry={"uri": "postgres://h/s"}),
        SetConnection(conn_id="web", entry={"uri": "http://w"}),
    ]),
    ("c.env", "# two\ndb=postgres://h/s?a=b\n\nweb=http://w\n", [
        SetConnection(conn_id="db", entry={"uri": "postgres://h/s?a=b"}),
        SetConnection(conn_id="web", entry={"uri": "http://w"}),
    ]),
    ("p.json", [{"pool": "wide", "slots": "7", "description": "w"}], [
        SetPool(name="wide", slots=7, description="w"),
    ]),
    ("c.json", [{"id": "3", "conn_id": "db", "conn_type": "postgres", "host": "h"}], [
        SetConnection(conn_id="db", entry={"conn_type": "postgres", "host": "h"}),
    ]),
]  # fmt: skip
BAD = [
    ("x.json", "{", "x.json is not JSON"),
    ("x.json", "[1]", "must be an object of names and values, not list"),
    ("x.json", "{}", "has no entries"),
    ("x.json", '{"a": {"conn_type": "x"}, "b": 1}', "say which with --as"),
    ("x.env", "a=b://c\nnonsense\n", "x.env:2: a line must be ID=URL"),
    ("x.json", '{"a": {"conn_type": "x", "extra": "{"}}', "'a' is not one of connections"),
    ("x.json", '{"a": {"conn_type": "x", "port": "y"}}', "'a' is not one of connections"),
    ("x.json", '{"a": {"slots": "many"}}', "'a' is not one of pools"),
]


@pytest.mark.parametrize(("name", "content", "wanted"), FILES)
def test_what_a_file_sets(name: str, content: Any, wanted: list[Setting]) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    assert read_export(name, text) == wanted


@pytest.mark.parametrize(("name", "text", "words"), BAD)
def test_what_is_refused(name: str, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_export(name, text)


def test_a_kind_may_be_named() -> None:
    assert read_export("x.json", '{"url": "https://h"}', "variables") == [
        SetVariable(name="url", value="https://h")
    ]
    assert read_export("x.json", '{"url": "https://h"}') == [
        SetConnection(conn_id="url", entry={"uri": "https://h"})
    ]


def test_passwords_are_kept_only_when_that_was_said() -> None:
    (found,) = read_export("x.json", '{"db": {"conn_type": "x", "password": "p"}}', clear_secrets=True)
    assert isinstance(found, SetConnection)
    assert found.clear_secrets


PAUSES: list[tuple[str, Any, dict[str, bool] | None]] = [
    ("d.json", [{"dag_id": "a", "is_paused": "True"}], {"a": True}),
    ("d.json", [{"dag_id": "a", "is_paused": False}], {"a": False}),
    ("d.json", [{"dag_id": "a", "paused": "false", "fileloc": "/f.py"}], {"a": False}),
    ("p.json", [{"pool": "p", "slots": 1}], None),
    ("v.json", {"a": "1"}, None),
    ("v.json", [], None),
]


@pytest.mark.parametrize(("name", "content", "wanted"), PAUSES)
def test_which_dags_are_paused(name: str, content: Any, wanted: dict[str, bool] | None) -> None:
    assert read_pauses(name, json.dumps(content)) == wanted


def test_a_list_that_does_not_say_which_are_paused_is_refused() -> None:
    with pytest.raises(UsageError, match="does not say whether 'a' is paused"):
        read_pauses("d.json", '[{"dag_id": "a"}]')
