"""The list of changes that change nothing anybody could notice, each with its reason."""

from __future__ import annotations

import tomllib
from pathlib import Path

LIST = Path(__file__).with_name("equivalent.toml")


def read_equivalents() -> list[dict[str, str]]:
    """Every entry: ``within`` (function), ``was``, ``becomes`` (lines of code, stripped), ``why``."""
    return list(tomllib.loads(LIST.read_text()).get("change", []))


def reason(within: str, was: str, becomes: str) -> str:
    """Why such a change changes nothing; empty when it is not on the list."""
    for entry in read_equivalents():
        found = (entry["within"], _flat(entry["was"]), _flat(entry["becomes"]))
        if found == (within, _flat(was), _flat(becomes)):
            return entry["why"]
    return ""


def _flat(code: str) -> str:
    return "\n".join(line.strip() for line in code.strip().splitlines())
