"""The plans that were shown lately, so that a refused commit can say what changed since."""

from __future__ import annotations

from collections import OrderedDict

from penstock.ids import instance_key
from penstock.model.views.plans import Plan, PlanItem

_KEPT_PLANS = 32
_KEPT_ITEMS = 100_000
_NAMED = 3


class ShownPlans:
    """Remembers plans by fingerprint; drops the oldest first, and does not keep very large ones."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._items = 0

    def keep(self, plan: Plan) -> Plan:
        """Remember *plan* and return it."""
        if plan.fingerprint in self._plans or len(plan.items) > _KEPT_ITEMS // 2:
            return plan
        self._plans[plan.fingerprint] = plan
        self._items += len(plan.items)
        while len(self._plans) > _KEPT_PLANS or self._items > _KEPT_ITEMS:
            _, old = self._plans.popitem(last=False)
            self._items -= len(old.items)
        return plan

    def change(self, fingerprint: str, now: Plan) -> str:
        """Return in words how *now* differs from the plan with *fingerprint*."""
        shown = self._plans.get(fingerprint)
        if shown is None:
            return f"now: {now.title}"
        before, after = _by_name(shown), _by_name(now)
        said = [
            f"{name} is {after[name].before} now" + (f" (was {item.before})" if item.before else "")
            for name, item in before.items()
            if name in after and after[name].before != item.before
        ]
        said += [f"{name} is no longer changed" for name in before if name not in after]
        said += [f"{name} is changed too" for name in after if name not in before]
        if not said:
            return f"something it depends on has changed; now:  {now.title}"
        more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        return f"{', '.join(said[:_NAMED])}{more}; now: {now.title}"


def _by_name(plan: Plan) -> dict[str, PlanItem]:
    several = len({item.run_id for item in plan.items}) > 1
    return {_name(item, with_run=several): item for item in plan.items}


def _name(item: PlanItem, *, with_run: bool) -> str:
    name = item.run_id or item.note or item.dag_id
    if item.task_id is not None:
        name = instance_key(item.task_id, item.map_index)
    if item.task_id is not None and with_run:
        name = f"{name} of {item.run_id}"
    if item.run_id is None and item.logical_date is not None:
        name = f"{item.logical_date:%Y-%m-%d %H:%M}"
    return name
