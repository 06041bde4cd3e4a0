"""What makes two failures the same: their error lines without what differs from one time to the next. Pure.

Taken out are URLs, paths, dates and times, UUIDs and other ids, addresses, hex, and every other number.
What is left, with single spaces, is the same for the same fault; its hash is the fingerprint.
"""

from __future__ import annotations

import hashlib
import re

LINE_MAX = 500
"""Characters of an error line that are kept and looked at."""
DIGITS = 12
"""Hex digits of a fingerprint."""

_DATE = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?!\d)"
_ZONE = r"(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>\])},;]+", re.IGNORECASE), "<url>"),
    (re.compile(r"(?<![\w.])[A-Za-z]:\\[^\s'\"<>|]+"), "<path>"),
    (re.compile(r"(?<![\w<.])(?:~|\.{1,2})?(?:/[\w.@%+=:~,-]*[\w@%+=~-])+/?"), "<path>"),
    (re.compile(rf"{_DATE}(?:[T_ ]+{_CLOCK}{_ZONE})?", re.IGNORECASE), "<time>"),
    (
        re.compile(
            rf"\b(?:{_DAY},? )?(?:{_MONTH} \d{{1,2}}|\d{{1,2}}[ /-]{_MONTH})"
            rf"(?:,?[ /-]\d{{4}})?(?:[ :]{_CLOCK}{_ZONE})?(?: \d{{4}})?\b"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d{8}T\d{4,6}Z?\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), "<address>"),
    (re.compile(rf"(?<![\d:]){_CLOCK}{_ZONE}"), "<time>"),
    (re.compile(r"\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b", re.IGNORECASE), "<address>"),
    (re.compile(r"(?<![\w<])[\w.-]+(?:/[\w.@%+=~-]+){2,}"), "<path>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"\b(?=[A-Za-z_]*\d)(?=[0-9_]*[A-Za-z])[A-Za-z0-9_]{20,}\b"), "<id>"),
    (re.compile(r"[-+]?\d+(?:[._,]\d+)*(?:e[-+]?\d+)?", re.IGNORECASE), "<n>"),
)
"""In the order in which they are applied: each would take a part of what the ones before it mean."""
_SPACES = re.compile(r"\s+")
_REPEATED = re.compile(r"(<n>|<hex>|<id>)(?:[-_.:,xX ]?(?:<n>|<hex>|<id>))+")


def normal_form(line: str) -> str:
    """Return *line* without dates, numbers, ids, addresses, paths and hex, with single spaces."""
    text = _SPACES.sub(" ", line[:LINE_MAX]).strip()
    for pattern, name in _RULES:
        text = pattern.sub(name, text)
    return _REPEATED.sub("<n>", text)


def fingerprint(line: str) -> str:
    """Return the fingerprint of an error line: the same for lines that have one normal form."""
    return hashlib.sha256(normal_form(line).encode(errors="replace")).hexdigest()[:DIGITS]
