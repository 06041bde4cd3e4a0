"""Rows as documents, where ``--json`` shows a fact more simply than the view does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.model.views.attempts import AttemptRow
    from penstock.model.views.runs import TaskRow


def document(row: TaskRow | AttemptRow) -> dict[str, Any]:
    """Return *row* with ``outcome`` in a few words (or None) and the full one as ``outcome_detail``."""
    import msgspec

    from penstock.model.outcome import describe

    plain: dict[str, Any] = msgspec.to_builtins(row)
    plain["outcome_detail"] = plain["outcome"]
    plain["outcome"] = None if row.outcome is None else describe(row.outcome)
    return plain


def outcome_words(row: TaskRow | AttemptRow) -> str:
    """Return the outcome in a few words, or an empty string."""
    from penstock.model.outcome import describe

    return "" if row.outcome is None else describe(row.outcome)
