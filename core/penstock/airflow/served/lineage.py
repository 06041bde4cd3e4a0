"""Lineage of hooks: what they report is taken and kept nowhere. Assets are recorded by tasks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class HookLineage:
    """What hooks read and wrote."""

    def __init__(self, assets: Any = None, extra: Any = None, **more: Any) -> None:
        del more
        self.assets = assets or []
        self.extra = extra or []


class NoOpCollector:
    """Takes what a hook reports."""

    has_collected = False
    collected_assets = HookLineage()

    def add_input_asset(self, *args: Any, **named: Any) -> None:
        """Take what was read."""

    def add_output_asset(self, *args: Any, **named: Any) -> None:
        """Take what was written."""

    def add_extra(self, *args: Any, **named: Any) -> None:
        """Take what else is known."""

    def create_asset(self, *args: Any, **named: Any) -> None:
        """Return nothing."""

    add_input_dataset, add_output_dataset, create_dataset = add_input_asset, add_output_asset, create_asset
    collected_datasets = collected_assets


HookLineageCollector = HookLineageReader = NoOpCollector
_collector = NoOpCollector()


def get_hook_lineage_collector() -> NoOpCollector:
    """Return the collector of this process."""
    return _collector
