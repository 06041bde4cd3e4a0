"""Pages, orders, patterns and spans of dates, as queries ask for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from penstock.http.errors import ApiError
from penstock.model.search import Bound, Pattern

MOST = 100
"""A page is never longer, whatever is asked for; the total tells that there is more."""
_ENDS = re.compile(r"(.+)_(gte|gt|lte|lt)")
_COMPARISONS: dict[str, Any] = {"gte": "gte", "gt": "gt", "lte": "lte", "lt": "lt"}
T = TypeVar("T")


class Page(BaseModel):
    """The usual page of a list."""

    model_config = ConfigDict(extra="ignore")
    limit: int = Field(50, ge=0)
    offset: int = Field(0, ge=0)

    @property
    def rows(self) -> int:
        """How many rows the page has at most."""
        return min(self.limit, MOST)


class OrderedPage(Page):
    """A page of a list that can be ordered."""

    order_by: list[str] = []

    def cut(self, rows: Sequence[T], keys: dict[str, Callable[[T], Any]], usual: str) -> list[T]:
        """Return the page of *rows* in the order asked for; null comes before everything."""
        found = list(rows)
        for name in reversed(checked_order(self.order_by, keys) or [usual]):
            key = keys[name.removeprefix("-")]
            found.sort(key=lambda row: _sortable(key(row)), reverse=name.startswith("-"))
        return found[self.offset : self.offset + self.rows]


class LogicalDates(BaseModel):
    """A span of logical dates."""

    logical_date_gte: AwareDatetime | None = None
    logical_date_gt: AwareDatetime | None = None
    logical_date_lte: AwareDatetime | None = None
    logical_date_lt: AwareDatetime | None = None


class RunAfterDates(BaseModel):
    """A span of earliest starts."""

    run_after_gte: AwareDatetime | None = None
    run_after_gt: AwareDatetime | None = None
    run_after_lte: AwareDatetime | None = None
    run_after_lt: AwareDatetime | None = None


class StartAndEnd(BaseModel):
    """Spans of starts, ends, last changes and durations (seconds)."""

    start_date_gte: AwareDatetime | None = None
    start_date_gt: AwareDatetime | None = None
    start_date_lte: AwareDatetime | None = None
    start_date_lt: AwareDatetime | None = None
    end_date_gte: AwareDatetime | None = None
    end_date_gt: AwareDatetime | None = None
    end_date_lte: AwareDatetime | None = None
    end_date_lt: AwareDatetime | None = None
    updated_at_gte: AwareDatetime | None = None
    updated_at_gt: AwareDatetime | None = None
    updated_at_lte: AwareDatetime | None = None
    updated_at_lt: AwareDatetime | None = None
    duration_gte: float | None = None
    duration_gt: float | None = None
    duration_lte: float | None = None
    duration_lt: float | None = None


class Filters(Page, LogicalDates, RunAfterDates, StartAndEnd):
    """What a list of runs or task instances may ask for in its query."""

    order_by: list[str] = []

    @property
    def order(self) -> list[str]:
        """The names to order by."""
        return self.order_by


class ListBody(LogicalDates, RunAfterDates, StartAndEnd):
    """What a list of runs or task instances may ask for in its body."""

    model_config = ConfigDict(extra="forbid")
    order_by: str | None = None
    page_offset: int = Field(0, ge=0)
    page_limit: int = Field(100, ge=0)
    dag_ids: list[str] | None = None

    @property
    def order(self) -> list[str]:
        """The names to order by."""
        return [self.order_by] if self.order_by else []

    @property
    def rows(self) -> int:
        """How many rows the page has at most."""
        return min(self.page_limit, MOST)

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return self.page_offset


def unless_all(name: str) -> tuple[str, ...] | None:
    """Return the ids that a part of a path means: one, or with ``~`` all."""
    return None if name == "~" else (name,)


def one_unless_all(name: str) -> str | None:
    """Return the id that a part of a path means; None for ``~``, which means all."""
    return None if name == "~" else name


def refuse_other_states(words: Sequence[str], known: Sequence[str], of: str) -> None:
    """Raise `ApiError` (422) for a word that is not a state *of* runs or tasks, and name *known*."""
    for word in words:
        if word not in known:
            raise ApiError(422, f"{word!r} is not a state of {of}; those are {', '.join(known)}")


def bounds(asked: BaseModel) -> tuple[Bound, ...]:
    """Return the spans in *asked*: every field that ends in ``_gte`` and the like and has a value."""
    found = []
    for name in type(asked).model_fields:
        parts, value = _ENDS.fullmatch(name), getattr(asked, name)
        if parts is not None and value is not None:
            found.append(Bound(field=parts[1], comparison=_COMPARISONS[parts[2]], value=value))
    return tuple(found)


def patterns(asked: BaseModel) -> tuple[Pattern, ...]:
    """Return the patterns in *asked*: every field that ends in ``_pattern``; ``~`` matches everything."""
    found = []
    for name in type(asked).model_fields:
        text = getattr(asked, name)
        if name.endswith("_pattern") and isinstance(text, str) and text != "~":
            prefix = name.endswith("_prefix_pattern")
            field = name.removesuffix("_prefix_pattern").removesuffix("_pattern")
            found.append(Pattern(field=field, texts=tuple(text.split("|")), prefix=prefix))
    return tuple(found)


def matches(pattern: str | None, text: str | None) -> bool:
    """Whether *text* holds *pattern*: in any case, ``%`` and ``_`` are wildcards, ``|`` is or. None: all."""
    if pattern is None or pattern == "~":
        return True
    return any(
        re.search(
            "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in each),
            text or "",
            re.IGNORECASE,
        )
        is not None
        for each in pattern.split("|")
    )


def checked_order(names: Sequence[str], known: Any) -> list[str]:
    """Return *names*; raise `ApiError` (400) for one that the list cannot be ordered by."""
    for name in names:
        if name.removeprefix("-") not in known:
            raise ApiError(400, f"Ordering by {name.removeprefix('-')!r} is not possible here")
    return list(names)


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
