"""What people write where a cron expression is wanted, and what to write instead."""

from __future__ import annotations

import re

from penstock.timetable.presets import PRESETS

_EVERY = re.compile(r"@every\s+(.+)", re.IGNORECASE)
_GO_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_ISO_SPAN = re.compile(r"P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?", re.ASCII)
_ZONE = re.compile(r"(?:CRON_TZ|TZ)=(\S+)")
_UNSTABLE = re.compile(r"(?<![A-Za-z])[RrHh](?![A-Za-z])")
_LIKE_A_FIELD = re.compile(r"(?:[0-9*?,/#~LlWw-]|(?<![A-Za-z])(?:[A-Za-z]{3}|[A-Za-z]+day)(?![A-Za-z]))+")
_OTHER_PRESETS = {
    "@reboot": "nothing runs at boot; @once runs once",
    "@every_minute": "write '* * * * *'",
    "@every_second": 'write "* * * * * *" with seconds="last"',
}


def not_a_cron(text: str, words: list[str]) -> str | None:
    """Return why *text* is none, with what to write; None when it may be a cron expression."""
    stripped = text.strip()
    if not words:
        return None
    first = words[0]
    if every := _EVERY.fullmatch(stripped):
        return _distance(every[1])
    if first.startswith("@"):
        return _preset(stripped, first)
    if f"@{first.lower()}" in PRESETS and len(words) == 1:
        return f"write '@{first.lower()}'"
    if len(words) == 1 and len(first) > 1 and _ISO_SPAN.fullmatch(first.upper()):
        return "a distance is timedelta(...) in a DAG file, PT5M for `penstock schedule preview`"
    if zone := _ZONE.fullmatch(first):
        return f"a time zone is said beside the cron: timezone={zone[1]!r} and {' '.join(words[1:6])!r}"
    if first.startswith("#"):
        return "it is a comment"
    if stripped.lower().startswith("cron(") and stripped.endswith(")"):
        return "write what is between the brackets"
    if _UNSTABLE.search(" ".join(words[:7])) and all(like_a_field(_calm(word)) for word in words[:5]):
        return "R and H would give other times at each load"
    return None


def _calm(word: str) -> str:
    """Return *word* with ``H(0-29)`` and the like as a number."""
    return re.sub(r"[RrHh](?:\([^)]*\))?", "0", word)


def _preset(text: str, first: str) -> str:
    if first.lower() in PRESETS:
        rest = text[len(first) :].strip()
        return f"it is a whole crontab line; the schedule is {first!r}, and {rest!r} is for a BashOperator"
    if first.lower() in _OTHER_PRESETS:
        return _OTHER_PRESETS[first.lower()]
    return f"it is none of {', '.join(PRESETS)}"


def _distance(said: str) -> str:
    found = _GO_SPAN.fullmatch(said.strip().lower())
    if found is None or not any(found.groups()):
        return "a distance is timedelta(...) in a DAG file, PT5M for `penstock schedule preview`"
    units = ("days", "hours", "minutes", "seconds")
    parts = [(int(amount), unit) for amount, unit in zip(found.groups(), units, strict=True) if amount]
    days = "".join(f"{amount}D" for amount, unit in parts if unit == "days")
    time = "".join(f"{amount}{unit[0].upper()}" for amount, unit in parts if unit != "days")
    iso = f"P{days}" + (f"T{time}" if time else "")
    arguments = ", ".join(f"{unit}={amount}" for amount, unit in parts)
    return f"a distance is timedelta({arguments}) in a DAG file, {iso} for `penstock schedule preview`"


def like_a_field(word: str) -> bool:
    """Whether *word* has the look of a cron field, right or wrong."""
    return _LIKE_A_FIELD.fullmatch(word) is not None


def years_first(words: list[str]) -> str:
    """Return what to write for seven fields that can only be read with the second first."""
    moved = " ".join([*words[1:6], words[0], words[6]])
    return f'; with the second first say seconds="first", or write {moved!r}'
