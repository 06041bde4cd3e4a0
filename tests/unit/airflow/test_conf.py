"""Options of Airflow in the forms that files and provider packages ask for them."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from typing import Any

import pytest

from penstock.airflow.served.configuration import conf
from penstock.airflow.served.exceptions import AirflowConfigException

SAID: list[tuple[str, str, Any]] = [
    ("get", "a, b", "a, b"),
    ("getboolean", "True", True),
    ("getint", "7", 7),
    ("getfloat", "0.5", 0.5),
    ("getjson", '{"a": [1]}', {"a": [1]}),
    ("getlist", "a, b,,c", ["a", "b", "c"]),
    ("gettimedelta", "90", dt.timedelta(seconds=90)),
    ("getimport", "collections.OrderedDict", OrderedDict),
    ("getimport", "", None),
    ("get_mandatory_value", "x", "x"),
]
WRONG = [
    ("getboolean", "maybe"),
    ("getint", "x"),
    ("getjson", "{"),
    ("gettimedelta", "soon"),
    ("getimport", "no.such.module"),
    ("getimport", "collections.nothing"),
]


@pytest.mark.parametrize(("method", "said", "wanted"), SAID)
def test_what_is_said(method: str, said: str, wanted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__ACME__OPTION", said)
    assert getattr(conf, method)("acme", "option") == wanted


@pytest.mark.parametrize(("method", "said"), WRONG)
def test_what_is_wrong_names_the_option(method: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__ACME__OPTION", said)
    with pytest.raises(AirflowConfigException, match=r"\[acme\] option"):
        getattr(conf, method)("acme", "option")


@pytest.mark.parametrize("method", sorted({method for method, _, _ in SAID} - {"get_mandatory_value"}))
def test_a_fallback_is_as_it_was_given(method: str) -> None:
    assert getattr(conf, method)("acme", "nothing", fallback=None) is None


def test_without_one_it_raises() -> None:
    with pytest.raises(AirflowConfigException, match="is not set"):
        conf.getimport("acme", "nothing")
