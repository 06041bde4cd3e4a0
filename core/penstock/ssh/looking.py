"""Which commands only look: on a production host all others ask for its name first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

LOOKING: dict[str, frozenset[str] | None] = {
    "status": None,
    "doctor": None,
    "system": None,
    "console": None,
    "bridge": None,
    "hosts": None,
    "dags": None,
    "runs": None,
    "now": None,
    "questions": None,
    "coming": None,
    "digest": None,
    "tasks": None,
    "attempts": None,
    "logs": None,
    "xcom": None,
    "history": None,
    "grid": None,
    "timeline": None,
    "graph": None,
    "why": None,
    "points": None,
    "events": None,
    "callbacks": None,
    "parse": None,
    "schedule": None,
    "completion": None,
    "cluster": frozenset({"status"}),
    "db": frozenset({"size", "check"}),
    "api": frozenset({"token list"}),
    "failures": frozenset({""}),
    "quarantine": frozenset({"", "list"}),
    "pools": frozenset({"list"}),
    "workers": frozenset({"list"}),
    "assets": frozenset({"list", "show", "graph"}),
    "variables": frozenset({"list", "get"}),
    "connections": frozenset({"list", "get"}),
    "breakpoint": frozenset({"list"}),
    "runbook": frozenset({"list", "show"}),
    "backfill": frozenset({"list", "show"}),
    "airflow": frozenset({"check", "providers list"}),
}
"""Commands that change nothing: all of one, or these of its commands; "" is the command by itself."""
_HARMLESS = frozenset({"--help", "-h", "--dry-run", "--version"})


def looks(words: Sequence[str]) -> bool:
    """Return whether the command *words*, without ``penstock``, changes nothing whatever it finds."""
    if not words or _HARMLESS & set(_before_dashes(words)):
        return True
    if words[0].startswith("-"):
        return False
    inner = LOOKING.get(words[0], frozenset())
    if inner is None:
        return True
    plain = [word for word in words[1:] if not word.startswith("-")]
    below = " ".join(plain[:2]), " ".join(plain[:1])
    return any(name in inner for name in below) or (not plain and "" in inner)


def _before_dashes(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words
