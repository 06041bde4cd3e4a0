"""`EmitAssetDialog`: records by hand that an asset has changed; the plan names the DAGs that wait for it."""

from __future__ import annotations

import json

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, EmitAsset
from penstock.model.views.assets import AssetRow
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.widgets.field import Field


class EmitAssetDialog(PlanDialog):
    """Of one asset."""

    def __init__(self, asset: AssetRow) -> None:
        super().__init__(f"Record a change of {asset.name}")
        self._of = asset.uri or asset.name

    def form(self) -> ComposeResult:
        """Compose the details."""
        yield Field("extra", hint='details as JSON: {"rows": 3}; may be empty', id="extra")

    def acts(self) -> list[AnyAct]:
        """Return the one act; raise `UsageError` if the details are not a JSON object."""
        text = self.query_one("#extra", Field).text.strip()
        try:
            extra = json.loads(text or "{}")
        except ValueError as error:
            raise UsageError(f"extra is not JSON: {error}") from None
        if not isinstance(extra, dict):
            raise UsageError('extra must be a JSON object, such as {"rows": 3}')
        return [EmitAsset(name=self._of, extra=extra)]
