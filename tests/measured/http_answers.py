"""Recorded pairs of request and answer of the reference's HTTP API, and how ours are compared with them.

What is compared is what a client sees: status, content type, which fields there are, of which type, and
how dates, UUIDs and numbers are written. Sentences are ours. `DIFFERENT` names each pair that differs on
purpose, with the words of its line in docs/differences.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

DATA = Path(__file__).resolve().parents[1] / "golden" / "http"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAMES = ("dag_id", "task_id", "name", "key")
_NOTE = "(golden note)"


class Pair(NamedTuple):
    """One recorded request with its answer."""

    group: str
    name: str
    method: str
    path: str
    headers: dict[str, str]
    by: str | None
    body: Any
    raw: bytes | None
    status: int
    kind: str | None
    answer: Any

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


def pairs(group: str) -> Iterator[Pair]:
    """Yield the pairs of one file."""
    for each in json.loads((DATA / f"{group}.json").read_text())["exchanges"]:
        asked, got = each["request"], each["response"]
        raw = asked.get("raw_body")
        yield Pair(
            group=group,
            name=each["name"],
            method=asked["method"],
            path=quote(asked["path"], safe="/?&=%~+:,|*[]().<>$'"),
            headers=asked["headers"],
            by=asked.get("as", "admin"),
            body=asked.get("body"),
            raw=None if raw is None else raw.encode(),
            status=got["status"],
            kind=got.get("content_type"),
            answer=got.get("body"),
        )


def groups() -> list[str]:
    """Return the names of the files."""
    return sorted(file.stem for file in DATA.glob("*.json"))


def faults(golden: Any, ours: Any, place: str = "") -> Iterator[str]:
    """Yield where *ours* is not of the form of *golden*."""
    if isinstance(golden, dict):
        if not isinstance(ours, dict):
            yield f"{place} is not an object"
            return
        for key, value in golden.items():
            added = "(" in key or (key == "id" and value is None)  # by the recording
            if not added:
                yield from _field(key, value, ours, place)
    elif isinstance(golden, list):
        if isinstance(ours, dict) and not place and "task_instances" in ours:
            ours = ours["task_instances"]  # the recording left out what is around them
        if not isinstance(ours, list):
            yield f"{place} is not a list"
        elif golden and ours:
            yield from _elements(golden, ours, place)
    else:
        yield from _scalar(golden, ours, place)


def _field(key: str, value: Any, ours: dict[str, Any], place: str) -> Iterator[str]:
    if key not in ours:
        yield f"{place}.{key} is missing"
    elif key == "detail" and isinstance(value, list):
        yield from _refusals(value, ours[key])
    elif key in ("detail", "error"):
        if type(value) is not type(ours[key]):
            yield f"{place}.{key} is of another type"
    elif key not in _FREE:
        yield from faults(value, ours[key], f"{place}.{key}")


_FREE = frozenset({"params", "rendered_fields", "default_args", "conf", "extra", "value", "schema", "config"})
"""Fields whose content is the author's."""


def _elements(golden: list[Any], ours: list[Any], place: str) -> Iterator[str]:
    first = golden[0]
    if isinstance(first, str) and isinstance(ours[0], dict):  # the recording kept names only
        if not any(name in ours[0] for name in _NAMES):
            yield f"{place}[0] has no name"
    elif not (isinstance(first, dict) and _NOTE in first):
        yield from faults(first, ours[0], f"{place}[0]")


def _refusals(golden: list[Any], ours: Any) -> Iterator[str]:
    if not isinstance(ours, list):
        yield "detail is not a list"
        return
    wanted = [(each["type"], each["loc"]) for each in golden]
    found = [(each["type"], each["loc"]) for each in ours]
    if wanted != found:
        yield f"detail refuses {found}, not {wanted}"


def _scalar(golden: Any, ours: Any, place: str) -> Iterator[str]:
    if isinstance(golden, int) and isinstance(ours, list):
        return  # the recording kept their number
    if golden is None or ours is None:
        return  # which of them are null depends on what has happened; unit tests say which may never be
    if isinstance(golden, str) and golden.startswith("<datetime"):
        form = _ZONED if "+00:00" in golden else _MOMENT
        if not isinstance(ours, str) or not form.fullmatch(ours):
            yield f"{place} is not such a moment: {ours!r}"
    elif golden == "<uuid>":
        if not isinstance(ours, str) or not _UUID.fullmatch(ours):
            yield f"{place} is not a UUID: {ours!r}"
    elif golden in ("<seconds>", "<pid>"):
        if not isinstance(ours, int | float) or isinstance(ours, bool):
            yield f"{place} is not a number: {ours!r}"
    elif type(golden) is not type(ours):
        yield f"{place} is {type(ours).__name__}, not {type(golden).__name__}"
