"""The plans that were shown lately, so that a refused commit can say what changed since."""

from __future__ import annotations

from collections import OrderedDict

from penstock.model.plan_change import change_of
from penstock.model.views.plans import Plan

_KEPT_PLANS = 32
_KEPT_ITEMS = 100_000
_ELSE = "something it depends on has changed"


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
        said = change_of(shown.items, now.items).words()
        return f"{said}; now: {now.title}" if said else f"{_ELSE}; now:  {now.title}"
