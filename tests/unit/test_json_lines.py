"""JSON lines of the common loggers, and what is not one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from penstock.model.json_lines import clock, one_line, record_of

T = "2026-07-12T06:00:01.250Z"
US = int(datetime(2026, 7, 12, 6, 0, 1, 250_000, UTC).timestamp() * 1000)

KNOWN = {
    "structlog": (
        {"event": "loaded", "level": "info", "timestamp": T, "rows": 3}, "INFO", "loaded", ("rows", "3")),
    "python-json-logger": (
        {"asctime": "2026-07-12 06:00:01,250", "levelname": "WARNING", "name": "etl", "message": "slow"},
        "WARNING", "slow", ("name", "etl")),
    "bunyan": (
        {"name": "app", "hostname": "h", "pid": 1, "level": 50, "msg": "boom", "time": T, "v": 0},
        "ERROR", "boom", ("pid", "1")),
    "pino": ({"level": 30, "time": US, "pid": 7, "hostname": "h", "msg": "hi"}, "INFO", "hi", ("pid", "7")),
    "zap": (
        {"level": "error", "ts": US / 1000, "caller": "a.go:1", "msg": "no", "stacktrace": "m\n\tb.go:2"},
        "ERROR", "no", ("caller", "a.go:1")),
    "logrus": ({"level": "fatal", "msg": "out", "time": T, "size": 10}, "FATAL", "out", ("size", "10")),
    "slog": ({"time": T, "level": "DEBUG", "msg": "x y", "who": "a b"}, "DEBUG", "x y", ("who", '"a b"')),
    "loguru": (
        {"text": "...", "record": {"level": {"name": "INFO", "no": 20}, "message": "m", "line": 4,
                                   "time": {"repr": "x", "timestamp": US / 1000}}},
        "INFO", "m", ("line", "4")),
    "tracing": (
        {"timestamp": T, "level": "WARN", "fields": {"message": "m", "n": 1}, "target": "t"},
        "WARN", "m", ("target", "t")),
    "logback": (
        {"@timestamp": T, "level": "INFO", "message": "m", "logger_name": "c.A"},
        "INFO", "m", ("logger_name", "c.A")),
    "log4j": (
        {"instant": {"epochSecond": US / 1000, "nanoOfSecond": 0}, "level": "INFO", "message": "m",
         "thread": "main"},
        "INFO", "m", ("thread", "main")),
    "ecs": (
        {"@timestamp": T, "log.level": "info", "message": "m", "ecs.version": "1"},
        "INFO", "m", ("ecs.version", "1")),
    "ecs nested": (
        {"@timestamp": T, "log": {"level": "info"}, "message": "m", "x": []}, "INFO", "m", ("x", "[]")),
    "serilog": ({"@t": T, "@l": "Warning", "@mt": "m", "x": None}, "WARNING", "m", ("x", "null")),
    "google": (
        {"severity": "NOTICE", "time": T, "message": "m", "x": {"a": 1}}, "NOTICE", "m", ("x", '{"a":1}')),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_what_loggers_write_is_known(name: str) -> None:
    line, level, message, field = KNOWN[name]
    for text in (json.dumps(line), json.dumps(line, separators=(",", ":")).encode() + b"\r\n"):
        found = record_of(text)
        assert found is not None
        assert (found.level, found.message) == (level, message)
        assert field in found.fields
        assert clock(found.time, UTC) == "06:00:01.250"
        assert not {"level", "levelname", "msg", "message", "time", "ts"} & {key for key, _ in found.fields}


@pytest.mark.parametrize(
    "line",
    [
        "", "plain", "{", "{}", "[1]", '"x"', '{"a": 1}', '{"msg": 3}', '{"level": "info"}', '{"msg": "x"',
        '{"msg": "x"} and more', "{'msg': 'x'}", '{"a":' * 5000 + "1" + "}" * 5000, b'{"m\xff": 1}',
        '{"time": "2026-07-12", "value": 3}', '{"level": 3.5, "time": 3}', "{" + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_what_is_not_a_line_of_a_logger_stays_raw(line: str | bytes) -> None:
    assert record_of(line) is None


def test_a_message_alone_is_enough_and_odd_values_are_shown() -> None:
    found = record_of('{"event": "go", "nan": NaN, "deep": {"a": [1, "é"]}, "nl": "a\\nb", "empty": ""}')
    assert found is not None
    assert (found.time, found.level) == (None, "")
    assert dict(found.fields) == {
        "nan": "NaN", "deep": '{"a":[1,"é"]}', "nl": '"a\\nb"', "empty": '""',
    }  # fmt: skip


def test_a_stack_trace_is_apart() -> None:
    found = record_of(
        '{"event": "x", "level": "error", "exc_info": "Traceback:\\n  File a\\nValueError: b\\n"}'
    )
    assert found is not None
    assert one_line(found, UTC) == "ERROR x\n    Traceback:\n      File a\n    ValueError: b"
    assert record_of('{"msg": "x", "exc_info": "True"}').fields == (("exc_info", "True"),)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("time", "shown"),
    [(1e308, ""), (-5, ""), (True, ""), ("yesterday", "yesterday"), ("2026-07-12T06:00:01", "06:00:01.000"),
     (US * 1_000_000, "06:00:01.250"), (US * 1000, "06:00:01.250"),
     ("2026-07-12T08:00:01.25+02:00", "06:00:01.250")],
)  # fmt: skip
def test_times(time: object, shown: str) -> None:
    found = record_of(json.dumps({"msg": "x", "time": time}))
    assert found is not None
    assert clock(found.time, UTC) == shown
