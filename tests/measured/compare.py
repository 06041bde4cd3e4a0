"""The reference's answers beside ours: counting cases, and holding differences to their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

DIFFERENCES = Path(__file__).parents[2] / "docs" / "differences.md"


@dataclass(frozen=True)
class Compared:
    """One measured case: its name, and what is different, or None."""

    case: str
    differs: str | None = None


@dataclass(frozen=True)
class Count:
    """How many cases were tried, and how they came out."""

    tried: int
    equal: int
    different: int

    def __str__(self) -> str:
        return f"{self.tried} tried, {self.equal} equal, {self.different} different on purpose"


def compare(ours: object, theirs: object) -> str | None:
    """Return what is different between two answers, or None."""
    return None if ours == theirs else f"{ours!r} instead of {theirs!r}"[:600]


def settle(cases: Iterable[Compared], reasons: Mapping[str, str]) -> Count:
    """Count *cases*; raise AssertionError for a difference without a reason, or a reason without one.

    *reasons* maps a case to the words in docs/differences.md that say why it differs.
    """
    found = list(cases)
    names = [each.case for each in found]
    assert len(set(names)) == len(names), "two cases have one name"
    different = {each.case: each.differs for each in found if each.differs is not None}
    page = DIFFERENCES.read_text(encoding="utf-8")
    unexplained = [f"{case}: {text}" for case, text in different.items() if case not in reasons]
    moot = [case for case in reasons if case not in different]
    unwritten = [words for words in reasons.values() if words not in page]
    assert not unexplained, "different, and nothing says why:\n" + "\n".join(unexplained)
    assert not moot, f"reasons for differences that are none: {moot}"
    assert not unwritten, f"not in {DIFFERENCES.name}: {unwritten}"
    return Count(len(found), len(found) - len(different), len(different))
