"""How a plan differs from the one that somebody looked at: what came, what went, what moved. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.ids import instance_key
from penstock.model.views.plans import PlanItem

_NAMED = 3
"""Things that are named; the others are counted."""

_Key = tuple[str, str | None, str | None, int, object, object]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What is different; false if the two lists are the same."""

    came: tuple[PlanItem, ...] = ()
    """It would be changed now, and was not in the list."""
    went: tuple[PlanItem, ...] = ()
    """It was in the list, and would no longer be changed."""
    moved: tuple[tuple[PlanItem, PlanItem], ...] = ()
    """It is in both, and something else happens to it, or it is in another state: as shown, and now."""

    def __bool__(self) -> bool:
        """Whether anything is different."""
        return bool(self.came or self.went or self.moved)

    @property
    def worse(self) -> bool:
        """Whether more would happen than what was shown: more is touched, or something else is done to it."""
        return bool(self.came) or any(
            (shown.after, shown.note) != (now.after, now.note) and now.note for shown, now in self.moved
        )

    def words(self) -> str:
        """Return it as a sentence without its end: the first three by name."""
        several = len({item.run_id for item in (*self.came, *self.went)}) > 1
        several = several or len({now.run_id for _, now in self.moved}) > 1
        said = [_moved(shown, now, with_run=several) for shown, now in self.moved]
        said += [f"{_name(item, with_run=several)} is no longer changed" for item in self.went]
        said += [f"{_name(item, with_run=several)} is changed too" for item in self.came]
        more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        return ", ".join(said[:_NAMED]) + more


def change_of(shown: Sequence[PlanItem], now: Sequence[PlanItem]) -> PlanChange:
    """Return how the list *now* differs from the one that was *shown*."""
    before, after = {_key(item): item for item in shown}, {_key(item): item for item in now}
    return PlanChange(
        came=tuple(item for key, item in after.items() if key not in before),
        went=tuple(item for key, item in before.items() if key not in after),
        moved=tuple(
            (item, after[key]) for key, item in before.items() if key in after and after[key] != item
        ),
    )


def _key(item: PlanItem) -> _Key:
    nameless = item.note if item.run_id is None and item.task_id is None else None
    return (item.dag_id, item.run_id, item.task_id, item.map_index, item.logical_date, nameless)


def _moved(shown: PlanItem, now: PlanItem, *, with_run: bool) -> str:
    name = _name(now, with_run=with_run)
    if shown.before != now.before:
        return f"{name} is {now.before} now" + (f" (was {shown.before})" if shown.before else "")
    return f"{name}: {now.note or now.after}"


def _name(item: PlanItem, *, with_run: bool) -> str:
    name = item.run_id or item.note or item.dag_id
    if item.task_id is not None:
        name = instance_key(item.task_id, item.map_index)
    if item.task_id is not None and with_run:
        name = f"{name} of {item.run_id}"
    if item.run_id is None and item.logical_date is not None:
        name = f"{item.logical_date:%Y-%m-%d %H:%M} UTC"
    return name
