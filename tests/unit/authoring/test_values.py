"""XCom values, variables, connections, moments, and calls."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock import Connection, Variable, get_current_context
from penstock.authoring.exceptions import TaskError
from penstock.authoring.signatures import CONTEXT_KEYS, check_call
from penstock.task_process import lookup, macros
from penstock.task_process.call import arguments
from penstock.task_process.moment import Moment
from penstock.task_process.xcom_codec import XComError, decode, encode

PLAIN = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
HASHABLE = (
    st.integers() | st.text() | st.dates() | st.uuids() | st.decimals(allow_nan=False, allow_infinity=False)
)
TYPED = (
    PLAIN
    | HASHABLE
    | st.timedeltas(min_value=timedelta(-9999), max_value=timedelta(9999))
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.frozensets(HASHABLE)
    | st.sets(HASHABLE)
)
VALUES = st.recursive(
    TYPED,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text().filter(lambda key: key != "__classname__"), inner)
        | st.lists(inner).map(tuple)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(VALUES)
def test_values_come_back_as_they_were(value: Any) -> None:
    back = decode(json.loads(encode(value)))
    assert back == value
    assert type(back) is type(value)


def test_zones_come_back_by_name() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))
    back = decode(json.loads(encode(noon)))
    assert back == noon
    assert back.tzinfo.key == "Europe/Amsterdam"
    fixed = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert decode(json.loads(encode(fixed))).utcoffset() == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "the value is of type builtins.object"),
        ([1, {"a": (2, b"x")}], "the value[1]['a'][1] is of type builtins.bytes"),
        ({"n": float("inf")}, "the value['n'] is inf"),
        ({(1, 2): 3}, "has a key of type tuple"),
        ({"__classname__": "x"}, "reserved"),
        ({Path("/x")}, "an item of the value is of type pathlib"),
    ],
)
def test_what_cannot_be_kept_is_named(value: Any, message: str) -> None:
    with pytest.raises(XComError) as caught:
        encode(value)
    assert message in str(caught.value)


def test_a_type_of_a_later_version_is_not_guessed() -> None:
    with pytest.raises(XComError, match="'some\\.Thing', which this version cannot read"):
        decode({"__classname__": "some.Thing", "__version__": 1, "__data__": 1})


@pytest.fixture
def provided() -> Any:
    lookup.provide(
        {"plain": "text", "nested": '{"k": [1]}'}, {"db": "postgres://u:p%40ss@h.example:99/s?x=1"}
    )
    yield
    lookup.provide(None, None)


@pytest.mark.usefixtures("provided")
def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Variable.get("plain") == "text"
    assert Variable.get("nested", deserialize_json=True) == {"k": [1]}
    assert Variable.get("nope", default=None) is None
    assert Variable.get("nope", default_var=3) == 3
    with pytest.raises(LookupError, match="variable 'nope' does not exist: set it in"):
        Variable.get("nope")
    monkeypatch.setenv("AIRFLOW_VAR_PLAIN", "theirs")
    assert Variable.get("plain") == "theirs"
    monkeypatch.setenv("PENSTOCK_VAR_PLAIN", "ours")
    assert Variable.get("plain") == "ours"


@pytest.mark.usefixtures("provided")
def test_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    db = Connection.get("db")
    assert (db.conn_type, db.host, db.login, db.password, db.port, db.schema, db.extra_dejson) == (
        "postgres",
        "h.example",
        "u",
        "p@ss",
        99,
        "s",
        {"x": "1"},
    )
    assert "p@ss" not in repr(db)
    made = Connection(
        conn_type="http", host="a.b", login="u", password="p@", port=1, schema="x", extra={"k": "v"}
    )
    again = Connection(uri=made.get_uri())
    assert (again.host, again.password, again.extra_dejson) == ("a.b", "p@", {"k": "v"})
    monkeypatch.setenv("PENSTOCK_CONN_JS", '{"conn_type": "http", "host": "j", "extra": {"a": 1}}')
    assert (Connection.get("js").host, Connection.get("js").extra_dejson) == ("j", {"a": 1})
    with pytest.raises(LookupError, match="connection 'nope' does not exist"):
        Connection.get("nope")


def test_without_an_attempt_the_instance_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "penstock.toml").write_text(
        "[variables]\nfrom_file = 'yes'\n[connections]\nx = 'file:///data'\n"
    )
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    assert Variable.get("from_file") == "yes"
    assert Connection.get("x").path == "/data"


def test_moments_know_the_words_authors_use() -> None:
    moment = Moment.parse("2026-01-31T23:30:00+00:00")
    assert moment.add(months=1).to_date_string() == "2026-02-28"
    assert moment.subtract(days=31).to_datetime_string() == "2025-12-31 23:30:00"
    assert moment.in_timezone("Asia/Tokyo").isoformat() == "2026-02-01T08:30:00+09:00"
    assert moment.to_iso8601_string() == "2026-01-31T23:30:00Z"
    assert moment == datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert isinstance(moment + timedelta(days=1), Moment)
    assert moment.int_timestamp == 1769902200
    assert moment.timezone_name == "UTC"


def test_spans_in_words() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert macros.datetime_diff_for_humans(now - timedelta(hours=3), now) == "3 hours before"
    assert macros.datetime_diff_for_humans(now + timedelta(days=1), now) == "1 day after"
    assert macros.datetime_diff_for_humans(datetime(2000, 1, 1)).endswith("years ago")


def test_a_context_exists_only_while_a_task_runs() -> None:
    with pytest.raises(RuntimeError, match="only while a task runs"):
        get_current_context()


CONTEXT = {"ds": "2026-01-15", "ti": "TI", "params": {}, "run_id": "r"}


def test_injection() -> None:
    def named(x: int, ds: str, *, ti: Any = None, other: int = 1) -> None: ...
    def everything(x: int, **rest: Any) -> None: ...
    def only_positional(ds: str, /, run_id: str) -> None: ...
    async def later(ds: str) -> None: ...

    assert arguments(named, [1], {}, CONTEXT) == {"ds": "2026-01-15", "ti": "TI"}
    assert arguments(named, [1], {"ds": "mine"}, CONTEXT) == {"ds": "mine", "ti": "TI"}
    assert arguments(everything, [1], {"ti": 2}, CONTEXT) == {**CONTEXT, "ti": 2}
    assert arguments(later, [], {}, CONTEXT) == {"ds": "2026-01-15"}
    assert arguments(print, ["x"], {}, CONTEXT) == {}
    assert arguments(CallMe(), [], {}, CONTEXT) == {"run_id": "r"}
    assert arguments(CallMe().method, [], {}, CONTEXT) == {"ds": "2026-01-15"}
    with pytest.raises(TaskError, match=r"argument 'ds' of .*only_positional.* is a key of the context"):
        arguments(only_positional, ["x"], {}, CONTEXT)


class CallMe:
    def __call__(self, run_id: str) -> None: ...

    def method(self, ds: str) -> None: ...


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((1,), {}, None),
        ((1, 2), {"c": 3}, None),
        ((), {"a": 1, "ds": "x"}, None),
        ((), {}, "missing a required argument: 'a'"),
        ((1, 2, 3, 4), {}, "too many positional arguments"),
        ((1,), {"a": 1}, "two values for the argument 'a'"),
        ((1,), {"z": 1}, "unexpected argument 'z'"),
    ],
)
def test_calls_are_checked_when_the_file_loads(args: Any, kwargs: Any, message: str | None) -> None:
    def function(a: int, b: int = 2, ds: Any = None, *, c: int = 3, ti: Any) -> None: ...

    assert {"ds", "ti"} <= CONTEXT_KEYS
    if message is None:
        check_call(function, args, kwargs)
        return
    with pytest.raises(TypeError, match=message):
        check_call(function, args, kwargs)


def test_dates_are_not_datetimes() -> None:
    assert json.loads(encode(date(2026, 1, 1)))["__classname__"] == "datetime.date"
    assert json.loads(encode(Decimal("0.10")))["__data__"] == "0.10"
    assert decode(json.loads(encode(UUID(int=5)))) == UUID(int=5)
