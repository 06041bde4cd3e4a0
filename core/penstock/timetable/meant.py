"""Guesses what the author of a cron field that cannot be read meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_RANGE = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", re.ASCII)
_NOT_IN_A_FIELD = re.compile(r"[^\w*/-]", re.ASCII)
_LOOKALIKES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2217\u204e\uff0a\u00d7", "*")
    | {"\u2044": "/"}
)
"""Dashes, stars and slashes that word processors and web pages use in place of those on the keyboard."""
_UNSEEN = "\ufeff\u200b\u200e\u2060"
"""Characters without a width that are copied by accident."""


def meant(part: str, names: Collection[str], low: int, high: int) -> str | None:
    """Return what to write in place of *part*, one member of a list, or None if that is not clear.

    *names* are in lower case; values go from *low* to *high*. ``+5`` is 5, ``*5`` and ``/5`` are ``*/5``.
    """
    if "." in part.removesuffix(".0") or "!" in part:
        return None

    def known(word: str | None) -> bool:
        return word is None or word.lower() in names or (word.isdecimal() and low <= int(word) <= high)

    for text in _readings(part):
        found = _RANGE.fullmatch(text)
        if found is not None and known(found[1]) and known(found[2]) and found[3] not in ("0", "00"):
            return text
    return None


def _readings(part: str) -> Iterator[str]:
    digits = "".join(str(int(each)) if each.isdecimal() else each for each in part)
    plain = digits.translate(_LOOKALIKES).strip(_UNSEEN).removesuffix(".0")
    if not plain.startswith(("(", "[", "+", '"', "'", "\u201c", "\u2018")) and _NOT_IN_A_FIELD.search(
        plain[:-1]
    ):
        return  # 9:30 and 1;2 are two values
    plain = _NOT_IN_A_FIELD.sub("", plain)
    yield plain
    yield plain.replace("**", "*")
    if plain.startswith("/"):
        yield f"*{plain}"
    if plain.startswith("*"):
        yield f"*/{plain[1:]}"
