"""What `[executors.NAME]` of penstock.toml may hold, and which names of executors there are. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

LOCAL = "local"
"""The executor of the engine's own machine."""
CLUSTER = "cluster"
"""The executor that a home has without any setting, once `penstock cluster start` was run in it."""
DEFAULTS: dict[str, Any] = {
    "type": "dask",
    "scheduler": "",
    "ca": "",
    "cert": "",
    "key": "",
    "lease": 600.0,
    "on_partition": "kill",
    "secrets": "engine",
    "insecure": False,
    "command": (),
}
"""Every key with its default. An empty ``scheduler`` is that of `penstock cluster start` in the home."""
_WORDS = {
    "type": ("dask", "local", "client"),
    "on_partition": ("kill", "keep"),
    "secrets": ("engine", "worker"),
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
SHORTEST_LEASE = 10.0
"""Seconds: below that a busy moment would end tasks."""


def known_names(executors: Collection[str]) -> tuple[str, ...]:
    """Return the names that a task may give as its executor, *executors* being those of penstock.toml."""
    return tuple(dict.fromkeys((LOCAL, CLUSTER, *executors)))


def resolved(name: str | None, executors: Mapping[str, Mapping[str, Any]], default: str) -> str:
    """Return the executor of a task that names *name*, or none; one of type "local" is this machine's."""
    wanted = name or default
    return LOCAL if executors.get(wanted, {}).get("type") == LOCAL else wanted


def executors_problem(executors: Mapping[str, Mapping[str, Any]], default: str) -> str | None:
    """Return what is wrong with the tables, or with ``default_executor``; None if nothing is."""
    for name, table in executors.items():
        problem = _problem(name, table)
        if problem:
            return f"[executors.{name}] {problem}"
    if default not in known_names(executors):
        return f"default_executor = {default!r}: there is no such executor; known: {_listed(executors)}"
    return None


def unknown_name(name: str, executors: Collection[str]) -> str | None:
    """Return why a task may not name this executor, and what it may; None if it may."""
    if name in known_names(executors):
        return None
    return (
        f"executor {name!r} is not known; known: {_listed(executors)} "
        f"(penstock.toml adds one with [executors.{name}])"
    )


def absent(name: str) -> str:
    """Return why nothing can run on an executor that is not there now, and what to do."""
    if name == CLUSTER:
        return "no cluster was started in this home: penstock cluster start"
    return f"executor {name!r} is not set up: add [executors.{name}] to penstock.toml and restart the engine"


def _listed(executors: Collection[str]) -> str:
    return ", ".join(known_names(executors))


def _problem(name: str, table: Mapping[str, Any]) -> str | None:
    if not _NAME.fullmatch(name):
        return "its name must be letters, digits, dots, dashes and underscores"
    if name == LOCAL:
        return "the local executor needs no settings: parallelism and attempts_per_supervisor are its own"
    unknown = sorted(table.keys() - DEFAULTS.keys())
    if unknown:
        return f"does not have {unknown[0]!r}; it has {', '.join(DEFAULTS)}"
    for key, value in table.items():
        problem = _value_problem(key, value)
        if problem:
            return problem
    kind = table.get("type", DEFAULTS["type"])
    if (kind == "client") != bool(table.get("command")):
        return 'type = "client" needs command, and no other type has one: the program that speaks for it'
    if name != CLUSTER and kind == "dask" and not table.get("scheduler"):
        return 'needs scheduler: "tls://host:8786"'
    if bool(table.get("cert")) != bool(table.get("key")):
        return "needs cert and key together"
    return None


def _value_problem(key: str, value: Any) -> str | None:
    if key in _WORDS:
        words = " or ".join(f'"{word}"' for word in _WORDS[key])
        return None if value in _WORDS[key] else f"{key} must be {words}, not {value!r}"
    if key == "lease":
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= SHORTEST_LEASE
        return None if fits else f"lease must be seconds, {SHORTEST_LEASE:g} or more, not {value!r}"
    if key == "insecure":
        return None if isinstance(value, bool) else f"insecure must be true or false, not {value!r}"
    if key == "command":
        fits = isinstance(value, list | tuple) and all(isinstance(word, str) for word in value)
        return None if fits else f"command must be a list of strings, not {value!r}"
    return None if isinstance(value, str) else f"{key} must be a string, not {value!r}"
