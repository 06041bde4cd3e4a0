"""Emit: record by hand that an asset has changed."""

from __future__ import annotations

import json

from penstock.errors import UnknownError, UsageError
from penstock.model.acts import EmitAsset
from penstock.model.assets import leaves
from penstock.model.outcome import AssetChange
from penstock.model.partitions import LONGEST_KEY, is_key
from penstock.model.states import RunState
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.moves.assets import emit, fits
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.records import AssetEventRecord

_MOST_BYTES = 64 << 10


def plan_emit(world: World, act: EmitAsset) -> Planned:
    """Plan to record a change of an asset that some DAG makes, reads or waits for.

    Raises `UnknownError` for an asset that no DAG knows, `UsageError` for too large an *extra* and a key of a
    partition that cannot be one.
    """
    name, uri = _known(world, act.name)
    extra = json.dumps(act.extra)
    if len(extra) > _MOST_BYTES:
        raise UsageError(f"extra is larger than {_MOST_BYTES} bytes")
    check_key(act.partition_key)
    event = AssetEventRecord(0, 0, name, uri, {}, (), {}, "", act.partition_key)
    items = []
    notes = []
    for entry in world.dags.values():
        if entry.facts.missing or not fits(entry, event):
            continue
        if world.paused(entry.dag_id):
            notes.append(f"{entry.dag_id} is paused, so the change does not count for it")
        else:
            items.append(
                PlanItem(
                    dag_id=entry.dag_id, run_id=None, task_id=None, before="waits", after=RunState.QUEUED
                )
            )
    items = items or [PlanItem(dag_id="", run_id=None, task_id=None, before="", after="recorded", note=name)]
    cli = ["assets", "emit", act.name, *(["--extra", extra] if act.extra else [])]
    cli += ["--partition", act.partition_key] if act.partition_key else []
    title = f"Record a change of {name}{f', partition {act.partition_key}' if act.partition_key else ''}"
    seen = [extra, act.partition_key]
    plan = make_plan("asset_emit", title, items, seen=seen, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        count = emit(tick, AssetChange(name=name, uri=uri, extra=act.extra), {}, act.partition_key)
        waiting = f"{count} DAG{'' if count == 1 else 's'} waited for it"
        return Done(act="asset_emit", message=f"{name} has changed; {waiting}", touched=max(count, 1))

    return Planned(plan, commit)


def check_key(key: str | None) -> None:
    """Raise `UsageError` for the key of a partition that is empty, too long, or cannot be shown."""
    if key is not None and not is_key(key):
        raise UsageError(f"the key of a partition must be 1 to {LONGEST_KEY} printable characters")


def _known(world: World, wanted: str) -> tuple[str, str]:
    """Return the name and URI of the asset called *wanted*."""
    known = set()
    for entry in world.dags.values():
        spec = entry.structure.spec
        for task in spec.tasks:
            known |= {asset.key for asset in (*task.outlets, *task.inlets) if not asset.alias}
        if spec.schedule.assets is not None:
            known |= {(leaf.name, leaf.uri) for leaf in leaves(spec.schedule.assets) if leaf.kind == "asset"}
    found = [key for key in sorted(known) if key[0] == wanted]
    found = found or [key for key in sorted(known) if key[1] == wanted]
    if not found:
        raise UnknownError(f"asset {wanted!r} does not exist in any DAG")
    if len(found) > 1:
        uris = ", ".join(uri for _, uri in found)
        raise UsageError(f"several assets are called {wanted!r}; give the URI: {uris}")
    return found[0]
