"""The old name of `penstock.task_process.asset_events`; see `penstock.old_names`."""

from __future__ import annotations

from penstock.old_names import stand_in

stand_in(__name__)
