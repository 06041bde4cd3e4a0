"""What people write in place of a cron expression, and what to write instead."""

from __future__ import annotations

import re

from penstock.timetable.presets import PRESETS

_EVERY = re.compile(r"@every\b\s*(.*)", re.IGNORECASE)
_GO_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_ISO_SPAN = re.compile(r"P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?", re.ASCII)
_ZONE = re.compile(r"(?:CRON_TZ|TZ)=(\S+)")
_UNSTABLE = re.compile(r"(?<![A-Za-z0-9])[RrHh](?![A-Za-z])")
_SPOKEN = re.compile(
    r"(?:@?every\s+|rate\()(?:(\d+)\s*)?([smhdw])(?:ec(?:ond)?|in(?:ute)?|our|ay|eek)?s?\)?", re.IGNORECASE
)
_VARIABLE = re.compile(r"\w+\s*=.*", re.ASCII)
_LIKE_A_FIELD = re.compile(r"(?:[0-9*?,/#~LlWw-]|(?<![A-Za-z])(?:[A-Za-z]{3}|[A-Za-z]+day)(?![A-Za-z]))+")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_OTHER_PRESETS = {
    "@reboot": "nothing runs at boot; @once runs once",
    "@every_minute": "write '* * * * *'",
    "@minutely": "write '* * * * *'",
    "@every_hour": "write '@hourly'",
    "@noon": "write '0 12 * * *'",
    "@weekdays": "write '0 0 * * mon-fri'",
    "@workdays": "write '0 0 * * mon-fri'",
    "@never": "for no schedule use None",
    "@once": "@once must be alone and in lower case: schedule='@once'",
    "@continuous": "@continuous must be alone and in lower case: schedule='@continuous'",
    "@every_second": 'write "* * * * * *" with seconds="last"',
}


def not_a_cron(text: str, words: list[str]) -> str | None:
    """Return why *text* is not a cron expression, with what to write; None if it may be one."""
    stripped = text.strip()
    if not words:
        return None
    first = words[0]
    if len(stripped) > 1 and stripped[0] in _QUOTES and stripped[-1] in _QUOTES:
        return f"write {stripped[1:-1]!r}, without quotes inside the text"
    if spoken := _SPOKEN.fullmatch(stripped):
        return _distance(_in_days(int(spoken[1] or 1), spoken[2].lower()))
    if len(words) == 1 and _GO_SPAN.fullmatch(first.lower()):
        return _distance(first)
    if every := _EVERY.fullmatch(stripped):
        return _distance(every[1])
    if first.startswith("@"):
        return _preset(stripped, first)
    if f"@{first.lower()}" in {*PRESETS, "@once", "@continuous"} and len(words) == 1:
        return f"write '@{first.lower()}'"
    if len(words) == 1 and len(first) > 1 and _ISO_SPAN.fullmatch(first.upper()):
        return f"write an interval as timedelta(...), or {first.upper()} for `penstock schedule preview`"
    if zone := _ZONE.fullmatch(first):
        return f"give the time zone beside the cron: timezone={zone[1]!r} and {' '.join(words[1:6])!r}"
    if first.startswith("#"):
        return "it is a comment"
    if _VARIABLE.fullmatch(stripped):
        return "it is a variable of a crontab, not a schedule"
    if stripped.lower().startswith("cron(") and stripped.endswith(")"):
        return "write what is between the brackets"
    if _UNSTABLE.search(" ".join(words[:7])) and all(like_a_field(_calm(word)) for word in words[:5]):
        return "R and H would give other times at each load; write numbers"
    return None


def _calm(word: str) -> str:
    """Return *word* with ``H(0-29)`` and the like as a number."""
    return re.sub(r"[RrHh](?:\([^)]*\))?", "0", word)


def _preset(text: str, first: str) -> str:
    if first.lower() in PRESETS:
        rest = text[len(first) :].strip()
        return beside(first, rest)
    if first.lower() in _OTHER_PRESETS:
        return _OTHER_PRESETS[first.lower()]
    from difflib import get_close_matches  # needed for mistakes only

    alike = get_close_matches(first.lower(), PRESETS, n=1, cutoff=0.8)
    meant = f"; did you mean {alike[0]!r}?" if alike else ""
    return f"it is not one of {', '.join(PRESETS)}{meant}"


def beside(schedule: str, rest: str) -> str:
    """Return what to do with the *rest* of a line that begins with a *schedule*."""
    if rest.startswith("#"):
        return f"write {schedule!r}, with the comment outside the text"
    if not any(each.isalnum() and each.isascii() for each in rest):
        return f"write {schedule!r}, without {rest!r} after it"
    return f"it is a whole crontab line; the schedule is {schedule!r}, and {rest!r} is for a BashOperator"


def _in_days(count: int, unit: str) -> str:
    return f"{7 * count}d" if unit == "w" else f"{count}{unit}"


def _distance(said: str) -> str:
    found = _GO_SPAN.fullmatch(said.strip().lower())
    if found is None or not any(found.groups()):
        return "write an interval as timedelta(...), or one such as PT5M for `penstock schedule preview`"
    units = ("days", "hours", "minutes", "seconds")
    parts = [(int(amount), unit) for amount, unit in zip(found.groups(), units, strict=True) if amount]
    if not any(amount for amount, _ in parts):
        return "an interval must be more than 0"
    days = "".join(f"{amount}D" for amount, unit in parts if unit == "days")
    time = "".join(f"{amount}{unit[0].upper()}" for amount, unit in parts if unit != "days")
    iso = f"P{days}" + (f"T{time}" if time else "")
    arguments = ", ".join(f"{unit}={amount}" for amount, unit in parts)
    return f"write an interval as timedelta({arguments}), or {iso} for `penstock schedule preview`"


def like_a_field(word: str) -> bool:
    """Whether *word* looks like a cron field, right or wrong."""
    return _LIKE_A_FIELD.fullmatch(word) is not None


def years_first(words: list[str]) -> str:
    """Return what to write for seven fields that can only be read with the second first."""
    moved = " ".join([*words[1:6], words[0], words[6]])
    return f'; if the second is first, use seconds="first", or write {moved!r}'
