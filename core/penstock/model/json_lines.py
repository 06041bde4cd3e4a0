"""Lines that a logger wrote as JSON, read as time, level, message and fields. Pure.

It knows the keys of structlog, python-json-logger, bunyan and pino, zap, logrus, slog, loguru, tracing,
log4j, logback, ECS, Serilog and Google Cloud. What has none of a message, and a level with a time, is data
and not a log line.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

_MESSAGES = ("message", "msg", "event", "@m", "@mt", "textPayload", "short_message")
_LEVELS = ("level", "levelname", "severity", "lvl", "log.level", "@l", "loglevel", "levelno")
_TIMES = ("timestamp", "time", "ts", "@timestamp", "asctime", "@t", "datetime", "instant", "t")
_TRACES = ("exc_info", "exception", "stack_info", "stack", "stacktrace", "stack_trace", "traceback")
_NUMBERS = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
"""The levels of bunyan and pino."""
_PYTHON_NUMBERS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number on a time is in so many parts of a second."""


class Record(NamedTuple):
    """One line. ``time`` is a string if it cannot be understood; ``level`` is in capitals, "" if unknown.

    ``fields`` are strings on one line; ``trace`` is a stack trace or "".
    """

    time: datetime | str | None
    level: str
    message: str
    fields: tuple[tuple[str, str], ...]
    trace: str = ""


def record_of(line: bytes | str) -> Record | None:
    """Return what a logger said with *line*; None if it is not JSON, or not the line of a logger."""
    text = line.decode(errors="replace") if isinstance(line, bytes) else line
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _record(_flat(found)) if isinstance(found, dict) else None


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    """Return *found* with what some loggers put one level deeper."""
    inner = found.get("record")
    if isinstance(inner, dict) and isinstance(found.get("text"), str) and "message" in inner:  # loguru
        found = inner
    inner = found.get("fields")
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):  # tracing
        found = {**{key: value for key, value in found.items() if key != "fields"}, **inner}
    inner = found.get("log")
    if isinstance(inner, dict) and isinstance(inner.get("level"), str):  # ECS
        found = {**{key: value for key, value in found.items() if key != "log"}, "level": inner["level"]}
    return found


def _record(found: dict[str, Any]) -> Record | None:
    message_key = next((key for key in _MESSAGES if isinstance(found.get(key), str)), None)
    level_key, level = next(
        ((key, name) for key in _LEVELS if (name := _level(key, found.get(key)))), (None, "")
    )
    time_key, time = next(
        ((key, moment) for key in _TIMES if (moment := _time(found.get(key))) is not None), (None, None)
    )
    if message_key is None and not (level_key and time_key):
        return None
    trace = next(
        (key for key in _TRACES if isinstance(found.get(key), str) and "\n" in found[key].strip()), None
    )
    left_out = {message_key, level_key, time_key, trace}
    return Record(
        time,
        level,
        found[message_key] if message_key is not None else "",
        tuple((str(key), _text(value)) for key, value in found.items() if key not in left_out),
        found[trace].strip() if trace is not None else "",
    )


def _level(key: str, value: object) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, str):
        return value.upper() if 0 < len(value) <= _LONGEST_LEVEL else ""
    if isinstance(value, int) and not isinstance(value, bool):
        return (_PYTHON_NUMBERS if key == "levelno" else _NUMBERS).get(value, str(value))
    return ""


_LONGEST_LEVEL = 12


def _time(value: object) -> datetime | str | None:
    if isinstance(value, dict):
        value = value.get("epochSecond", value.get("timestamp"))
    if isinstance(value, int | float) and not isinstance(value, bool):
        parts = next((unit for least, unit in _UNITS if value >= least), 1)
        try:
            return datetime.fromtimestamp(value / parts, UTC) if value > _EARLY else None
        except (ValueError, OverflowError, OSError):
            return None
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return datetime.fromisoformat(value.strip().replace(",", "."))
    except ValueError:
        return value.strip()


_EARLY = 1e8
"""Seconds since 1970 below which a number is not the time of a log line."""


def _text(value: object) -> str:
    if isinstance(value, str) and value and value.isprintable() and not set(value) & set(' "=\\'):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return "..."


def clock(time: datetime | str | None, zone: tzinfo) -> str:
    """Return *time* as it is shown: of a day in *zone*, to the millisecond; a string as it is."""
    if isinstance(time, datetime):
        moment = time.astimezone(zone) if time.tzinfo is not None else time
        return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
    return time or ""


def one_line(record: Record, zone: tzinfo) -> str:
    """Return *record* as a line; a stack trace follows on lines of its own."""
    said = [clock(record.time, zone), record.level.ljust(5) if record.level else "", record.message]
    said += [f"{key}={value}" for key, value in record.fields]
    line = " ".join(part for part in said if part)
    return line + "".join(f"\n    {each}" for each in record.trace.splitlines())
